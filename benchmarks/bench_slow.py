"""SLOW viewers who never read, come back when cut off, among VIEWERS: what the others notice."""

from __future__ import annotations

import time

from benchmarks import meter
from benchmarks.generator import say
from benchmarks.room_run import generator_for, measure, room_figures, writers_for
from benchmarks.seeding import seed
from benchmarks.servers import Installation, processes_for
from benchmarks.support import option, report, whole


def main() -> None:
    viewers, slow = whole("VIEWERS", 2000), whole("SLOW", 500)
    rate, seconds = option("RATE", 20), option("SECONDS", 30)
    reading = viewers - slow
    with Installation(processes=whole("PROCESSES", processes_for(viewers))) as installation:
        room = seed(writers=min(reading, writers_for(rate)))
        with generator_for(installation, room, viewers=viewers, slow=slow, compress=0) as generator:
            generator.let_in(reading, per_s=option("CONNECTS", 1000))
            generator.order(f"post {rate} 0")
            time.sleep(5)
            alone = room_figures(*measure(installation, generator, seconds=seconds))
            alone_mb = meter.resident_kb([installation.pid]) / 1024
            say(f"without them: p99 {alone['p99_ms']} ms, {alone_mb:.0f} MB")
            generator.order(f"go {viewers} 500")
            most_mb = alone_mb
            for _ in range(20):
                time.sleep(1)
                most_mb = max(most_mb, meter.resident_kb([installation.pid]) / 1024)
            window, total = measure(installation, generator, seconds=seconds)
            beside = room_figures(window, total)
            most_mb = max(most_mb, meter.resident_kb([installation.pid]) / 1024)
            cut_off = generator.stats()["slow_gone"]
    report(
        f"{slow} viewers who never read among {viewers:,}",
        viewers=viewers,
        slow=slow,
        rate=rate,
        seconds=seconds,
        p99_ms_without_them=alone["p99_ms"],
        p99_ms_beside_them=beside["p99_ms"],
        p50_ms_without_them=alone["p50_ms"],
        p50_ms_beside_them=beside["p50_ms"],
        delivered_ratio=beside["delivered_ratio"],
        gaps=beside["gaps"],
        drops_of_others=beside["drops"],
        server_cores_without_them=alone["server_cores"],
        server_cores_beside_them=beside["server_cores"],
        server_mb_without_them=round(alone_mb),
        server_mb_beside_them=round(most_mb),
        kb_per_slow_viewer=round((most_mb - alone_mb) * 1024 / max(1, slow), 1),
        times_cut_off=cut_off,
    )


if __name__ == "__main__":
    main()
