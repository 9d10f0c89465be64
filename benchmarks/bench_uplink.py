"""A rented line: PRESENT people in the room, ARRIVALS in 5 minutes, UPLINK_MBIT held.

DURATION (seconds) shortens the arriving at the same pace. Each arrival reads the page, then opens
its socket; INTENTS people a second apply. Static files are measured apart: a CDN or nginx has them.
"""

from __future__ import annotations

import re
import time
import urllib.request

from benchmarks import meter
from benchmarks.applicants import Applicants
from benchmarks.generator import Figures, say
from benchmarks.room_run import generator_for, writers_for
from benchmarks.seeding import Seeded, seed
from benchmarks.servers import Installation
from benchmarks.support import option, report, whole

MINUTES_5 = 300


def static_bytes(installation: Installation, room: Seeded) -> int:
    """Compressed size of what the room's page loads besides itself and the video."""
    site = f"http://127.0.0.1:{installation.plain_ports[0]}"
    with urllib.request.urlopen(f"{site}/live/{room.public_id}/") as answer:
        page = answer.read().decode()
    total = 0
    for address in sorted(set(re.findall(r'(?:src|href)="(/static/[^"]+\.(?:css|js))"', page))):
        request = urllib.request.Request(site + address, headers={"Accept-Encoding": "gzip"})
        with urllib.request.urlopen(request) as answer:
            total += len(answer.read())
    return total


def mbit(counted: int, seconds: float) -> float:
    return counted * 8 / 1e6 / seconds


def sent(figures: Figures, applicants: Applicants) -> int:
    return figures["bytes"] + figures["page_bytes"] + applicants.bytes


def main() -> None:
    present, arrivals = whole("PRESENT", 3000), whole("ARRIVALS", 10_000)
    duration, rate = option("DURATION", MINUTES_5), option("RATE", 20)
    limit = option("UPLINK_MBIT", 100)
    coming = round(arrivals * duration / MINUTES_5)
    everybody = present + coming
    with Installation(processes=whole("PROCESSES", 2), UPLINK_MBIT=str(limit)) as installation:
        installation.manage("collectstatic", "--noinput", "--verbosity=0")
        installation.kill()
        installation.start()
        room = seed(writers=max(200, writers_for(rate)))
        applicants = Applicants(room, ports=installation.plain_ports)
        static = static_bytes(installation, room)
        page = f"/live/{room.public_id}/"
        with generator_for(installation, room, viewers=everybody, page_path=page) as generator:
            generator.let_in(present, per_s=60, part=0.98, most_s=180)
            say(f"{present} present")
            generator.order(f"post {rate} 0")
            time.sleep(15)
            generator.order("reset")
            generator.order("measure on")
            applicants.start(per_s=option("INTENTS", 5))
            generator.order(f"go {everybody} {arrivals / MINUTES_5}")
            before, spent = generator.stats(), meter.cpu_s([installation.pid])
            seen = [sent(before, applicants)]
            started = time.monotonic()
            while time.monotonic() - started < duration:
                time.sleep(1)
                seen.append(sent(generator.stats(), applicants))
            seconds = time.monotonic() - started
            spent = meter.cpu_s([installation.pid]) - spent
            intents = applicants.stop()
            generator.order("measure off")
            time.sleep(5)
            after = generator.stats()
    counted = {name: after[name] - before[name] for name in after}
    frames = max(1, counted["frames"])
    worst = max(seen[i + 5] - seen[i] for i in range(max(1, len(seen) - 5)))
    report(
        f"a line of {limit:g} Mbit/s",
        present=present,
        arrivals=coming,
        duration_s=round(seconds),
        rate=rate,
        uplink_mbit=limit,
        egress_mbit=round(mbit(seen[-1] - seen[0], seconds), 1),
        egress_worst_5s_mbit=round(mbit(worst, 5), 1),
        room_mbit=round(mbit(counted["bytes"], seconds), 1),
        pages_mbit=round(mbit(counted["page_bytes"], seconds), 1),
        static_kb_per_arrival=round(static / 1024, 1),
        static_mbit_if_not_on_a_cdn=round(mbit(static * coming, seconds), 1),
        **intents,
        pages=counted["pages"],
        page_p50_ms=after["page_p50_ms"],
        page_p99_ms=after["page_p99_ms"],
        in_the_room=after["open"],
        sent_to_the_feed=after["to_feed"],
        p50_ms=after["latency_p50_ms"],
        p99_ms=after["latency_p99_ms"],
        bytes_per_frame=round(counted["bytes"] / frames),
        left_out_per_viewer=round(counted["left_out"] / max(1, after["open"])),
        gaps=counted["missing"],
        refetches=counted["refetches"],
        server_cores=round(spent / seconds, 2),
    )


if __name__ == "__main__":
    main()
