"""One measured run of a room: viewers in, messages at a rate, a window, the drain."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks import meter
from benchmarks.generator import Figures, Generator, difference, say
from benchmarks.seeding import Seeded, seed
from benchmarks.servers import Installation
from benchmarks.support import option, switch, whole

WARM_UP_S = 6.0
DRAIN_S = 20.0


@dataclass
class Cpu:
    """Cores used in a window, by part."""

    installation: Installation
    generator: Generator
    before: dict[str, float] = field(default_factory=dict)
    started: float = 0.0

    def _now(self) -> dict[str, float]:
        database, redis = self.installation.database.process, self.installation.redis.process
        assert database is not None
        assert redis is not None
        roots = {
            "server": self.installation.pid,
            "database": database.pid,
            "redis": redis.pid,
            "generator": self.generator.process.pid,
        }
        return {name: meter.cpu_s([pid]) for name, pid in roots.items()}

    def start(self) -> None:
        self.before, self.started = self._now(), time.monotonic()

    def stop(self) -> tuple[dict[str, float], float]:
        """CPU seconds by part, and the length of the window."""
        seconds = time.monotonic() - self.started
        after = self._now()
        return {name: spent - self.before[name] for name, spent in after.items()}, seconds


@dataclass
class Window:
    """What was measured between two moments."""

    seconds: float
    cpu: dict[str, float]
    counts: Figures
    open: int

    def cores(self, part: str) -> float:
        return round(self.cpu[part] / self.seconds, 3)


def generator_for(
    installation: Installation, room: Seeded, *, viewers: int, **more: Any
) -> Generator:
    """A generator as the options of the environment say (COMPRESS, WATCH, CHILDREN …)."""
    tokens: Path = room.write_tokens(installation.var_dir / "tokens", viewers=viewers)
    settings: dict[str, Any] = {
        "posters": len(room.writers),
        "events_path": room.events_path,
        "tls": int(installation.tls),
        "compress": int(switch("COMPRESS", default=True)),
        "watch": int(switch("WATCH", default=True)),
        "verbose": whole("VERBOSE", 0),
        **more,
    }
    if whole("CHILDREN", 0):
        settings["children"] = whole("CHILDREN", 0)
    return Generator(
        ports=installation.ports,
        viewers=viewers,
        path=room.socket_path,
        tokens=tokens,
        **settings,
    )


def writers_for(rate: float) -> int:
    """Enough people that nobody meets a limit (6 messages in 10 s each)."""
    return max(50, round(rate * 10))


def measure(
    installation: Installation, generator: Generator, *, seconds: float, drain_s: float = DRAIN_S
) -> tuple[Window, Figures]:
    """A window of ``seconds`` while messages flow; its figures, and all after the drain."""
    generator.order("reset")
    cpu = Cpu(installation, generator)
    generator.order("measure on")
    before = generator.stats()
    cpu.start()
    time.sleep(seconds)
    spent, length = cpu.stop()
    after = generator.stats()
    generator.order("measure off")
    acked = _acknowledged(generator) - before["acked"]
    expected = before["delivered"] + acked * before["open"]
    final = generator.settle(expected=expected, most_s=drain_s)
    window = Window(length, spent, difference(before, after), before["open"])
    total = difference(before, final)
    for name in final:
        if name.endswith("_ms") or name in {"present", "playing", "open"}:
            total[name] = final[name]
    return window, total


def _acknowledged(generator: Generator) -> int:
    """The acknowledgements, once the messages under way have theirs (or five seconds passed)."""
    deadline = time.monotonic() + 5
    while (figures := generator.stats())["acked"] < figures["posted"]:
        if time.monotonic() > deadline:
            break
        time.sleep(0.1)
    return int(figures["acked"])


def room_figures(window: Window, total: Figures) -> dict[str, Any]:
    """The keys every run of a room reports."""
    frames = max(1, window.counts["frames"])
    expected = max(1, total["acked"] * window.open)
    server = window.cpu["server"]
    return {
        "posted": total["posted"],
        "acked": total["acked"],
        "delivered_ratio": round(total["delivered"] / expected, 6),
        "gaps": total["missing"],
        "refetches": total["refetches"],
        "left_out": total["left_out"],
        "p50_ms": total["latency_p50_ms"],
        "p99_ms": total["latency_p99_ms"],
        "max_ms": total["latency_max_ms"],
        "ack_p99_ms": total["ack_p99_ms"],
        "server_cpu_us_per_frame": round(server * 1e6 / frames, 2),
        "server_us_per_event": round(server * 1e6 / max(1, total["delivered"]), 3),
        "server_cores": window.cores("server"),
        "database_cores": window.cores("database"),
        "redis_cores": window.cores("redis"),
        "generator_cores": window.cores("generator"),
        "generator_us_per_frame": round(window.cpu["generator"] * 1e6 / frames, 2),
        "bytes_per_viewer_s": round(window.counts["bytes"] / window.seconds / max(1, window.open)),
        "raw_bytes_per_viewer_s": round(
            window.counts["payload_bytes"] / window.seconds / max(1, window.open)
        ),
        "tick_ms": round(window.seconds * 1000 * window.open / frames),
        "watch_reports": window.counts["watch_reports"],
        "drops": total["drops"],
        "malformed": total["malformed"],
    }


def run_room(
    *, viewers: int, rate: float, seconds: float, processes: int, tls: bool
) -> dict[str, Any]:
    """The whole application with so many viewers; its figures."""
    with Installation(processes=processes, tls=tls) as installation:
        room = seed(writers=min(writers_for(rate), viewers))
        with generator_for(installation, room, viewers=viewers) as generator:
            empty_kb = meter.resident_kb([installation.pid])
            joined_s = generator.let_in(viewers, per_s=option("CONNECTS", 2000))
            say(f"{viewers} in after {joined_s:.1f} s")
            generator.order(f"post {rate} 0")
            time.sleep(WARM_UP_S)
            full_kb = meter.resident_kb([installation.pid])
            window, total = measure(installation, generator, seconds=seconds)
            tcp_mb = meter.tcp_buffers_mb()
            generator.order("post 0 0")
            time.sleep(1)
            last = generator.stats()
        whole_log, stored = room.log_is_whole(), room.stored()
    return {
        "viewers": viewers,
        "rate": rate,
        "seconds": round(window.seconds, 1),
        "processes": processes,
        "tls": tls,
        "compressed": round(last["compressed"] / max(1, last["connects"]), 3),
        **room_figures(window, total),
        "kb_per_viewer": round((full_kb - empty_kb) / viewers, 1),
        "tcp_buffers_mb": round(tcp_mb),
        "joined_s": round(joined_s, 1),
        "present_shown": last["present"],
        "playing_shown": last["playing"],
        "stored_all_acked": stored >= last["all_acked"],
        "log_whole": whole_log,
    }
