"""One room, the whole application: VIEWERS, RATE, SECONDS, PROCESSES, TLS, COMPRESS, WATCH."""

from __future__ import annotations

from benchmarks.room_run import run_room
from benchmarks.servers import processes_for
from benchmarks.support import option, report, switch, whole


def main() -> None:
    viewers, rate = whole("VIEWERS", 50_000), option("RATE", 20)
    tls = switch("TLS", default=False)
    figures = run_room(
        viewers=viewers,
        rate=rate,
        seconds=option("SECONDS", 30),
        processes=whole("PROCESSES", processes_for(viewers)),
        tls=tls,
    )
    report(f"room, {viewers:,} viewers × {rate:g} messages/s{' over TLS' * tls}", **figures)


if __name__ == "__main__":
    main()
