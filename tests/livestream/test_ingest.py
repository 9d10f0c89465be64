"""The ingest socket through a real uvicorn with our protocol, and through daphne."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect as connect_sync
from websockets.typing import Origin

from livestream.enums import EventKind, KeyKind, SessionStatus, TakeEnd, VideoSource
from livestream.media.ingest import hello, limits, socket, tickets
from livestream.media.packaging import clock
from livestream.models import OnAirInterval, RoomEvent, Session, Take
from livestream.services import sessions, stream_keys, takes
from tests.factories import SessionCrewFactory, SessionFactory, actor
from tests.livestream.media.recordings import recording
from tests.livestream.test_uvicorn_protocol import Site, serving
from tests.support.live import LiveApp

pytestmark = pytest.mark.django_db(transaction=True)

AAC = "video/mp4;codecs=avc1,mp4a"
OPUS = "video/mp4;codecs=avc1,opus"


# --- a publisher ---------------------------------------------------------------------


class Crew:
    """A session that takes pictures, its operator, and a key."""

    def __init__(self) -> None:
        self.session: Session = SessionFactory(
            video_source=VideoSource.HOSTED, status=SessionStatus.SCHEDULED, segment_s=1
        )
        self.actor = actor(SessionCrewFactory(session=self.session).person)
        self.key = self.new_key()

    def new_key(self) -> str:
        issued = stream_keys.issue_key(actor=self.actor, session=self.session, kind=KeyKind.BROWSER)
        return issued.secret

    def takes(self) -> list[Take]:
        return list(Take.objects.filter(session=self.session).order_by("number"))

    def air(self) -> list[tuple[str, str]]:
        kinds = [EventKind.ON_AIR, EventKind.OFF_AIR]
        events = RoomEvent.objects.filter(session=self.session, kind__in=kinds).order_by("seq")
        return [(event.kind, event.refs.get("why", "")) for event in events]

    def open_intervals(self) -> int:
        return OnAirInterval.objects.filter(session=self.session, ends_at=None).count()


crew_async = sync_to_async(Crew)


class Publisher:
    """One socket to the ingest path, speaking its protocol."""

    def __init__(self, line: ClientConnection) -> None:
        self.line = line

    async def knock(self, key: str, mime: str = AAC) -> None:
        await self.line.send(json.dumps({"type": "hello", "key": key, "mime": mime}))

    async def hello(self, key: str, mime: str = AAC) -> dict[str, Any]:
        await self.knock(key, mime)
        return json.loads(await self.line.recv())

    async def play(self, pieces: list[bytes] | None = None) -> None:
        for piece in recording() if pieces is None else pieces:
            await self.line.send(piece)

    async def hear(self, kind: str) -> dict[str, Any]:
        async with asyncio.timeout(15):
            while True:
                frame = json.loads(await self.line.recv())
                if frame["type"] == kind:
                    return frame

    async def up(self, key: str, mime: str = AAC) -> dict[str, Any]:
        """Say hello and send a picture until the server says that viewers see it."""
        await self.hello(key, mime)
        await self.play(recording("aac" if mime == AAC else "libopus"))
        return await self.hear("live")

    async def code(self, timeout_s: float = 15) -> int:
        """The code the server closes with; its frames are passed over."""
        async with asyncio.timeout(timeout_s):
            try:
                while True:
                    await self.line.recv()
            except ConnectionClosed as closed:
                return closed.rcvd.code if closed.rcvd else 1006


@asynccontextmanager
async def publishers(settings: Any, tmp_path: Path) -> AsyncIterator[Any]:
    """``await connect_to(session)`` opens a socket to a running server."""
    settings.MEDIA_DIR = tmp_path
    async with serving() as site:

        async def connect_to(session: Session, **options: Any) -> Publisher:
            line = await open_line(site, session, **options)
            site.sockets.append(line)
            return Publisher(line)

        connect_to.site = site  # type: ignore[attr-defined]
        yield connect_to


async def open_line(
    site: Site, session: Session, *, query: str | None = None, **options: Any
) -> ClientConnection:
    path = tickets.address(session.public_id, "")
    if query is not None:
        path = path.partition("?")[0] + query
    own = {"origin": f"http://127.0.0.1:{site.port}", "compression": None, "max_size": None}
    address = f"ws://127.0.0.1:{site.port}{path}"
    return await connect(address, **{**own, **options})


async def eventually(holds: Any, what: str, timeout_s: float = 10) -> None:
    deadline = time.monotonic() + timeout_s
    ask = sync_to_async(holds)
    while not await ask():
        assert time.monotonic() < deadline, f"not within {timeout_s} s: {what}"
        await asyncio.sleep(0.05)


def ended(crew: Crew, *ends: str) -> Any:
    return lambda: [take.end for take in crew.takes()] == list(ends)


# --- hello ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "[]",
        "null",
        "{",
        "1" * 2000,
        '{"type":"hello","key":"short","mime":"video/mp4"}',
        '{"type":"hello","key":1,"mime":"video/mp4"}',
        '{"type":"hello","key":"' + "k" * 32 + '","mime":""}',
        '{"type":"hello","key":"' + "k" * 32 + '","mime":"video/mp4","more":1}',
        '{"type":"hello","key":"' + "k" * 32 + '","mime":"video/mp4; rm -rf"}',
        '{"type":"stop","key":"' + "k" * 32 + '","mime":"video/mp4"}',
        "[" * 1000,
    ],
)
def test_what_is_no_hello(text: str | None) -> None:
    with pytest.raises(hello.BadHelloError):
        hello.parse(text)


def test_what_browsers_record() -> None:
    for mime in [AAC, OPUS, "video/mp4", "video/x-matroska;codecs=avc1,opus"]:
        text = json.dumps({"type": "hello", "key": "k" * 32, "mime": mime})
        assert hello.parse(text) == hello.Hello("k" * 32, mime)
    assert hello.is_stop('{"type":"stop"}')
    assert not hello.is_stop('{"type":"stop","now":1}')
    assert not hello.is_stop("{")


async def test_who_is_not_let_in(settings: Any, tmp_path: Path) -> None:
    crew = await crew_async()
    other = await crew_async()
    async with publishers(settings, tmp_path) as to:
        with pytest.raises(InvalidStatus) as refused:
            await to(crew.session, origin="https://elsewhere.example")
        assert refused.value.response.status_code == 403
        for session, key in [
            (crew.session, "k" * 32),
            (crew.session, other.key),
        ]:
            one = await to(session)
            await one.knock(key)
            assert await one.code() == 4401
        garbage = await to(crew.session)
        await garbage.line.send(b"\x00" * 100)
        assert await garbage.code() == 4400
        format_ = await to(crew.session)
        await format_.knock(crew.key, "audio/ogg;codecs=opus")
        assert await format_.code() == 4415
    assert await sync_to_async(crew.takes)() != []
    assert await sync_to_async(crew.air)() == []


async def test_who_says_nothing(
    settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    crew = await crew_async()
    monkeypatch.setattr(socket, "SILENCE_S", 0.4)
    async with publishers(settings, tmp_path) as to:
        with monkeypatch.context() as impatient:
            impatient.setattr(socket, "HELLO_TIMEOUT_S", 0.2)
            mute = await to(crew.session)
            assert await mute.code() == 4408
        fades = await to(crew.session)
        await fades.up(crew.key)
        assert await fades.code() == 4408
    assert await sync_to_async(crew.air)() == [("on_air", ""), ("off_air", "drop")]


async def test_a_session_that_is_over(settings: Any, tmp_path: Path) -> None:
    crew = await crew_async()
    await Session.objects.filter(pk=crew.session.pk).aupdate(status=SessionStatus.ENDED)
    async with publishers(settings, tmp_path) as to:
        late = await to(crew.session)
        await late.knock(crew.key)
        assert await late.code() == 4410


# --- on air ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("mime", [AAC, OPUS])
async def test_live_and_stop(settings: Any, tmp_path: Path, mime: str) -> None:
    crew = await crew_async()
    async with publishers(settings, tmp_path) as to:
        host = await to(crew.session)
        live = await host.up(crew.key, mime)
        assert live["first_at"].endswith("+00:00")
        stats = await host.hear("stats")
        assert stats["kbps"] > 0
        assert {"segments", "present", "playing"} < stats.keys()
        assert await sync_to_async(crew.air)() == [("on_air", "")]
        await host.line.send('{"type":"stop"}')
        assert await host.code() == 1000
        await eventually(ended(crew, TakeEnd.STOPPED), "the take ends")
    [take] = await sync_to_async(crew.takes)()
    assert take.trouble == ""
    assert take.last_at > take.first_at
    assert await sync_to_async(crew.air)() == [("on_air", ""), ("off_air", "break")]
    assert await sync_to_async(crew.open_intervals)() == 0
    lists = (tmp_path / "hls" / crew.session.public_id.hex / "t1" / "v.m3u8").read_text()
    assert lists.count("#EXTINF") == 4
    assert lists.rstrip().endswith("#EXT-X-ENDLIST")


async def test_programme_time_begins_when_the_recording_did(
    settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "BELIEVED", 5.0)
    crew, pieces = await crew_async(), recording()
    async with publishers(settings, tmp_path) as to:
        host = await to(crew.session)
        await host.hello(crew.key)
        began = time.time()
        await host.line.send('{"type":"began"}')
        for some in (pieces[:2], pieces[2:3]):
            await asyncio.sleep(2)  # a second late: the way here
            await host.play(some)
        first = datetime.fromisoformat((await host.hear("live"))["first_at"]).timestamp()
        assert abs(first - began) < 0.5
        await host.line.send('{"type":"began"}')  # once, and before the first piece
        assert await host.code() == 4400


async def test_a_drop_and_back(settings: Any, tmp_path: Path) -> None:
    crew = await crew_async()
    async with publishers(settings, tmp_path) as to:
        host = await to(crew.session)
        await host.up(crew.key)
        host.line.transport.abort()
        await eventually(ended(crew, TakeEnd.DROPPED), "the loss is noticed", 5)
        again = await to(crew.session)
        await again.up(crew.key)
    assert [take.number for take in await sync_to_async(crew.takes)()] == [1, 2]
    assert (await sync_to_async(crew.air)())[:3] == [
        ("on_air", ""),
        ("off_air", "drop"),
        ("on_air", ""),
    ]


async def test_a_phone_that_comes_back_before_its_loss_is_noticed(
    settings: Any, tmp_path: Path
) -> None:
    crew = await crew_async()
    async with publishers(settings, tmp_path) as to:
        ghost = await to(crew.session)
        await ghost.up(crew.key)
        again = await to(crew.session)
        assert (await again.hello(crew.key))["take"] == 2
        await eventually(lambda: crew.takes()[0].end == TakeEnd.DROPPED, "the ghost makes way")
        assert await ghost.code() == 4410
        await again.play()
        await again.hear("live")


async def test_somebody_else_is_on_air(settings: Any, tmp_path: Path) -> None:
    crew = await crew_async()
    key = await sync_to_async(crew.new_key)()
    async with publishers(settings, tmp_path) as to:
        host = await to(crew.session)
        await host.up(crew.key)
        second = await to(crew.session)
        await second.knock(key)
        assert await second.code() == 4409
        await host.play([recording()[1]])
        assert await host.hear("stats")
        assert [take.end for take in await sync_to_async(crew.takes)()] == [""]


async def test_revoked_and_cut_on_air(settings: Any, tmp_path: Path) -> None:
    revoked, cut, over = [await crew_async() for _ in range(3)]
    async with publishers(settings, tmp_path) as to:
        lines = {}
        for crew in (revoked, cut, over):
            lines[crew] = await to(crew.session)
            await lines[crew].up(crew.key)
        began = time.monotonic()
        await sync_to_async(stream_keys.revoke_keys)(actor=revoked.actor, session=revoked.session)
        await sync_to_async(takes.cut)(actor=cut.actor, session=cut.session)
        await sync_to_async(sessions.end_session)(actor=over.actor, session=over.session)
        codes = await asyncio.gather(*(line.code() for line in lines.values()))
        assert codes == [4401, 4410, 4410]
        assert time.monotonic() - began < 5
        await eventually(ended(revoked, TakeEnd.REVOKED), "the take is over")
        with_old_key = await to(revoked.session)
        await with_old_key.knock(revoked.key)
        assert await with_old_key.code() == 4401
    assert [take.end for take in await sync_to_async(cut.takes)()] == [TakeEnd.CUT]
    assert [take.end for take in await sync_to_async(over.takes)()] == [TakeEnd.ENDED]


# --- what is not a picture, or too much -----------------------------------------------------------


async def test_garbage_ends_nobody_elses_picture(settings: Any, tmp_path: Path) -> None:
    good, bad, odd = [await crew_async() for _ in range(3)]
    async with publishers(settings, tmp_path) as to:
        host = await to(good.session)
        await host.up(good.key)
        one = await to(bad.session)
        await one.hello(bad.key)
        await one.play([b"\x13\x37" * 50_000])
        assert await one.code() == 4415
        two = await to(odd.session)
        await two.hello(odd.key)
        await two.line.send("what is this")
        assert await two.code() == 4400
        await host.play([recording()[1]])
        assert await host.hear("stats")
        await eventually(ended(bad, TakeEnd.BROKEN), "the take is over")
    assert [take.end for take in await sync_to_async(good.takes)()] == [TakeEnd.DROPPED]
    assert (await sync_to_async(bad.takes)())[0].trouble
    assert await sync_to_async(bad.air)() == []


async def test_too_much(settings: Any, tmp_path: Path) -> None:
    large, huge, fast = [await crew_async() for _ in range(3)]
    async with publishers(settings, tmp_path) as to:
        one = await to(large.session)
        await one.hello(large.key)
        await one.play([b"\x00" * (limits.MAX_CHUNK + 1)])
        assert await one.code() == 4413
        two = await to(huge.session)
        await two.hello(huge.key)
        # No more than the head of a frame of 50 MB: it is not waited for.
        two.line.transport.write(b"\x82\xff" + (50_000_000).to_bytes(8) + b"\x00" * 1000)
        assert await two.code(5) == 1009
        three = await to(fast.session)
        await three.hello(fast.key)
        await three.play([recording()[0]])
        with suppress(ConnectionClosed):
            await three.play([b"\x00\x2d\xc6\xc0free" + b"\x00" * 2_999_992] * 4)
        assert await three.code() == 4413
        await eventually(ended(fast, TakeEnd.BROKEN), "the take is over")
    assert [take.end for take in await sync_to_async(large.takes)()] == [TakeEnd.BROKEN]
    assert [take.end for take in await sync_to_async(huge.takes)()] == [TakeEnd.DROPPED]


async def test_a_process_takes_so_many_and_gives_their_places_back(
    settings: Any, tmp_path: Path
) -> None:
    settings.INGEST_MAX = 1
    first, second = await crew_async(), await crew_async()
    async with publishers(settings, tmp_path) as to:
        host = await to(first.session)
        await host.up(first.key)
        refused = await to(second.session)
        await refused.knock(second.key)
        assert await refused.code() == 4429
        assert await sync_to_async(second.takes)() == []
        await host.line.send('{"type":"stop"}')
        assert await host.code() == 1000
        await eventually(lambda: socket.PLACES.taken == 0, "the place is free")
        await (await to(second.session)).up(second.key)
    assert socket.PLACES.taken == 0
    assert socket.WAITING.taken == 0


async def test_twenty_at_once(settings: Any, tmp_path: Path) -> None:
    crews = [await crew_async() for _ in range(20)]
    async with publishers(settings, tmp_path) as to:
        lines = [await to(crew.session) for crew in crews]
        await asyncio.gather(*(line.up(crew.key) for line, crew in zip(lines, crews, strict=True)))
        for line in lines:
            await line.line.send('{"type":"stop"}')
        assert set(await asyncio.gather(*(line.code() for line in lines))) == {1000}
    ends = {take.end for crew in crews for take in await sync_to_async(crew.takes)()}
    assert ends == {TakeEnd.STOPPED}
    for crew in crews:
        folder = tmp_path / "hls" / crew.session.public_id.hex
        assert (folder / "live.m3u8").is_file()


# --- the server's own troubles --------------------------------------------------------------------


async def test_a_server_that_goes_down_says_when_to_come_back(
    settings: Any, tmp_path: Path
) -> None:
    crew = await crew_async()
    async with publishers(settings, tmp_path) as to:
        host = await to(crew.session)
        await host.up(crew.key)
        to.site.server.should_exit = True
        assert await host.code() == 1012
        await eventually(ended(crew, TakeEnd.DROPPED), "the take is over")
    assert await sync_to_async(crew.air)() == [("on_air", ""), ("off_air", "drop")]


async def test_a_beat_that_fails_ends_nothing(
    settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: Any
) -> None:
    crew = await crew_async()
    monkeypatch.setattr(socket, "BEAT_S", 0.1)
    beats = {"left": 3}
    real = takes.beat

    def flaky(**words: Any) -> bool:
        beats["left"] -= 1
        if beats["left"] >= 0:
            raise OSError("the database is away")
        return real(**words)

    monkeypatch.setattr(takes, "beat", flaky)
    async with publishers(settings, tmp_path) as to:
        host = await to(crew.session)
        await host.up(crew.key)
        assert await host.hear("stats")
    assert sum("beat failed" in record.message for record in caplog.records) == 1


def test_daphne_refuses_what_is_too_long(live_app: LiveApp) -> None:
    """Development's server, too, closes before 50 MB are in its memory."""
    path = live_app.shell(
        "from livestream.media.ingest import tickets\n"
        "from tests.factories import SessionFactory\n"
        "print(tickets.address(SessionFactory(video_source='hosted').public_id, ''))"
    )
    address = live_app.ws_url + path.strip()
    with connect_sync(address, origin=Origin(live_app.url), compression=None) as line:
        before = memory_kb(live_app)
        with suppress(ConnectionClosed):
            line.send(b"\x00" * 50_000_000)
        with pytest.raises(ConnectionClosed) as closed:
            line.recv(timeout=10)
        # daphne drops the line at the frame's head, so the code may not come through.
        assert closed.value.rcvd is None or closed.value.rcvd.code in {1009, 4400}
        assert memory_kb(live_app) - before < 20_000


def memory_kb(live_app: LiveApp) -> int:
    assert live_app.process is not None
    status = Path(f"/proc/{live_app.process.pid}/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0])
