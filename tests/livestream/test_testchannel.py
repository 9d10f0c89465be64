"""The test channel: one minute made once, a playlist that never lies about the time."""

from __future__ import annotations

import itertools
import subprocess
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import imageio_ffmpeg
import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.test import Client
from hypothesis import given
from hypothesis import settings as trials
from hypothesis import strategies as st
from PIL import Image, ImageFont

from livestream.media import testcard, testchannel
from livestream.media.testchannel import Channel, ChannelError, live_playlist

CHANNEL = Channel(folder=Path("/nowhere"), version="abc")
MOMENTS = st.datetimes(
    min_value=datetime(2026, 1, 1), max_value=datetime(2036, 1, 1), timezones=st.just(UTC)
)


@pytest.fixture(scope="session")
def made(channel_dir: Path) -> Path:
    """An installation's folder with a real test channel in it."""
    return channel_dir


@pytest.fixture
def channel(made: Path, settings: Any) -> Channel:
    settings.VAR_DIR = made
    found = testchannel.load()
    assert found is not None
    return found


class Playlist:
    """A playlist read as a player reads it: numbers, discontinuities and times by segment."""

    def __init__(self, text: str) -> None:
        self.segments: dict[int, tuple[int, datetime, int]] = {}
        number = turn = 0
        at = datetime.min.replace(tzinfo=UTC)
        for line in text.splitlines():
            name, _, value = line.partition(":")
            if name == "#EXT-X-MEDIA-SEQUENCE":
                number = int(value)
            elif name == "#EXT-X-DISCONTINUITY-SEQUENCE":
                turn = int(value)
            elif name == "#EXT-X-DISCONTINUITY":
                turn += 1
            elif name == "#EXT-X-PROGRAM-DATE-TIME":
                at = datetime.fromisoformat(value)
            elif not line.startswith("#"):
                file = int(line.rsplit("/", 1)[1].removesuffix(".ts"))
                self.segments[number] = (turn, at, file)
                number += 1


@trials(deadline=None)
@given(MOMENTS, st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=2)))
def test_every_segment_shows_the_second_it_claims(since: datetime, passed: timedelta) -> None:
    now = since + passed
    listed = Playlist(live_playlist(CHANNEL, now=now, since=since)).segments
    assert testchannel.LEAD_IN <= len(listed) <= testchannel.WINDOW
    for _, at, file in listed.values():
        assert at.second == file * 2
    ends = [at + timedelta(seconds=2) for _, at, _ in listed.values()]
    assert timedelta(0) <= now - ends[-1] < timedelta(seconds=2)


@trials(deadline=None)
@given(
    MOMENTS, st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=1)), st.integers(1, 90)
)
def test_a_segment_keeps_its_numbers_and_wraps_are_discontinuities(
    since: datetime, passed: timedelta, later_s: int
) -> None:
    now = since + passed
    one = Playlist(live_playlist(CHANNEL, now=now, since=since)).segments
    two = Playlist(
        live_playlist(CHANNEL, now=now + timedelta(seconds=later_s), since=since)
    ).segments
    for number in one.keys() & two.keys():
        assert one[number] == two[number]
    for (_, before), (_, after) in itertools.pairwise(sorted({**one, **two}.items())):
        if after[1] - before[1] == timedelta(seconds=2):
            assert (after[0] - before[0] == 1) == (after[2] == 0)
    assert min(one) < 50_000
    assert min(turn for turn, _, _ in one.values()) <= 1_441


# --- made for real ----------------------------------------------------------------------------------


def frame_number(segment: Path) -> int:
    """The number drawn into the first frame of a segment."""
    raw = subprocess.run(
        [imageio_ffmpeg.get_ffmpeg_exe(), "-loglevel", "error", "-i", str(segment)]
        + ["-frames:v", "1", "-f", "rawvideo", "-pix_fmt", "rgb24", "-"],
        capture_output=True,
        check=True,
    ).stdout
    picture = Image.frombytes("RGB", (testcard.WIDTH, testcard.HEIGHT), raw)
    number = 0
    for left, top, right, bottom in testcard.mark_boxes():
        pixel = picture.getpixel(((left + right) // 2, (top + bottom) // 2))
        assert isinstance(pixel, tuple)
        number = number * 2 + (pixel[0] > 160)
    return number


def test_each_file_begins_with_the_frame_of_its_second(channel: Channel) -> None:
    files = sorted(channel.folder.glob("*.ts"))
    assert len(files) == testchannel.SEGMENTS
    for number in (0, 13, 29):
        assert frame_number(files[number]) == number * 2 * testcard.FRAME_RATE
    assert sum(file.stat().st_size for file in files) < 3_000_000
    leftovers = {path.name for path in channel.folder.parent.iterdir()}
    assert leftovers == {"testchannel"}


def test_playlist_and_segments_over_http(channel: Channel, client: Client) -> None:
    now = datetime(2026, 12, 3, 6, 0, 31, tzinfo=UTC)
    with time_machine.travel(now, tick=False):
        answer = client.get(testchannel.playlist_url(since=now - timedelta(minutes=5)))
    assert answer["Content-Type"] == "application/vnd.apple.mpegurl"
    assert answer["Cache-Control"] == "public, max-age=1"
    lines = answer.content.decode().splitlines()
    assert "#EXT-X-TARGETDURATION:2" in lines
    first = next(line for line in lines if not line.startswith("#"))
    segment = client.get(first)
    assert segment["Content-Type"] == "video/mp2t"
    assert segment["Cache-Control"] == "public, max-age=86400, immutable"
    assert segment.content[0] == 0x47
    for wrong in (f"/media/testchannel/{channel.version}/30.ts", "/media/testchannel/old/0.ts"):
        assert client.get(wrong).status_code == 404
    assert client.post(first).status_code in {403, 405}


@pytest.mark.parametrize("since", ["", "?since=99999999999", "?since=1"])
def test_any_start_gives_a_playlist_whose_numbers_stay_small(
    channel: Channel, client: Client, since: str
) -> None:
    answer = client.get(f"/media/testchannel/live.m3u8{since}")
    assert min(Playlist(answer.content.decode()).segments) < 31 * 24 * 1800 + 10


@pytest.mark.parametrize("since", ["x", "-1", "１", "1" * 12, "1.5"])
def test_a_wrong_start_is_not_found(channel: Channel, client: Client, since: str) -> None:
    assert client.get("/media/testchannel/live.m3u8", {"since": since}).status_code == 404


def test_before_it_is_made_there_is_nothing(settings: Any, tmp_path: Path, client: Client) -> None:
    settings.VAR_DIR = tmp_path
    assert client.get("/media/testchannel/live.m3u8").status_code == 404


def test_the_command_makes_it_once(channel: Channel, monkeypatch: pytest.MonkeyPatch) -> None:
    def forbidden(*args: object) -> None:
        raise AssertionError("made twice")

    monkeypatch.setattr(testchannel, "_encode", forbidden)
    out = StringIO()
    call_command("make_test_channel", stdout=out)
    assert "present" in out.getvalue()


def test_the_command_replaces_it_when_forced(
    settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.VAR_DIR = tmp_path
    testchannel.folder().mkdir(parents=True)
    (testchannel.folder() / "old.ts").write_bytes(b"old")

    def encode(work: Path, progress: Any) -> None:
        for number in range(testchannel.SEGMENTS):
            (work / f"{number:02d}.ts").write_bytes(b"%d" % number)
        progress(15, 900)

    class Terminal(StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr(testchannel, "_encode", encode)
    out = Terminal()
    call_command("make_test_channel", "--force", stdout=out)
    assert "1 %" in out.getvalue()
    assert "made" in out.getvalue()
    assert not (testchannel.folder() / "old.ts").exists()
    assert testchannel.load() is not None


def test_a_failure_leaves_nothing_and_says_why(
    settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.VAR_DIR = tmp_path
    arguments = testchannel._ffmpeg_arguments(tmp_path)
    monkeypatch.setattr(
        testchannel, "_ffmpeg_arguments", lambda work: [arguments[0], "-no-such-option"]
    )
    with pytest.raises(CommandError, match="no-such-option"):
        call_command("make_test_channel")
    assert list((tmp_path / "media").iterdir()) == []
    monkeypatch.setattr(testchannel, "_encode", lambda work, progress: None)
    with pytest.raises(ChannelError, match="expected 30"):
        testchannel.make()


def test_without_a_chinese_font_the_card_is_latin(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(testcard, "_CJK_FONTS", ())
    assert testcard.background().size == (testcard.WIDTH, testcard.HEIGHT)
    assert isinstance(testcard._font(20), ImageFont.FreeTypeFont | ImageFont.ImageFont)
