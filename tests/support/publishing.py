"""Publishing the burnt clock without a browser: ffmpeg to an RTMP address or to the ingest socket."""

from __future__ import annotations

import json
import os
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import websockets
from imageio_ffmpeg import get_ffmpeg_exe
from websockets.sync.client import ClientConnection, connect

from tests.support.burnt_clock import Size, frame
from tests.support.services import die_with_parent

#: As browsers announce what they record; Opus has to be converted, AAC need not be.
AAC, OPUS = "video/mp4;codecs=avc1.42E01F,mp4a.40.2", "video/mp4;codecs=avc1.42E01F,opus"
_SOUND = {AAC: ("-c:a", "aac"), OPUS: ("-c:a", "libopus", "-ar", "48000")}
_RTMP = ("-c:a", "aac", "-f", "flv")
_FRAGMENTS = (
    *("-movflags", "frag_keyframe+empty_moov+default_base_moof", "-frag_duration", "500000"),
    *("-flush_packets", "1", "-f", "mp4"),
)


class Encoder:
    """ffmpeg that encodes the clock and a tone until it is stopped; a process of its own."""

    def __init__(
        self, target: str, log: Path, *, size: Size, key_frame_s: float, output: Sequence[str]
    ) -> None:
        self.size = size
        picture = f"{size.width}x{size.height}"
        command = [get_ffmpeg_exe(), "-hide_banner", "-loglevel", "warning", "-nostats", "-y"]
        command += ["-f", "rawvideo", "-pix_fmt", "gray", "-s", picture, "-r", str(size.rate)]
        # The tone is two seconds ahead: pictures never wait for it in the muxer, as they would for
        # one that began when ffmpeg was ready and not when the first picture was drawn.
        command += ["-i", "pipe:0", "-readrate", "1", "-readrate_initial_burst", "2"]
        command += ["-f", "lavfi"]
        command += ["-i", "sine=frequency=440:sample_rate=44100"]
        command += ["-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency"]
        command += ["-pix_fmt", "yuv420p", "-b:v", "400k", "-threads", "1"]
        command += ["-g", str(round(size.rate * key_frame_s)), "-b:a", "64k"]
        with log.open("ab") as said:
            self.process = subprocess.Popen(
                [*command, *output, target],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE if target == "pipe:1" else subprocess.DEVNULL,
                stderr=said,
                preexec_fn=die_with_parent,
            )
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._draw, daemon=True)
        self._thread.start()

    def _draw(self) -> None:
        assert self.process.stdin is not None
        due = time.monotonic()
        while not self._over.is_set():
            now = time.time_ns() // 1_000_000
            try:
                self.process.stdin.write(frame(now, self.size.width, self.size.height))
                self.process.stdin.flush()
            except (OSError, ValueError):
                return
            due += 1 / self.size.rate
            self._over.wait(max(0.0, due - time.monotonic()))

    @property
    def running(self) -> bool:
        return self.process.poll() is None

    def stop(self) -> None:
        """End it as a person does: what is encoded is sent. Safe to call twice."""
        self._end(kill=False)

    def kill(self) -> None:
        """End it without a word."""
        self._end(kill=True)

    def _end(self, *, kill: bool) -> None:
        self._over.set()
        if kill:
            self.process.kill()
        self._thread.join(2)
        self.process.terminate()  # the tone has no end of its own
        if not self._thread.is_alive():
            self._hang_up()  # while it waits for a picture, ffmpeg does not hear the signal
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:  # nobody takes what it still has to say
            self.process.kill()
            self.process.wait()
        self._thread.join(5)
        self._hang_up()

    def _hang_up(self) -> None:
        if self.process.stdin is not None:
            with suppress(OSError):
                self.process.stdin.close()


def rtmp_encoder(url: str, log: Path, *, size: Size, key_frame_s: float = 2) -> Encoder:
    """What OBS does, to an address with its key."""
    return Encoder(url, log, size=size, key_frame_s=key_frame_s, output=_RTMP)


class SocketPublisher:
    """A page that is live, without the page: fragmented MP4 to the ingest socket.

    ``closed`` is the close code once the socket is gone; ``said`` are the server's words.
    """

    def __init__(
        self,
        url: str,
        key: str,
        log: Path,
        *,
        size: Size,
        key_frame_s: float = 1,
        mime: str = AAC,
    ) -> None:
        self.said: list[dict[str, Any]] = []
        self.closed: int | None = None
        origin: Any = url.replace("ws", "http", 1).split("/ws/")[0]
        self._socket: ClientConnection = connect(url, origin=origin, compression=None, legacy=True)
        self._socket.send(json.dumps({"type": "hello", "key": key, "mime": mime}))
        self._encoder: Encoder | None = None
        first = self._hear()
        if first is not None:
            self._encoder = Encoder(
                "pipe:1",
                log,
                size=size,
                key_frame_s=key_frame_s,
                output=(*_SOUND[mime], *_FRAGMENTS),
            )
            self._sender = threading.Thread(target=self._send, daemon=True)
            self._sender.start()
            threading.Thread(target=self._listen, daemon=True).start()

    @property
    def up(self) -> bool:
        """Did the server say that it can be watched?"""
        return any(frame["type"] == "live" for frame in self.said)

    def _hear(self) -> dict[str, Any] | None:
        try:
            frame: dict[str, Any] = json.loads(self._socket.recv())
        except websockets.ConnectionClosed as error:
            self.closed = error.rcvd.code if error.rcvd else 1006
            return None
        self.said.append(frame)
        return frame

    def _listen(self) -> None:
        while self._hear() is not None:
            pass

    def _send(self) -> None:
        assert self._encoder is not None
        assert self._encoder.process.stdout is not None
        pipe = self._encoder.process.stdout.fileno()
        with suppress(websockets.ConnectionClosed, ValueError, OSError):
            while chunk := os.read(pipe, 65536):
                self._socket.send(chunk)

    def drop(self) -> None:
        """Be gone without a word, as a phone in a lift."""
        self._socket.socket.close()
        if self._encoder is not None:
            self._encoder.kill()
            self._drained(self._encoder)
        self._close_pipe()

    def stop(self) -> None:
        """Stop as the page's button does: the rest is sent, then a goodbye. Safe to call twice."""
        if self._encoder is not None:
            if self.closed is None:
                self._encoder.stop()
            else:  # nobody takes what it would still say
                self._encoder.kill()
            self._drained(self._encoder)
            with suppress(websockets.ConnectionClosed):
                self._socket.send(json.dumps({"type": "stop"}))
            until(lambda: self.closed is not None, 10)
        self._socket.close()

    def _drained(self, encoder: Encoder) -> None:
        """Everything an ended encoder said is sent, or lost with the socket."""
        self._sender.join(10)
        if encoder.process.stdout is not None:
            encoder.process.stdout.close()
        self._close_pipe()

    def _close_pipe(self) -> None:
        if self._encoder is not None and self._encoder.process.stdout is not None:
            self._sender.join(10)
            self._encoder.process.stdout.close()


def until(holds: Callable[[], bool], seconds: float) -> bool:
    """Whether it came true in time."""
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True
