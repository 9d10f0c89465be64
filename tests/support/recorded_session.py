"""A session that was on air twice, with all that was said and shown, and its recordings on disk.

The picture is the burnt clock and comes through the real packager. Runs beside the live server
(``live_app.shell``); needs the demo's data.
"""

from __future__ import annotations

import subprocess
from datetime import datetime, timedelta
from uuid import UUID

from django.utils import timezone
from imageio_ffmpeg import get_ffmpeg_exe

from accounts.models import User
from fairs.models import Fair
from jobfair.demo.seed import SLUG
from livestream.enums import (
    EventKind,
    IntervalSource,
    ItemKind,
    PublishPath,
    QuestionStatus,
    SessionStatus,
    TakeEnd,
    VideoSource,
)
from livestream.log import Draft, append_events, author
from livestream.media import folders
from livestream.media.packaging.packager import Packager
from livestream.models import (
    Caption,
    Message,
    OnAirInterval,
    Pin,
    PinVacancy,
    Question,
    QuestionPin,
    RunSheetItem,
    Session,
    Take,
)
from livestream.rules import presentable
from livestream.services import replays
from tests.support.burnt_clock import Size, frame

SIZE = Size()


def encode(starts_at: datetime, seconds: int) -> bytes:
    """Fragmented MP4 with a key frame every second whose clock begins at ``starts_at``."""
    first = round(starts_at.timestamp() * 1000)
    pictures = b"".join(
        frame(first + round(n * 1000 / SIZE.rate), SIZE.width, SIZE.height)
        for n in range(seconds * SIZE.rate)
    )
    command = [
        get_ffmpeg_exe(), "-v", "error", "-f", "rawvideo", "-pix_fmt", "gray",
        "-s", f"{SIZE.width}x{SIZE.height}", "-r", str(SIZE.rate), "-i", "pipe:0",
        "-f", "lavfi", "-i", f"sine=frequency=440:sample_rate=48000:duration={seconds}",
        "-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-pix_fmt", "yuv420p",
        "-g", str(SIZE.rate), "-c:a", "aac", "-b:a", "48k",
        "-movflags", "frag_keyframe+empty_moov+default_base_moof", "-f", "mp4", "pipe:1",
    ]  # fmt: skip
    return subprocess.run(command, input=pictures, capture_output=True, check=True).stdout


def put_take(session: UUID, number: int, starts_at: datetime, seconds: int) -> None:
    """Package such a take: every fragment arrives when its last picture was taken."""
    data = encode(starts_at, seconds)
    packager = Packager(folders.session_folder(session), number, segment_s=2)
    place, arrived = 0, starts_at.timestamp()
    while place < len(data):
        size = int.from_bytes(data[place : place + 4], "big")
        if data[place + 4 : place + 8] == b"moof":
            arrived += 1
        packager.feed(data[place : place + size], arrived)
        place += size
    packager.finish()


def record(
    *, title: str = "焊工专场回放", seconds: int = 40, gap: int = 30, lines_per_s: float = 2
) -> Session:
    """Two takes of ``seconds``, the second ``gap`` later; a card, questions and chat in each."""
    fair = Fair.objects.get(slug=SLUG)
    at = (timezone.now() - timedelta(hours=2)).replace(microsecond=0)
    session = Session.objects.create(
        fair=fair,
        title=title,
        intro="两位劳模讲焊工、讲岗位，答大家的提问。",
        starts_at=at,
        ends_at=at + timedelta(hours=1),
        status=SessionStatus.ENDED,
        video_source=VideoSource.HOSTED,
    )
    begins = [at, at + timedelta(seconds=seconds + gap)]
    for number, begin in enumerate(begins, start=1):
        _take(session, number, begin, seconds)
    length = seconds * 2 + gap + 10
    first = at - timedelta(seconds=10)
    talk = [first + timedelta(seconds=n / lines_per_s) for n in range(int(length * lines_per_s))]
    _programme(session, begins, seconds, talk)
    return session


def _take(session: Session, number: int, begin: datetime, seconds: int) -> None:
    end = begin + timedelta(seconds=seconds)
    take = Take.objects.create(
        session=session, number=number, connection_id=f"c{number}", path=PublishPath.BROWSER,
        started_at=begin, beat_at=end, up_at=begin, first_at=begin, last_at=end, ended_at=end,
        end=TakeEnd.STOPPED,
    )  # fmt: skip
    OnAirInterval.objects.create(
        session=session, starts_at=begin, ends_at=end, source=IntervalSource.TAKE, take=take
    )
    put_take(session.public_id, number, begin, seconds)


def _programme(
    session: Session, begins: list[datetime], seconds: int, talk: list[datetime]
) -> None:
    """In each take a card from a quarter on, and a question from the middle to three quarters.

    Everything is logged in the order of its time. The lines of ``talk`` say when they were written.
    """
    user = User.objects.order_by("pk")[0]
    item = _run_sheet(session, begins[0], seconds)
    vacancies = list(item.vacancies.order_by("pk"))
    by = author(name="小李", role="seeker", key="k")
    happenings: list[tuple[datetime, int, Draft]] = [
        (at, -1, Draft(kind=EventKind.MESSAGE, actor_key="k", by=by, at=at)) for at in talk
    ]
    for number, begin in enumerate(begins):
        quarter = timedelta(seconds=seconds / 4)
        happenings += [
            (begin + quarter, number, Draft(kind=EventKind.PINNED, at=begin + quarter)),
            (
                begin + 2 * quarter,
                number,
                Draft(kind=EventKind.QUESTION, actor_key="asker", at=begin + 2 * quarter),
            ),
        ]
    happenings.sort(key=lambda one: one[0])
    stored = append_events(session, [draft for _at, _number, draft in happenings])
    for (at, number, draft), (event, _is_new) in zip(happenings, stored, strict=True):
        quarter = timedelta(seconds=seconds / 4)
        if draft.kind == EventKind.PINNED:
            pin = Pin.objects.create(
                session=session, seq=event.seq, started_at=at, item=item, ended_at=at + 3 * quarter
            )
            revision = vacancies[number].revisions.order_by("-number")[0]
            PinVacancy.objects.create(pin=pin, revision=revision)
            Caption.objects.create(
                session=session, starts_at=at, ends_at=at + quarter, text="现在讲岗位"
            )
        elif draft.kind == EventKind.QUESTION:
            question = Question.objects.create(
                session=session, seq=event.seq, author=user, name="王师傅",
                text=f"包住吗？（第{number + 1}段）", created_at=at,
                status=QuestionStatus.ANSWERED, answer="包住，四人间。", answered_live=True,
                answered_by=user, answered_at=at + quarter,
            )  # fmt: skip
            QuestionPin.objects.create(
                session=session, question=question, seq=event.seq, started_at=at,
                ended_at=at + quarter,
            )  # fmt: skip
    chat = [
        event
        for (_at, number, _d), (event, _n) in zip(happenings, stored, strict=True)
        if number < 0
    ]
    Message.objects.bulk_create(
        Message(
            session=session, seq=event.seq, author=user, name="小李", created_at=event.at,
            text=f"{(event.at - begins[0]).total_seconds():.1f} 秒",
        )
        for event in chat
    )  # fmt: skip


def _run_sheet(session: Session, begin: datetime, seconds: int) -> RunSheetItem:
    RunSheetItem.objects.create(
        session=session, position=10, kind=ItemKind.OPENING, title="开场", planned_minutes=1,
        started_at=begin, ended_at=begin + timedelta(seconds=seconds / 4), status="done",
    )  # fmt: skip
    item = RunSheetItem.objects.create(
        session=session, position=20, kind=ItemKind.EMPLOYER, title="企业讲解", planned_minutes=5
    )
    item.vacancies.set(list(presentable(session).order_by("pk")[:3]))
    return item


def publish(session: Session) -> None:
    """Make the replay here and now, and offer it."""
    replay = replays.request_replay(session=session)
    assert replay is not None
    replay.session = session
    assert replays.make(replay) == "ready"
    Session.objects.filter(pk=session.pk).update(status=SessionStatus.REPLAY)


def recorded(**values: object) -> str:
    """Record and publish; the public id."""
    session = record(**values)  # type: ignore[arg-type]
    publish(session)
    return str(session.public_id)
