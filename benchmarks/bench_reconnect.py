"""kill -9 of the supervisor and every web process under load, a new start, everybody comes back."""

from __future__ import annotations

import time

from benchmarks.generator import say
from benchmarks.room_run import generator_for, writers_for
from benchmarks.seeding import seed
from benchmarks.servers import Installation, processes_for
from benchmarks.support import option, report, whole


def main() -> None:
    viewers, rate = whole("VIEWERS", 20_000), option("RATE", 20)
    processes = whole("PROCESSES", processes_for(viewers))
    with Installation(processes=processes) as installation:
        room = seed(writers=min(viewers, writers_for(rate)))
        with generator_for(installation, room, viewers=viewers) as generator:
            joined_s = generator.let_in(viewers, per_s=option("CONNECTS", 2000))
            say(f"{viewers} in after {joined_s:.1f} s")
            generator.order(f"post {rate} 0")
            time.sleep(6)
            before = generator.stats()
            killed = time.monotonic()
            installation.kill()
            installation.start()
            up_s = time.monotonic() - killed
            say(f"killed and up again after {up_s:.1f} s")
            marks = {}
            for part in (0.5, 0.95, 1.0):
                generator.wait_open(int(viewers * part), most_s=180)
                marks[part] = time.monotonic() - killed
                say(f"{part:.0%} back after {marks[part]:.1f} s")
            time.sleep(5)
            generator.order("post 0 0")
            time.sleep(12)
            after = generator.stats()
        stored, whole_log = room.stored(), room.log_is_whole()
    counted = {name: after[name] - before[name] for name in after}
    report(
        f"reconnect of {viewers:,} viewers after kill -9 of everything",
        viewers=viewers,
        rate=rate,
        processes=processes,
        up_again_s=round(up_s, 1),
        half_back_s=round(marks[0.5], 1),
        back_95_s=round(marks[0.95], 1),
        all_back_s=round(marks[1.0], 1),
        gaps=counted["missing"],
        refetches=counted["refetches"],
        refetch_failures=counted["refetch_failures"],
        connect_failures=counted["failures"],
        drops=counted["drops"],
        malformed=counted["malformed"],
        messages_sent_again=counted["resent"],
        acked=after["all_acked"],
        stored=stored,
        posted=after["all_posted"],
        none_lost=stored >= after["all_acked"],
        none_doubled=stored <= after["all_posted"],
        log_whole=whole_log,
    )


if __name__ == "__main__":
    main()
