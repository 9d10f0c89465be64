"""One publisher's picture, from nginx to packaging.

ffmpeg plays the stream from loopback and copies it into fragmented MP4 that begins a fragment at
every key frame; nothing is decoded. What comes out goes to the same packaging as a browser's
picture. Sound that is not AAC is the one thing that is converted.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import subprocess
import time
from asyncio.subprocess import Process
from collections import deque
from collections.abc import Callable, Coroutine
from datetime import datetime
from pathlib import Path
from typing import Any, Final, TypeVar

import imageio_ffmpeg
from channels.db import database_sync_to_async
from django.utils.translation import gettext as _

from core.errors import DomainError
from livestream.enums import TakeEnd
from livestream.media import folders
from livestream.media.adapters import registry
from livestream.media.packaging import Overflow, PackagingError, Pump, ffmpeg
from livestream.media.rtmp import children, probe, state
from livestream.media.rtmp.server import APPLICATION, Incoming
from livestream.models import Take
from livestream.services import takes

log = logging.getLogger(__name__)
T = TypeVar("T")

_CHUNK: Final = 64 * 1024
#: ffmpeg gives up a server that says nothing for so long (microseconds).
_PATIENCE_US: Final = 15_000_000
#: A publisher that sends nothing for so long has lost its line.
SILENT_S: Final = 8.0
#: What ffmpeg still has to say after its publisher has gone.
_DRAIN_S: Final = 3.0
_DESCRIBED_S: Final = 3.0
#: Bytes that are no picture are listened to for so long; nginx waits for a key frame.
_PICTURE_S: Final = 10.0
_LOOK_S: Final = 0.1
MIME: Final = "video/mp4;codecs=avc1,mp4a"


class _ConvertSoundError(Exception):
    """The sound is no AAC: begin again and convert it."""


class _FfmpegEndedError(Exception):
    """ffmpeg ended although its publisher is still there; the message holds its last words."""


class Relay:
    """Receives for one take until the publisher is gone, unwanted or unplayable.

    ``drop`` throws the publisher out at nginx. :meth:`run` never raises; when it returns, the
    take has ended and no process is left.
    """

    def __init__(
        self,
        *,
        take: Take,
        name: str,
        client_id: str,
        port: int,
        run: Path,
        drop: Callable[[], Coroutine[Any, Any, None]],
    ) -> None:
        self.take = take
        self.session = take.session.public_id
        self.name = name
        self.client_id = client_id
        #: ffmpeg has asked nginx for the stream: the publisher may begin.
        self.playing = asyncio.Event()
        #: The take has ended and nothing of this relay runs any more.
        self.ended = asyncio.Event()
        self.wanted = True
        self.received_at = time.monotonic()
        self._over = asyncio.Event()
        self._reason: TakeEnd | None = None
        self._trouble = ""
        self._address = f"rtmp://127.0.0.1:{port}/{APPLICATION}/{name}"
        self._run = run
        self._drop = drop
        self._now = state.Now(take=take.number)
        self._meter = _Meter()
        self._keys = probe.KeyFrames()
        self._adapter = registry.adapter_of(take)
        self._pump: Pump | None = None
        self._converts = False

    @property
    def is_over(self) -> bool:
        """The publisher is gone or sent away."""
        return self._over.is_set()

    # --- what others tell ------------------------------------------------------------------------
    def publisher_gone(self, *, said_goodbye: bool) -> None:
        """The connection at nginx has ended, in good order or not."""
        self._finish(TakeEnd.STOPPED if said_goodbye else TakeEnd.DROPPED)

    def stop(self, reason: TakeEnd, trouble: str = "") -> None:
        """Send the publisher away."""
        self._finish(reason, trouble)
        self.wanted = False

    def observed(self, incoming: Incoming | None) -> None:
        """What nginx counted of this publisher, every second."""
        now = time.monotonic()
        if incoming is not None and self._meter.count(incoming.bytes, now):
            self.received_at = now
        if incoming is not None:
            self._now.width = incoming.width or self._now.width
            self._now.height = incoming.height or self._now.height
            self._now.frame_rate = incoming.frame_rate or self._now.frame_rate
        self._now.kbits = round(self._meter.kbits)
        # Without bytes it is the line that is slow, not the key frames.
        gap = self._keys.gap_s
        if self._meter.since is not None and self._meter.kbits > 0:
            gap = max(gap, self._keys.waiting_s(now, self._meter.since))
        self._now.warning = probe.warning(gap_s=gap, kbits=self._meter.kbits)
        if self._pump is None and now - (self._meter.since or now) > _PICTURE_S:
            self.stop(TakeEnd.BROKEN, probe.no_picture())
        if now - self.received_at > SILENT_S:
            self.stop(TakeEnd.DROPPED, self._now.warning)
        # Last: on a full disk it fails.
        if not self._over.is_set():
            state.tell(self.session, self._now)

    def _finish(self, reason: TakeEnd, trouble: str = "") -> None:
        if self._reason is None:
            self._reason, self._trouble = reason, trouble
        self._over.set()

    # --- the work --------------------------------------------------------------------------------
    async def run(self) -> None:
        beside = [asyncio.create_task(self._beat()), asyncio.create_task(self._announce())]
        try:
            await self._receive()
        except probe.UnplayableError as error:
            self.stop(TakeEnd.BROKEN, str(error))
        except Overflow:
            self.stop(TakeEnd.BROKEN, _("More arrives than this server can handle."))
        except (PackagingError, _FfmpegEndedError) as error:
            text = _("The picture could not be read: {words}")
            self.stop(TakeEnd.BROKEN, text.format(words=error))
        except Exception:
            log.exception("the relay of take %s failed", self.take.public_id)
            self.stop(TakeEnd.BROKEN, _("The server has an error; its log tells more."))
        finally:
            for task in beside:
                task.cancel()
            await asyncio.gather(*beside, return_exceptions=True)
            await self._end()

    async def _end(self) -> None:
        """Close what is open, then end the take; each step whatever became of the one before."""
        if self._reason == TakeEnd.BROKEN:
            log.warning("take %s of %s: %s", self.take.number, self.session, self._trouble)
        await _tried(self._drop())
        if self._pump is not None:
            await _tried(self._pump.close())
        await _tried(
            _database(self._adapter.down)(
                take=self.take,
                reason=self._reason or TakeEnd.DROPPED,
                last_at=self._last_at(),
                trouble=self._trouble or self._now.warning,
            )
        )
        await _tried(asyncio.to_thread(state.forget, self.session))
        self.ended.set()

    def _last_at(self) -> datetime | None:
        return self._pump.last_at if self._pump is not None else None

    async def _beat(self) -> None:
        while not self._over.is_set():
            try:
                if not await _database(takes.beat)(take=self.take, last_at=self._last_at()):
                    # Ended elsewhere, which has said why.
                    self.stop(TakeEnd.REVOKED)
                    return
            except Exception:
                log.exception("take %s could not be kept alive", self.take.public_id)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._over.wait(), takes.BEAT_S)

    async def _receive(self) -> None:
        try:
            await self._from_ffmpeg()
        except _ConvertSoundError:
            self._converts = True
            await self._from_ffmpeg()

    async def _from_ffmpeg(self) -> None:
        process = await asyncio.create_subprocess_exec(
            *_arguments(self._address, converts=self._converts),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=children.environment(self._run),
            preexec_fn=children.tied_to_us(),
        )
        assert process.stdout is not None  # noqa: S101 - asked for just above
        said = _Said(process)
        ending = asyncio.create_task(self._end_in_time(process))
        try:
            while self.wanted and (chunk := await process.stdout.read(_CHUNK)):
                await self._take_in(chunk, said)
        finally:
            ending.cancel()
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
            await said.close()
        if not await self._publisher_is_gone():
            raise _FfmpegEndedError(self._why_ended(said))

    async def _end_in_time(self, process: Process) -> None:
        """Once it is over, let ffmpeg say the rest if that is wanted, and end it."""
        await self._over.wait()
        if self.wanted:
            await asyncio.sleep(_DRAIN_S)
        with contextlib.suppress(ProcessLookupError):
            process.kill()

    async def _publisher_is_gone(self) -> bool:
        """Wait: ffmpeg hears of the end a moment before the callback tells of it."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._over.wait(), 1.0)
        return self._over.is_set()

    def _why_ended(self, said: _Said) -> str:
        found = said.description()
        if self._pump is None and not found.video and found.audio:
            probe.require_playable(found)
        return said.last_words()

    async def _take_in(self, chunk: bytes, said: _Said) -> None:
        if self._pump is None:
            await said.described()
            found = said.description()
            probe.require_playable(found)
            if found.audio not in {"", "aac"} and not self._converts:
                raise _ConvertSoundError
            self._now.width, self._now.height = found.width, found.height
            self._now.frame_rate = found.frame_rate
            self._pump = Pump(
                folders.session_folder(self.session),
                self.take.number,
                mime=MIME,
                segment_s=float(self.take.session.segment_s),
            )
        self.received_at = time.monotonic()
        self._keys.feed(chunk, self.received_at)
        await self._pump.put(chunk)

    async def _announce(self) -> None:
        """Put the session on air as soon as viewers can play it."""
        is_up: bool | None = None
        while is_up is None:
            await asyncio.sleep(_LOOK_S)
            first_at = self._pump.first_at if self._pump is not None and self._pump.up else None
            if first_at is not None:
                is_up = await self._tell_up(first_at)
        if not is_up:
            self.stop(TakeEnd.REVOKED)

    async def _tell_up(self, first_at: datetime) -> bool | None:
        """Whether the take is on air; ``None``: the database did not answer, ask again."""
        try:
            return await _database(self._adapter.up)(take=self.take, first_at=first_at)
        except DomainError:
            return False
        except Exception:
            log.exception("take %s could not go on air", self.take.public_id)
            await asyncio.sleep(takes.BEAT_S)
            return None


class _Meter:
    """Bits per second over the last few counts."""

    def __init__(self) -> None:
        self.since: float | None = None
        self._counts: deque[tuple[float, int]] = deque(maxlen=6)

    def count(self, total: int, now: float) -> bool:
        """Whether anything arrived since the last count."""
        more = total > (self._counts[-1][1] if self._counts else 0)
        if self._counts and total < self._counts[-1][1]:
            self._counts.clear()  # nginx began to count anew
        self._counts.append((now, total))
        if more and self.since is None:
            self.since = now
        return more

    @property
    def kbits(self) -> float:
        if len(self._counts) < 2:
            return 0.0
        (began, first), (ended, last) = self._counts[0], self._counts[-1]
        return (last - first) * 8 / 1000 / max(ended - began, 0.001)


class _Said:
    """What ffmpeg says: its input's description, and its last words."""

    def __init__(self, process: Process) -> None:
        self._input: list[str] = []
        self._last: deque[str] = deque(maxlen=3)
        self._has_described = asyncio.Event()
        self._reading = asyncio.create_task(self._read(process))

    async def _read(self, process: Process) -> None:
        assert process.stderr is not None  # noqa: S101 - asked for where it was started
        while line := await process.stderr.readline():
            text = line.decode(errors="replace").rstrip()
            if text.startswith("Stream mapping:"):
                self._has_described.set()
            elif not self._has_described.is_set():
                self._input.append(text)
            if text.strip():
                self._last.append(text.strip())
        self._has_described.set()

    async def described(self) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._has_described.wait(), _DESCRIBED_S)

    def description(self) -> probe.Description:
        return probe.describe(self._input)

    def last_words(self) -> str:
        return " / ".join(self._last)[-200:]

    async def close(self) -> None:
        self._reading.cancel()
        await asyncio.gather(self._reading, return_exceptions=True)


def _arguments(address: str, *, converts: bool) -> list[str]:
    sound = ("aac", "-b:a", "96k", "-ac", "2") if converts else ("copy",)
    return [
        *(imageio_ffmpeg.get_ffmpeg_exe(), "-hide_banner", "-loglevel", "info", "-nostats"),
        *("-nostdin", "-rw_timeout", str(_PATIENCE_US)),
        *("-analyzeduration", str(ffmpeg.PROBE_US), "-probesize", str(ffmpeg.PROBE_BYTES)),
        *("-i", address, "-map", "0:v:0", "-map", "0:a:0?", "-c:v", "copy", "-c:a", *sound),
        *ffmpeg.OUTPUT,
    ]


def _database(call: Callable[..., T]) -> Callable[..., Coroutine[Any, Any, T]]:
    return database_sync_to_async(call)


async def _tried(step: Coroutine[Any, Any, Any]) -> None:
    try:
        await step
    except Exception:
        log.exception("a step of ending a take failed")
