"""What we compare with: stock Channels under daphne, nginx + nchan, a bare C writer."""

from __future__ import annotations

import http.client
import json
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks import meter
from benchmarks.generator import Generator, difference, say
from benchmarks.native import program
from benchmarks.seeding import Seeded
from benchmarks.servers import Installation, free_ports
from benchmarks.support import ROOT
from tests.support.services import die_with_parent

NCHAN = Path("/usr/lib/nginx/modules/ngx_nchan_module.so")
_STEPS = (25, 50, 100, 150, 200, 300, 400, 600, 800, 1200, 1600)


@contextmanager
def running(command: list[str], port: int, **more: Any) -> Iterator[subprocess.Popen[bytes]]:
    """A server until the block ends; waits until its port answers."""
    server = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, preexec_fn=die_with_parent, cwd=ROOT, **more
    )
    try:
        deadline = time.monotonic() + 60
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                if server.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError(f"{command[0]} did not start") from None
                time.sleep(0.1)
        yield server
    finally:
        server.terminate()
        try:
            server.wait(5)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def frame_bytes(size: int) -> tuple[bytes, bytes]:
    """A tick's text of about ``size`` bytes that brings nothing, and its WebSocket frame."""
    start = b'{"from":1,"to":0,"events":[],"now":{"present":0},"pad":"'
    text = start + b"x" * max(0, size - len(start) - 6) + b'"}'
    if len(text) < 126:
        return text, bytes([0x81, len(text)]) + text
    if len(text) < 65536:
        return text, bytes([0x81, 126]) + len(text).to_bytes(2, "big") + text
    return text, bytes([0x81, 127]) + len(text).to_bytes(8, "big") + text


def _per_frame(
    server: subprocess.Popen[bytes], *, port: int, path: str, viewers: int, seconds: float
) -> dict[str, Any]:
    """CPU per received frame of a server that only writes."""
    with Generator(
        ports=[port], viewers=viewers, path=path, tokens=None, raw=1, watch=0, compress=0, heal=0
    ) as generator:
        empty_kb = meter.resident_kb([server.pid])
        generator.let_in(viewers, per_s=2000)
        time.sleep(3)
        full_kb = meter.resident_kb([server.pid])
        before, spent, started = generator.stats(), meter.cpu_s([server.pid]), time.monotonic()
        time.sleep(seconds)
        spent = meter.cpu_s([server.pid]) - spent
        length = time.monotonic() - started
        counts = difference(before, generator.stats())
    frames = max(1, counts["frames"])
    return {
        "us_per_frame": round(spent * 1e6 / frames, 2),
        "frames_per_viewer_s": round(frames / length / viewers, 2),
        "kb_per_viewer": round((full_kb - empty_kb) / viewers, 1),
    }


def c_writer(*, viewers: int, size: int, tick_ms: int, seconds: float, at: Path) -> dict[str, Any]:
    """Bare epoll and write(): nothing on this machine can be cheaper per frame."""
    port = free_ports(1)
    file = at / "frame"
    file.write_bytes(frame_bytes(size)[1])
    with running([str(program("writer")), str(port), str(file), str(tick_ms)], port) as server:
        return _per_frame(server, port=port, path="/", viewers=viewers, seconds=seconds)


def nchan(
    *, viewers: int, size: int, tick_ms: int, seconds: float, at: Path
) -> dict[str, Any] | None:
    """Run nginx with nchan as a push server; None where it is not installed."""
    if not NCHAN.exists() or not shutil.which("nginx"):
        return None
    port = free_ports(1)
    config = at / "nchan.conf"
    config.write_text(
        f"""load_module {NCHAN};
daemon off; worker_processes 1; worker_rlimit_nofile 20000; pid {at}/nchan.pid;
error_log {at}/nchan.log warn;
events {{ worker_connections 19500; }}
http {{
  access_log off;
  client_body_temp_path {at}/body;
  server {{
    listen 127.0.0.1:{port} backlog=4096;
    location /sub {{ nchan_subscriber websocket; nchan_channel_id room;
                     nchan_subscriber_first_message newest; nchan_websocket_ping_interval 0; }}
    location /pub {{ nchan_publisher; nchan_channel_id room; nchan_message_buffer_length 1; }}
  }}
}}
"""
    )
    command = ["nginx", "-c", str(config), "-p", str(at)]
    stop = threading.Event()
    with running(command, port, stderr=subprocess.DEVNULL) as server:
        publisher = threading.Thread(
            target=_publish, args=(port, frame_bytes(size)[0], tick_ms / 1000, stop)
        )
        publisher.start()
        try:
            return _per_frame(server, port=port, path="/sub", viewers=viewers, seconds=seconds)
        finally:
            stop.set()
            publisher.join()


def _publish(port: int, text: bytes, tick_s: float, stop: threading.Event) -> None:
    link = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    while not stop.wait(tick_s):
        link.request("POST", "/pub", body=text, headers={"Content-Type": "application/json"})
        link.getresponse().read()
    link.close()


def stock_channels(
    installation: Installation, room: Seeded, *, rate: float, seconds: float
) -> dict[str, Any]:
    """The largest room stock Channels keeps up with: all delivered, p99 within 2.5 s."""
    survived: dict[str, Any] = {}
    tried = 0
    for tried in _STEPS:
        figures = _stock_step(installation, room, viewers=tried, rate=rate, seconds=seconds)
        say(f"stock Channels: {json.dumps(figures)}")
        if figures["delivered_ratio"] < 0.999 or figures["p99_ms"] > 2500:
            break
        survived = figures
    return {**survived, "failed_at": tried}


def _stock_step(
    installation: Installation, room: Seeded, *, viewers: int, rate: float, seconds: float
) -> dict[str, Any]:
    port = free_ports(1)
    command = [sys.executable, "-m", "daphne", "-b", "127.0.0.1", "-p", str(port), "-v", "0"]
    command.append("benchmarks.stock:application")
    tokens = room.write_tokens(installation.var_dir / "stock-tokens", viewers=viewers)
    with (
        running(command, port, env=installation.environment) as server,
        Generator(
            ports=[port],
            viewers=viewers,
            path=room.socket_path,
            tokens=tokens,
            posters=min(viewers, len(room.writers)),
            watch=0,
            heal=0,
            cooldown_ms=1700,
        ) as generator,
    ):
        generator.let_in(viewers, per_s=200)
        generator.order(f"post {rate} 0")
        time.sleep(2)
        generator.order("measure on")
        before, spent = generator.stats(), meter.cpu_s([server.pid])
        time.sleep(seconds)
        spent = meter.cpu_s([server.pid]) - spent
        generator.order("measure off")
        events = generator.stats()["frames"] - before["frames"]
        time.sleep(2.5)
        total = difference(before, final := generator.stats())
    expected = max(1, total["posted"] * before["open"])
    return {
        "viewers": viewers,
        "posted": total["posted"],
        "delivered_ratio": round(total["delivered"] / expected, 4),
        "p99_ms": final["latency_p99_ms"],
        "us_per_event": round(spent * 1e6 / max(1, events), 1),
        "cores": round(spent / seconds, 2),
    }
