"""From the bytes of one broadcast to HLS on disk."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from livestream.media.packaging.arrivals import Arrivals
from livestream.media.packaging.clock import ProgrammeClock
from livestream.media.packaging.errors import NotMediaError, PackagingError
from livestream.media.packaging.files import end_earlier, is_cut, make_folder, write_file
from livestream.media.packaging.fragments import Fragment, FragmentReader, Init, Run
from livestream.media.packaging.lists import LiveList, TakeList
from livestream.media.packaging.pace import JUMP, Pace
from livestream.media.packaging.playlists import Segment, Variant, moment, multivariant, rounded
from livestream.media.packaging.sound import sound_fragment, sound_init, sound_size

#: A segment may end this much of its length early: key frames come a frame too soon or too late.
EARLY = 0.1
#: Media seconds between what was expected and what came that are a jump, forward and back.
GAP, OVERLAP = 1.0, 0.25
#: No key frame for so long, or in so many bytes: nothing can be cut.
LONGEST_S, LARGEST = 30.0, 64 << 20
#: Seconds that sound and picture may lie apart: a microphone that comes back brings its silence.
APART = 60.0
#: Announced above what was measured: the next segment may be larger.
HEADROOM = 1.1


@dataclass(slots=True)
class _Open:
    """A segment being collected; times are media seconds, of picture and of sound."""

    begins: float
    ends: float
    discontinuity: bool
    picture: list[bytes] = field(default_factory=list)
    sound: list[bytes] = field(default_factory=list)
    sound_begins: float | None = None
    sound_ends: float = 0.0
    size: int = 0

    def require_room(self, fragment: Fragment) -> None:
        """Count a fragment before anything is made of it. Raises NotMediaError."""
        self.size += len(fragment.data) + sound_size(fragment)
        if fragment.picture is not None:
            self.ends = fragment.picture.ends
        if self.size > LARGEST or self.ends - self.begins > LONGEST_S:
            raise NotMediaError(f"no key frame for {self.ends - self.begins:.0f} seconds")

    def add(self, fragment: Fragment, sound: bytes) -> None:
        self.picture.append(fragment.data)
        if fragment.sound is not None:
            self.sound.append(sound)
            self.sound_ends = fragment.sound.ends
            if self.sound_begins is None:
                self.sound_begins = fragment.sound.begins


class _Rate:
    """Bits per second of one variant."""

    def __init__(self) -> None:
        self.peak = 0
        self._bits = 0
        self._seconds = 0.0

    def add(self, size: int, seconds: float) -> None:
        self._bits += size * 8
        self._seconds += seconds
        self.peak = max(self.peak, round(size * 8 / max(seconds, 0.1)))

    @property
    def average(self) -> int:
        return round(self._bits / max(self._seconds, 0.1))


class Packager:
    """One take: fragmented MP4 in, HLS in ``folder`` out (see ``livestream.media.folders``).

    ``segment_s`` is the least length of a segment; it ends before a fragment that begins with a
    key frame. Where every fragment has begun with one so far, the next is expected to: a segment
    is listed with the fragment that completes it, not with the one after. The rare publisher of
    whom that turns out wrong loses what it sends up to its next key frame, once.

    ``arrivals`` says when things arrived where that is known better than by this input (it comes
    out of ffmpeg): then the times given to :meth:`feed` are not used.

    To be called from one thread at a time. After an exception only :meth:`finish` is of use.
    """

    def __init__(
        self, folder: Path, take: int, *, segment_s: float, arrivals: Arrivals | None = None
    ) -> None:
        self.first_at: datetime | None = None
        self.last_at: datetime | None = None
        self.segments = 0
        #: When the publisher says that its recording began (Unix seconds); before the first feed.
        self.began: float | None = None
        self._session = folder
        self._folder = folder / f"t{take}"
        self._least = segment_s * (1 - EARLY)
        self._reader = FragmentReader()
        self._arrivals = arrivals
        self._clock = ProgrammeClock()
        self._pace = Pace()
        self._offset: float | None = None  # from the publisher's timeline to this one's
        target = max(1, rounded(segment_s))
        self._lists = {kind: TakeList(self._folder / f"{kind}.m3u8", target) for kind in "va"}
        self._live = {
            "v": LiveList(folder / "video.m3u8", take, target),
            "a": LiveList(folder / "audio.m3u8", take, target),
        }
        self._rates = {"v": _Rate(), "a": _Rate()}
        self._announced = 0
        self._sequence = 0
        self._open: _Open | None = None
        self._expected: float | None = None
        self._began: float | None = None
        self._jumped = False
        self._whole_groups = True
        self._broken = False
        self._take = take

    @property
    def up(self) -> bool:
        """Whether the live playlist lists a segment of this take."""
        return self.segments > 0

    def feed(self, chunk: bytes, arrived: float) -> None:
        """Take the next bytes, which had all arrived at ``arrived`` (Unix seconds).

        Raises NotMediaError when they cannot be sent on, PackagingError when they cannot be kept.
        """
        try:
            for found in self._reader.feed(chunk):
                if isinstance(found, Init):
                    self._begin(found)
                else:
                    self._add(found, arrived)
        except NotMediaError:
            raise
        except PackagingError:
            self._broken = True
            raise

    def finish(self) -> None:
        """Write what is left and end the take's lists. Raises PackagingError; harmless twice."""
        if not self._broken:
            self._close(None)
        if self.first_at is not None:
            for playlist in self._lists.values():
                playlist.end()
        else:
            with suppress(OSError):
                for file in self._folder.iterdir():
                    file.unlink()
                self._folder.rmdir()

    # --- the parts of a broadcast ------------------------------------------------------------
    def _begin(self, init: Init) -> None:
        if (self._folder / "v.m3u8").exists():
            raise PackagingError("this take was recorded before")
        make_folder(self._folder)
        end_earlier(self._session, self._take)
        write_file(self._folder / "v-init.mp4", init.data)
        if init.sound is not None:
            write_file(self._folder / "a-init.mp4", sound_init(init))

    def _add(self, fragment: Fragment, arrived: float) -> None:
        run = fragment.picture
        self._require_together(fragment)
        self._pace.spend(0.0 if run is None else self._lasts(run), arrived)
        if run is None:
            if self._open is not None:
                self._collect(self._open, fragment)
            return
        if not self._continues(run):
            self._close(None)
            self._jumped = self._jumped or self.segments > 0
            self._began = None
            self._clock.restart()
            for playlist in self._lists.values():
                playlist.settle()
        self._observe(run, arrived)
        self._expected = run.ends
        if run.key:
            self._settle(run.begins)
            if self._open is not None and run.begins - self._open.begins >= self._least:
                self._close(fragment)
        else:
            self._whole_groups = False
        if self._open is None:
            if not run.key:
                return
            self._open = _Open(run.begins, run.ends, self._jumped)
            self._jumped = False
        self._collect(self._open, fragment)
        if self._is_whole(fragment) and run.ends - self._open.begins >= self._least:
            self._close(None)

    def _is_whole(self, fragment: Fragment) -> bool:
        """Whether a segment may end with this fragment: the next begins with a key frame, and no
        sound of it is to come in a fragment of its own.
        """
        init = self._reader.init
        return self._whole_groups and (
            fragment.sound is not None or init is None or init.sound is None
        )

    def _observe(self, run: Run, arrived: float) -> None:
        """Keep the clock; the first picture here is the first picture that was sent."""
        if self._offset is None and self._arrivals is not None and self._arrivals.first is not None:
            self._offset = run.begins - self._arrivals.first
        if self._offset is None:
            if self.began is not None:
                self._clock.begin(run.begins, self.began)
                self.began = None
            self._clock.observe(run.ends, arrived)

    def _programme_time(self, media: float) -> datetime:
        if self._offset is None or self._arrivals is None:
            return moment(self._clock.at(media))
        return moment(self._arrivals.clock.at(media - self._offset))

    def _continues(self, run: Run) -> bool:
        """Whether a fragment follows the one before on the media timeline."""
        if self._expected is None:
            return True
        return -OVERLAP <= run.begins - self._expected <= GAP

    def _require_together(self, fragment: Fragment) -> None:
        """Refuse sound of another time: its segments would last for years, or less than nothing."""
        at = self._expected if fragment.picture is None else fragment.picture.begins
        sound = fragment.sound
        if sound is not None and at is not None and abs(sound.begins - at) > APART:
            raise NotMediaError("sound and picture are of different times")

    def _lasts(self, run: Run) -> float:
        """Seconds by which a fragment moves the media timeline on, and what a jump counts."""
        if self._expected is None or not self._continues(run):
            return run.ends - run.begins + JUMP
        return run.ends - min(run.begins, self._expected)

    def _settle(self, begins: float) -> None:
        """The segment listed last ends where this one begins."""
        if self._began is not None and self._open is None:
            self._lists["v"].correct_last(begins - self._began)
        if self._open is None:
            self._began = None

    def _collect(self, segment: _Open, fragment: Fragment) -> None:
        segment.require_room(fragment)
        self._sequence += 1
        segment.add(fragment, sound_fragment(fragment, self._sequence))

    def _close(self, following: Fragment | None) -> None:
        """Write the collected segment, if any, and list it; nothing more of a take that is cut."""
        segment, self._open = self._open, None
        if segment is None or is_cut(self._folder):
            return
        ends, sound_ends = segment.ends, segment.sound_ends
        if following is not None and following.picture is not None:
            ends = following.picture.begins
            if following.sound is not None:
                sound_ends = following.sound.begins
        jumped = segment.discontinuity
        self._write("v", segment.picture, (segment.begins, ends), discontinuity=jumped)
        if segment.sound_begins is not None:
            times = segment.sound_begins, sound_ends
            self._write("a", segment.sound, times, discontinuity=jumped)
        self.segments += 1
        self._began = segment.begins
        self._announce()

    def _write(
        self, kind: str, data: list[bytes], times: tuple[float, float], *, discontinuity: bool
    ) -> None:
        begins, ends = times
        name = f"{kind}{self.segments + 1:05d}.m4s"
        whole = b"".join(data)
        duration = max(ends - begins, 0.001)
        at = self._programme_time(begins)
        segment = Segment(name, duration, at, f"{kind}-init.mp4", discontinuity)
        write_file(self._folder / name, whole)
        self._lists[kind].date(self._programme_time)
        self._lists[kind].append(segment, begins)
        self._live[kind].append(segment)
        self._rates[kind].add(len(whole), duration)
        if kind == "v":
            self.first_at = self._lists[kind].first_at
            self.last_at = moment(segment.ends)

    def _announce(self) -> None:
        """Write the list of variants: at first, and when a segment needs more than it says."""
        peak = self._rates["v"].peak
        if peak <= self._announced:
            return
        self._announced = round(peak * HEADROOM)
        init = self._reader.init
        assert init is not None  # noqa: S101 - there was a segment
        codecs, sounds = init.picture.codec, self._rates["a"]
        variants = []
        if init.sound is not None and sounds.peak:
            codecs = f"{codecs},{init.sound.codec}"
            peak = round(sounds.peak * HEADROOM)
            variants = [Variant("audio", "audio.m3u8", init.sound.codec, peak, sounds.average)]
        size = (init.picture.width, init.picture.height)
        average = self._rates["v"].average
        variants.insert(0, Variant("video", "video.m3u8", codecs, self._announced, average, size))
        write_file(self._session / "live.m3u8", multivariant(variants))
