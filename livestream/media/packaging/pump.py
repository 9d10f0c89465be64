"""Between a socket and the packager: a bounded queue, a worker, and ffmpeg where it is needed."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from livestream.media.packaging.arrivals import Arrivals
from livestream.media.packaging.errors import (
    FfmpegDied,
    NotMediaError,
    Overflow,
    PackagingError,
)
from livestream.media.packaging.ffmpeg import Ffmpeg, arguments
from livestream.media.packaging.packager import Packager
from livestream.media.packaging.routes import Route, route_of

#: What may wait: several seconds of a good picture, and no more pieces than a second's flood.
MOST_BYTES, MOST_PIECES = 32 << 20, 512
#: Seconds a piece waits for room before it is refused.
PATIENCE = 5.0
#: Seconds ffmpeg gets at the end to convert what waits.
CLOSING = 2.0
#: Seconds in which the first picture has to be understood.
FIRST_PICTURE = 20.0

#: Writing to disk blocks; a feed takes milliseconds, so a few threads serve every publisher.
_workers = ThreadPoolExecutor(max_workers=4, thread_name_prefix="packaging")


class Pump:
    """One publishing connection (see :class:`Packager` for what it leaves on disk).

    ``trouble`` is set, and :meth:`broken` returns, as soon as something ends it from inside:
    NotMediaError, FfmpegDied or another PackagingError; :meth:`put` then raises it too. Always
    :meth:`close` it: what was understood is written and listed, and no process is left.

    Raises NotMediaError when ``mime`` is nothing that can be broadcast.
    """

    def __init__(self, folder: Path, take: int, *, mime: str, segment_s: float) -> None:
        self._route, self._demuxer = route_of(mime)
        self._arrivals = None if self._route is Route.AS_IS else Arrivals(self._demuxer)
        self._packager = Packager(folder, take, segment_s=segment_s, arrivals=self._arrivals)
        self._waiting: deque[tuple[bytes, float]] = deque()
        self._bytes = 0
        self._changed = asyncio.Condition()
        self._ended = False
        self._finished = False
        self._broken = asyncio.Event()
        self._ffmpeg: Ffmpeg | None = None
        self._work: asyncio.Task[None] | None = None
        self._first_put = 0.0
        self.trouble: PackagingError | None = None

    # --- what the packager says ----------------------------------------------------------------
    @property
    def up(self) -> bool:
        """Whether viewers can play it: the live playlist lists a segment."""
        return self._packager.up

    @property
    def first_at(self) -> datetime | None:
        """Programme time of the first picture."""
        return self._packager.first_at

    @property
    def last_at(self) -> datetime | None:
        """Programme time at which the last listed segment ends."""
        return self._packager.last_at

    @property
    def segments(self) -> int:
        """How many segments are listed."""
        return self._packager.segments

    @property
    def last_lines(self) -> str:
        """What ffmpeg said last, for staff; empty without one."""
        return self._ffmpeg.last_lines if self._ffmpeg else ""

    @property
    def process(self) -> int | None:
        """The process id of its ffmpeg, if it has one."""
        return self._ffmpeg.pid if self._ffmpeg else None

    # --- for the connection --------------------------------------------------------------------
    def began(self) -> None:
        """The publisher says that its recording begins now: before the first :meth:`put`."""
        if self._work is None:
            self._packager.began = time.time()
            if self._arrivals is not None:
                self._arrivals.began = self._packager.began

    async def put(self, chunk: bytes) -> None:
        """Take the next bytes; waits for room up to ``PATIENCE`` seconds.

        Raises Overflow when there is none, or what broke the pump.
        """
        arrived = time.time()
        if self.trouble is not None:
            raise self.trouble
        if self._ended:
            raise PackagingError("the connection has ended")
        if len(chunk) > MOST_BYTES:
            raise Overflow("a piece that is too large")
        if self._work is None:
            self._first_put = arrived
            self._work = asyncio.create_task(self._run())
        try:
            async with asyncio.timeout(PATIENCE), self._changed:
                await self._changed.wait_for(lambda: self._has_room(chunk) or self.trouble)
                if self.trouble is not None:
                    raise self.trouble
                self._waiting.append((chunk, arrived))
                self._bytes += len(chunk)
                self._changed.notify_all()
        except TimeoutError:
            raise Overflow("more arrives than can be handled") from None

    def _has_room(self, chunk: bytes) -> bool:
        return self._bytes + len(chunk) <= MOST_BYTES and len(self._waiting) < MOST_PIECES

    async def broken(self) -> PackagingError:
        """Wait until something ends the pump from inside; what it was."""
        await self._broken.wait()
        assert self.trouble is not None  # noqa: S101 - set with the event
        return self.trouble

    async def close(self) -> None:
        """Handle what waits, write the last segment, end the lists and ffmpeg. Harmless twice.

        An ffmpeg that does not finish is ended by force within three seconds. Raises nothing:
        see ``trouble``.
        """
        async with self._changed:
            self._ended = True
            self._changed.notify_all()
        if self._work is not None:
            _done, busy = await asyncio.wait({self._work}, timeout=CLOSING)
            if busy and self._ffmpeg is not None:
                await self._ffmpeg.stop()
            await asyncio.wait({self._work})
        if not self._finished:
            self._finished = True
            try:
                await self._in_thread(self._packager.finish)
            except PackagingError as error:
                self._break(error)

    # --- inside --------------------------------------------------------------------------------
    async def _run(self) -> None:
        try:
            if self._route is Route.AS_IS:
                await self._run_plain()
            else:
                await self._run_ffmpeg()
        except PackagingError as error:
            self._break(error)
        except Exception as error:  # noqa: BLE001 - whatever it is, the publisher has to know
            self._break(PackagingError(f"packaging failed: {type(error).__name__}"))
        finally:
            if self._ffmpeg is not None:
                await self._ffmpeg.stop()
            async with self._changed:
                self._waiting.clear()
                self._bytes = 0
                self._changed.notify_all()

    def _break(self, error: PackagingError) -> None:
        if self.trouble is None:
            self.trouble = error
            self._broken.set()

    async def _next(self) -> tuple[bytes, float] | None:
        """The oldest piece; None when the connection ended and all is handled."""
        async with self._changed:
            await self._changed.wait_for(lambda: self._waiting or self._ended)
            if not self._waiting:
                return None
            chunk, arrived = self._waiting.popleft()
            self._bytes -= len(chunk)
            self._changed.notify_all()
            return chunk, arrived

    async def _in_thread(self, call: object, *arguments: object) -> None:
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(_workers, call, *arguments)  # type: ignore[arg-type]

    async def _feed(self, chunk: bytes, arrived: float) -> None:
        await self._in_thread(self._packager.feed, chunk, arrived)
        if not self.up and arrived - self._first_put > FIRST_PICTURE:
            raise NotMediaError("no picture in what was sent")

    async def _run_plain(self) -> None:
        while (piece := await self._next()) is not None:
            await self._feed(*piece)

    async def _run_ffmpeg(self) -> None:
        ffmpeg = self._ffmpeg = await Ffmpeg.start(arguments(self._route, self._demuxer))
        writing = asyncio.create_task(self._write_to(ffmpeg))
        try:
            while output := await self._output(ffmpeg):
                await self._feed(output, time.time())
            await self._judge_end(ffmpeg)
        finally:
            writing.cancel()
            with suppress(asyncio.CancelledError, FfmpegDied):
                await writing

    async def _output(self, ffmpeg: Ffmpeg) -> bytes:
        """Output of ffmpeg, which has to say something in time until there is a picture."""
        if self.up or self._ended:
            return await ffmpeg.read()
        try:
            return await asyncio.wait_for(ffmpeg.read(), FIRST_PICTURE)
        except TimeoutError:
            raise NotMediaError("no picture in what was sent") from None

    async def _write_to(self, ffmpeg: Ffmpeg) -> None:
        with suppress(FfmpegDied):  # its output ends too, and that is judged
            while (piece := await self._next()) is not None:
                if self._arrivals is not None:
                    await self._in_thread(self._arrivals.feed, *piece)
                await ffmpeg.write(piece[0])
            ffmpeg.end_input()

    async def _judge_end(self, ffmpeg: Ffmpeg) -> None:
        """The output ended: with the input, or by itself?"""
        code = await ffmpeg.code()
        if self._ended and (code <= 0 or self.up):
            return
        if code > 0 and not self.up:
            raise NotMediaError(f"ffmpeg cannot read it: {ffmpeg.last_lines}")
        raise FfmpegDied(f"ffmpeg ended with {code}: {ffmpeg.last_lines}")
