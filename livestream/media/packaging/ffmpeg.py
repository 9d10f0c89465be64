"""One ffmpeg between a publisher and the packager: started, listened to, ended, never left behind.

Three things end it without our help: its input ends with the server (it reads our pipe), its
output has no reader any more, and what is still there at the next start is found by its file in
``MEDIA_DIR/run`` (:func:`reap_orphans`).
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
from collections import deque
from contextlib import suppress
from pathlib import Path

import imageio_ffmpeg
from django.conf import settings

from livestream.media.packaging.errors import FfmpegDied
from livestream.media.packaging.files import make_folder
from livestream.media.packaging.routes import Route

#: Seconds given to end by itself, and then after SIGTERM, before SIGKILL.
PATIENCE, LAST_PATIENCE = 0.5, 0.4
#: The kernel ends it at once; a busy machine hears of it later.
REAPED = 10
LAST_LINES = 12
_PIECE = 1 << 16

#: Bytes and microseconds looked at before the streams are known. Smaller loses the picture of a
#: recording that begins with sound; larger delays the first picture, but not the others.
PROBE_BYTES, PROBE_US = 2_000_000, 1_500_000

#: Pixels of the largest picture that is decoded (4K): a few bytes may claim 32 times as many.
MOST_PIXELS = 4096 * 2304

_QUIET = ("-hide_banner", "-loglevel", "warning", "-nostats")
_SOUND = (
    *("-c:a", "aac", "-b:a", "64k", "-ar", "48000", "-ac", "2"),
    *("-af", "aresample=async=1000:first_pts=0"),
)
_ENCODE = (
    *("-c:v", "libx264", "-preset", "superfast", "-tune", "zerolatency", "-profile:v", "main"),
    *("-pix_fmt", "yuv420p", "-crf", "25", "-maxrate", "2500k", "-bufsize", "2500k"),
    *("-force_key_frames", "expr:gte(t,n_forced*1)", "-g", "300"),
    *("-vf", "scale=w='min(1280,iw)':h=-2", "-fps_mode", "passthrough"),
)
#: Fragments that begin with key frames, written the moment they are complete. Without any for 30 s
#: they are written all the same: a jump in the sound's times is filled with silence, of years if it
#: is one, and that has to be seen here.
OUTPUT = (
    *("-f", "mp4", "-movflags", "+frag_keyframe+empty_moov+default_base_moof"),
    *("-frag_duration", "30000000"),
    # A microphone that falls silent for good holds the picture up by so many microseconds.
    *("-max_interleave_delta", "700000", "-flush_packets", "1", "pipe:1"),
)


def arguments(route: Route, demuxer: str) -> list[str]:
    """What makes a fragmented MP4 of H.264 and AAC on its output from its input."""
    encode = route is Route.ENCODE
    picture = _ENCODE if encode else ("-c:v", "copy")
    return [
        *_QUIET,
        *(("-threads", "1") if encode else ()),  # a decoder's threads hold a picture each
        *("-fflags", "+genpts", "-probesize", str(PROBE_BYTES)),
        *("-analyzeduration", str(PROBE_US), "-max_pixels", str(MOST_PIXELS)),
        *("-f", demuxer, "-i", "pipe:0"),
        *("-map", "0:v:0", "-map", "0:a:0?", *picture, *_SOUND, *OUTPUT),
    ]


class Ffmpeg:
    """One running ffmpeg. Its standard error is kept to the last lines, for staff."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._lines: deque[str] = deque(maxlen=LAST_LINES)
        self._note = _write_note(process.pid)
        self._listening = asyncio.create_task(self._listen())

    @classmethod
    async def start(cls, words: list[str]) -> Ffmpeg:
        """Start ffmpeg with these arguments in a process group of its own.

        Raises FfmpegDied when it cannot be started.
        """
        pipe = asyncio.subprocess.PIPE
        try:
            process = await asyncio.create_subprocess_exec(
                *(imageio_ffmpeg.get_ffmpeg_exe(), *words),
                stdin=pipe,
                stdout=pipe,
                stderr=pipe,
                start_new_session=True,
            )
        except (OSError, RuntimeError) as error:
            raise FfmpegDied("ffmpeg could not be started") from error
        return cls(process)

    @property
    def pid(self) -> int:
        """Its process id, which is also that of its group."""
        return self._process.pid

    @property
    def last_lines(self) -> str:
        """What it said last."""
        return " / ".join(self._lines)

    async def write(self, data: bytes) -> None:
        """Hand it input; waits while it has enough. Raises FfmpegDied."""
        stdin = self._process.stdin
        assert stdin is not None  # noqa: S101 - asked for at the start
        try:
            stdin.write(data)
            await stdin.drain()
        except (BrokenPipeError, ConnectionResetError) as error:
            raise FfmpegDied(f"ffmpeg ended: {self.last_lines}") from error

    async def read(self) -> bytes:
        """Some output; empty when there will be no more."""
        stdout = self._process.stdout
        assert stdout is not None  # noqa: S101 - asked for at the start
        return await stdout.read(_PIECE)

    def end_input(self) -> None:
        """Say that nothing comes any more: it writes what it has and ends."""
        if self._process.stdin is not None:
            self._process.stdin.close()

    async def code(self) -> int:
        """Its exit code, negative for a signal, once it ended and all it said was read."""
        code = await self._process.wait()
        with suppress(TimeoutError):
            await asyncio.wait_for(asyncio.shield(self._listening), LAST_PATIENCE)
        self._note.unlink(missing_ok=True)
        return code

    async def stop(self) -> None:
        """End it within a second, by force at last, and wait until it is gone."""
        self.end_input()
        for number, patience in (
            (None, PATIENCE),
            (signal.SIGTERM, LAST_PATIENCE),
            (signal.SIGKILL, REAPED),
        ):
            if number is not None:
                with suppress(ProcessLookupError):
                    os.killpg(self._process.pid, number)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._process.wait(), patience)
                break
        self._listening.cancel()
        self._note.unlink(missing_ok=True)
        transport = getattr(self._process, "_transport", None)
        if transport is not None:
            transport.close()

    async def _listen(self) -> None:
        stderr = self._process.stderr
        assert stderr is not None  # noqa: S101 - asked for at the start
        rest = b""
        while piece := await stderr.read(4096):
            *lines, rest = (rest + piece).replace(b"\r", b"\n").split(b"\n")
            self._lines.extend(line.decode(errors="replace")[:300] for line in lines if line)
            rest = rest[-4096:]
        if rest:
            self._lines.append(rest.decode(errors="replace")[:300])


# --- what is left of a server that was killed -----------------------------------------------------
def run_folder() -> Path:
    """Where every running ffmpeg has a file named like its process."""
    return Path(settings.MEDIA_DIR) / "run"


def reap_orphans() -> list[int]:
    """Kill the ffmpegs whose server is gone; return their process ids. Harmless at any time.

    Nothing is killed but the very process that was noted: same id, same start time, still an
    ffmpeg. One whose server still runs (another process on this machine) is left alone.
    """
    killed: list[int] = []
    for note in run_folder().glob("*.json"):
        with suppress(OSError, ValueError, KeyError, TypeError):
            noted = json.loads(note.read_text(encoding="utf-8"))
            pid, owner = int(noted["pid"]), int(noted["owner"])
            if noted["owner_started"] is not None and _started(owner) == noted["owner_started"]:
                continue
            if _started(pid) == noted["started"] and _is_ffmpeg(pid):
                with suppress(ProcessLookupError):
                    os.killpg(pid, signal.SIGKILL)
                    killed.append(pid)
        note.unlink(missing_ok=True)
    return killed


def _write_note(pid: int) -> Path:
    """Note a process; one that cannot be noted (disk full) ends with its input all the same."""
    note = run_folder() / f"{pid}.json"
    owner = os.getpid()
    noted = {
        "pid": pid,
        "started": _started(pid),
        "owner": owner,
        "owner_started": _started(owner),
    }
    with suppress(OSError, RuntimeError):
        make_folder(note.parent)
        unfinished = note.with_suffix(".new")  # a reaper may look at any moment
        unfinished.write_text(json.dumps(noted), encoding="utf-8")
        unfinished.rename(note)
    return note


def _started(pid: int) -> int | None:
    """When a process started, in ticks since boot (proc(5), field 22); None if there is none."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    fields = stat.rpartition(")")[2].split()
    return None if fields[0] == "Z" else int(fields[19])


def _is_ffmpeg(pid: int) -> bool:
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return False
    return "ffmpeg" in Path(words[0].decode(errors="replace")).name
