"""Messages accepted: validated, limited, stored, committed, acknowledged; a closed loop.

WRITERS people (6 messages in 10 s is a person's limit) keep IN_FLIGHT messages unanswered.
"""

from __future__ import annotations

import time

from benchmarks.room_run import generator_for, measure
from benchmarks.seeding import seed
from benchmarks.servers import Installation
from benchmarks.support import option, report, whole


def main() -> None:
    writers, in_flight = whole("WRITERS", 4000), whole("IN_FLIGHT", 200)
    seconds, rate = option("SECONDS", 20), option("RATE", 0)
    processes = whole("PROCESSES", 1)
    with Installation(processes=processes) as installation:
        room = seed(writers=writers)
        with generator_for(installation, room, viewers=writers) as generator:
            generator.let_in(writers, per_s=option("CONNECTS", 2000))
            generator.order(f"post {rate} {in_flight}")
            time.sleep(4)
            window, total = measure(installation, generator, seconds=seconds, drain_s=2)
            generator.order("post 0 0")
            time.sleep(3)
            last = generator.stats()
        stored, whole_log = room.stored(), room.log_is_whole()
    answered = window.counts["all_acked"]
    server = window.cpu["server"]
    report(
        "messages accepted through the socket",
        writers=writers,
        in_flight=in_flight,
        seconds=round(window.seconds, 1),
        processes=processes,
        accepted_per_s=round(answered / window.seconds),
        accepted_per_server_core_s=round(answered / max(server, 0.001)),
        ack_p50_ms=total["ack_p50_ms"],
        ack_p99_ms=total["ack_p99_ms"],
        refused=window.counts["all_refused"],
        nobody_may_write=window.counts["starved"],
        server_cores=window.cores("server"),
        database_cores=window.cores("database"),
        redis_cores=window.cores("redis"),
        generator_cores=window.cores("generator"),
        left_out=total["left_out"],
        gaps=total["missing"],
        acked_and_stored=f"{last['all_acked']} and {stored}",
        log_whole=whole_log,
    )


if __name__ == "__main__":
    main()
