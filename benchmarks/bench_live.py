"""From the camera to the viewer's screen, by a clock burnt into the picture: every way in.

A real Chromium publishes (or ffmpeg does) and another page of it watches the room; encoder, both
pages and the server share the machine's cores. ``glass_to_glass_s`` is the viewer's clock less the
burnt one while a frame is shown. ``programme_time_error_ms`` is what the page says the moment is
less the burnt clock: the publisher's own way from drawing a frame to stamping it is part of it.
``publisher_cpu_pct`` is the CPU of the web process and everything it started while nobody watches,
less the same while nothing is published, of one core; the publisher's encoder is elsewhere.
"""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Page

from benchmarks import live_paths, meter
from benchmarks.generator import say
from benchmarks.live_stage import Planned, Stage, act, stage
from benchmarks.support import option, report, switch, whole
from tests.support.burnt_clock import Reader, delays_s, errors_ms
from tests.support.publishing import until
from tests.support.services import free_port

Opens = Callable[[Stage, Planned], AbstractContextManager[live_paths.Publisher]]


@dataclass(frozen=True, slots=True)
class Way:
    """One row of the result."""

    path: str
    segment_s: int
    opens: Opens
    replay: bool = True
    source: str = "hosted"


WAYS = {
    "browser1": Way("browser, 1 s segments", 1, live_paths.browser),
    "browser2": Way("browser, 2 s segments", 2, live_paths.browser),
    "socket1": Way("browser that records AAC, 1 s segments", 1, live_paths.socket),
    "rtmp": Way("RTMP, 2 s segments", 2, live_paths.rtmp),
    "external": Way(
        "HLS of another server, 1 s segments",
        1,
        live_paths.external,
        replay=False,
        source="external_hls",
    ),
}


def middle(values: list[float]) -> float | None:
    return round(statistics.median(values), 2) if values else None


def measure(stage: Stage, way: Way) -> dict[str, Any]:
    """Publish once this way; everything there is to say about it."""
    seconds = option("SECONDS", 20)
    link = {} if way.source == "hosted" else {"external_url": "https://127.0.0.1/"}
    planned = stage.plan(segment_s=way.segment_s, video_source=way.source, **link)
    with way.opens(stage, planned) as publisher:
        viewer = stage.viewer(planned, ignore_https_errors=True)
        reader = Reader(viewer)
        pressed = live_paths.now_ms()
        publisher.go_live()
        startup = reader.first(seconds=40).now - pressed
        viewer.wait_for_timeout(1000 * option("SETTLE", 10))
        reader.start()
        loaded = os.getloadavg()[0]
        viewer.wait_for_timeout(1000 * seconds)
        samples = reader.stop()
        viewer.context.close()
        publishing = cores(stage, publisher, seconds=option("CPU_SECONDS", 12))
        publisher.stop()
    idle = cores(stage, publisher, seconds=option("CPU_SECONDS", 12))
    errors = errors_ms(samples)
    figures: dict[str, Any] = {
        "path": way.path,
        "glass_to_glass_s": middle(delays_s(samples)),
        "glass_to_glass_max_s": round(max(delays_s(samples)), 2),
        "programme_time_error_ms": middle(list(map(float, errors))),
        "programme_time_error_max_ms": max(map(abs, errors), default=None),
        "samples": len(errors),
        "publisher_cpu_pct": round(100 * (publishing - idle), 1),
        "idle_cpu_pct": round(100 * idle, 1),
        "startup_s": round(startup / 1000, 1),
        "load": round(loaded, 1),
    }
    if way.replay and switch("REPLAY", default=True):
        figures |= replay(stage, planned)
    return figures


def cores(stage: Stage, publisher: live_paths.Publisher, *, seconds: float) -> float:
    """CPU seconds a second of the server's side."""
    pids = [stage.site.pid, *publisher.server_pids()]
    spent, clock = meter.cpu_s(pids), time.monotonic()
    time.sleep(seconds)
    return (meter.cpu_s(pids) - spent) / (time.monotonic() - clock)


def replay(stage: Stage, planned: Planned) -> dict[str, Any]:
    """End the session, wait for its replay, and seek in it."""
    from livestream.enums import ReplayStatus
    from livestream.models import Replay
    from livestream.services.sessions import end_session, publish_replay
    from tests.factories import actor

    operator, ended = actor(planned.operator), time.monotonic()
    act(end_session, actor=operator, session=planned.session)

    def made() -> bool:
        return Replay.objects.filter(session=planned.session, status=ReplayStatus.READY).exists()

    if not until(made, 60):
        raise RuntimeError(f"no replay within 60 s: {Replay.objects.values_list()}")
    made_s = time.monotonic() - ended
    planned.session.refresh_from_db()
    act(publish_replay, actor=operator, session=planned.session)
    page = stage.context().new_page()
    page.goto(f"{stage.url}/live/{planned.public_id}/")
    page.locator("[data-replay][data-ready]").wait_for()
    page.locator("[data-replay-tap]").click()
    reader = Reader(page)
    reader.first(seconds=30)
    errors = [error for place in range(whole("SEEKS", 12)) for error in seek(page, reader, place)]
    page.context.close()
    return {
        "replay_made_s": round(made_s, 1),
        "replay_sync_error_ms": max(map(abs, errors), default=None),
        "replay_sync_error_median_ms": middle(list(map(float, errors))),
        "seeks": whole("SEEKS", 12),
    }


def seek(page: Page, reader: Reader, place: int) -> list[int]:
    """Jump somewhere; the error of each frame of the half second after it."""
    page.evaluate(
        """(part) => new Promise((done) => {
          const video = document.querySelector("[data-player-video]");
          const end = video.seekable.length ? video.seekable.end(0) : video.duration;
          video.addEventListener("seeked", () => done(), { once: true });
          video.currentTime = 0.3 + (end - 2) * part;
        })""",
        (place * 0.6180339887) % 1,
    )
    return errors_ms(reader.watch(seconds=0.6))


def main() -> None:
    wanted = (os.environ.get("PATHS") or ",".join(WAYS)).split(",")
    rows = []
    ports = [free_port(), free_port()]
    settings = {
        "MEDIA_SERVER": "nginx-rtmp",
        "RTMP_PORT": str(ports[0]),
        "RTMP_PUBLIC_HOST": "127.0.0.1",
        "MEDIA_ORIGINS": f"https://127.0.0.1:{ports[1]}",
    }
    with stage(settings) as here:
        for name in wanted:
            say(f"{WAYS[name].path} …")
            rows.append(measure(here, WAYS[name]))
            say(str(rows[-1]))
    report("live picture", rows=rows)


if __name__ == "__main__":
    main()
