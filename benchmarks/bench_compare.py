"""Ours beside stock Channels, nginx + nchan and a bare C writer: the same work, one run."""

from __future__ import annotations

from benchmarks import meter
from benchmarks.rivals import c_writer, nchan, stock_channels
from benchmarks.room_run import WARM_UP_S, generator_for, measure, room_figures, writers_for
from benchmarks.seeding import seed
from benchmarks.servers import Installation, processes_for
from benchmarks.support import option, report, whole


def main() -> None:
    import time

    viewers, rate, seconds = whole("VIEWERS", 15_000), option("RATE", 20), option("SECONDS", 15)
    with Installation(processes=processes_for(viewers)) as installation:
        room = seed(writers=writers_for(rate))
        stock = stock_channels(installation, room, rate=rate, seconds=min(8, seconds))
        with generator_for(installation, room, viewers=viewers) as generator:
            empty_kb = meter.resident_kb([installation.pid])
            generator.let_in(viewers, per_s=option("CONNECTS", 2000))
            generator.order(f"post {rate} 0")
            time.sleep(WARM_UP_S)
            full_kb = meter.resident_kb([installation.pid])
            window, total = measure(installation, generator, seconds=seconds)
        ours = room_figures(window, total)
        same = {
            "viewers": viewers,
            "size": round(window.counts["bytes"] / max(1, window.counts["frames"])),
            "tick_ms": ours["tick_ms"],
            "seconds": seconds,
            "at": installation.var_dir,
        }
        limit = c_writer(**same)
        push_server = nchan(**same)
    per_frame, per_event = ours["server_cpu_us_per_frame"], ours["server_us_per_event"]
    stock_cost = stock.get("us_per_event")
    report(
        "comparison, the same room by others",
        viewers=viewers,
        rate=rate,
        seconds=seconds,
        frame_bytes=same["size"],
        tick_ms=ours["tick_ms"],
        delivered_ratio=ours["delivered_ratio"],
        p99_ms=ours["p99_ms"],
        us_per_frame=per_frame,
        us_per_event=per_event,
        kb_per_viewer=round((full_kb - empty_kb) / viewers, 1),
        stock_viewers=stock.get("viewers"),
        stock_failed_at=stock["failed_at"],
        stock_p99_ms=stock.get("p99_ms"),
        stock_us_per_event=stock_cost,
        ratio_to_stock=round(stock_cost / per_event) if stock_cost else None,
        nchan_us_per_frame=push_server["us_per_frame"] if push_server else "not installed",
        nchan_kb_per_viewer=push_server["kb_per_viewer"] if push_server else "not installed",
        ratio_to_nchan=round(per_frame / push_server["us_per_frame"], 2) if push_server else None,
        c_us_per_frame=limit["us_per_frame"],
        ratio_to_limit=round(per_frame / limit["us_per_frame"], 2),
    )


if __name__ == "__main__":
    main()
