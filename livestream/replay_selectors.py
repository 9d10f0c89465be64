"""Reading replays: where a moment of the programme is in the recording, chapters, the log by time.

A *position* counts milliseconds of what is played; a *moment* is programme time. Between takes
moments are missing and positions are not.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final
from zlib import crc32

from django.core.cache import cache
from django.db.models import F, Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from livestream import log, webvtt
from livestream.cards import cards_of
from livestream.enums import (
    EventKind,
    PartStatus,
    QuestionStatus,
    ReplayStatus,
    RoomRole,
    SessionStatus,
)
from livestream.log import answer_role
from livestream.media import folders, poster, signing
from livestream.media.remux import Part, Stretch, load_part, stretches
from livestream.media.take_lists import moment_of, unix_ms
from livestream.models import (
    Caption,
    OnAirInterval,
    Pin,
    Question,
    QuestionPin,
    Replay,
    RoomEvent,
    RunSheetItem,
    Session,
)
from livestream.selectors import Line

#: Entries of the log that a page without scripts shows at once.
TEXT_PAGE: Final = 100
#: Entries whose time the index tells: the feed's segments begin with them.
MARK: Final = 50
#: A step of the run-sheet that begins together with its card is one chapter with it.
_TOGETHER: Final = timedelta(seconds=5)
_TALK: Final = frozenset(
    {EventKind.MESSAGE, EventKind.QUESTION, EventKind.ANSWER, EventKind.NOTICE}
)
_KEPT_S: Final = 3600
_NEVER: Final = datetime.max.replace(tzinfo=UTC)


def playable(session: Session) -> Replay | None:
    """The recording that visitors may watch now, if there is one."""
    if session.status != SessionStatus.REPLAY:
        return None
    replay = Replay.objects.filter(session=session, revision__gt=0, hidden_at=None).first()
    if replay is None or replay.status == ReplayStatus.EXPIRED:
        return None
    replay.session = session
    return replay


def folder_url(replay: Replay) -> str:
    """The signed address of the folder that is played, with its slash."""
    return signing.prefix(replay.session.public_id, f"r{replay.revision}")


def poster_url(replay: Replay) -> str:
    """The signed address of the still to show before it is played; empty where there is none."""
    folder = folders.replay_folder(replay.session.public_id, replay.revision)
    return f"{folder_url(replay)}{poster.NAME}" if (folder / poster.NAME).is_file() else ""


def whole_url(replay: Replay) -> str:
    """The signed address of the folder with all of the recording, for its crew alone."""
    whole = folders.whole_folder(replay.session.public_id, replay.revision)
    return signing.prefix(replay.session.public_id, whole.name)


def load_parts(replay: Replay) -> list[Part]:
    """The parts of the revision that is played, in their order; read from the disk."""
    return _parts_in(folders.replay_folder(replay.session.public_id, replay.revision), replay)


def load_whole(replay: Replay) -> list[Part]:
    """The same parts as they were recorded, with what was cut off."""
    return _parts_in(folders.whole_folder(replay.session.public_id, replay.revision), replay)


def _parts_in(folder: Path, replay: Replay) -> list[Part]:
    numbers = replay.parts.filter(status=PartStatus.READY).values_list("take__number", flat=True)
    found = [load_part(folder / f"p{number}") for number in numbers.order_by("take__number")]
    return [part for part in found if part is not None]


# --- position and moment -------------------------------------------------------------------------


def moment_at(timeline: Sequence[Stretch], position: float) -> float:
    """The programme time (Unix ms) at a position (ms); outside, that of the nearest edge."""
    place, before = 0, 0.0
    while place < len(timeline) - 1 and position >= before + timeline[place].duration_ms:
        before += timeline[place].duration_ms
        place += 1
    stretch = timeline[place]
    at = stretch.at_ms + min(max(0.0, position - before), stretch.duration_ms)
    # Clocks of neighbours differ by milliseconds: time never runs back.
    return min(at, timeline[place + 1].at_ms) if place + 1 < len(timeline) else at


def position_of(timeline: Sequence[Stretch], at_ms: float) -> float:
    """The position (ms) of a programme time; of one that is missing, that of what comes next."""
    place = max(0, bisect_right([stretch.at_ms for stretch in timeline], at_ms) - 1)
    before = sum(stretch.duration_ms for stretch in timeline[:place])
    return before + min(max(0.0, at_ms - timeline[place].at_ms), timeline[place].duration_ms)


@dataclass(frozen=True, slots=True)
class Timeline:
    """What a replay plays and from when to when it is shown; ``first`` counts its seconds.

    ``first`` is when the session first went on air. It never moves, so a link to a second of the
    programme holds however the replay is cut.
    """

    stretches: list[Stretch]
    first: datetime
    starts_at: datetime
    ends_at: datetime

    def second(self, at: datetime) -> int:
        """The second of the programme at that moment, not below 0."""
        return max(0, int((at - self.first).total_seconds()))

    def at_second(self, second: int) -> datetime:
        """The moment of a second of the programme, within what is shown."""
        return min(max(self.first + timedelta(seconds=second), self.starts_at), self.ends_at)

    def clock(self, at: datetime) -> int:
        """The second at which the player stands at that moment: what is skipped has none."""
        begin = position_of(self.stretches, unix_ms(self.starts_at))
        return max(0, int((position_of(self.stretches, unix_ms(at)) - begin) / 1000))

    @property
    def length_s(self) -> int:
        """Seconds of what is shown."""
        return self.clock(self.ends_at)

    def shows(self, starts_at: datetime, ends_at: datetime | None) -> bool:
        """Whether anything of that stretch of time is shown."""
        if starts_at >= self.ends_at or (ends_at is not None and ends_at <= self.starts_at):
            return False
        if ends_at is None or not self.stretches:
            return True
        low, high = (position_of(self.stretches, unix_ms(at)) for at in (starts_at, ends_at))
        return high > low

    def within(self, at: datetime) -> datetime:
        """The first moment that is shown, from that one on."""
        at = min(max(at, self.starts_at), self.ends_at)
        return moment_of(moment_at(self.stretches, position_of(self.stretches, unix_ms(at))))


def timeline_of(session: Session, replay: Replay | None) -> Timeline | None:
    """The timeline of a recording; without one, that of the time on air; None without either."""
    on_air = list(OnAirInterval.objects.filter(session=session).exclude(ends_at=None))
    shown = stretches(load_parts(replay)) if replay else []
    if not shown:
        replay = None
        shown = [
            Stretch(
                unix_ms(one.starts_at), (one.ends_at - one.starts_at) / timedelta(milliseconds=1)
            )
            for one in on_air
            if one.ends_at is not None and one.ends_at > one.starts_at
        ]
    if not shown:
        return None
    begin, end = moment_of(shown[0].at_ms), moment_of(shown[-1].at_ms + shown[-1].duration_ms)
    if replay is not None:
        begin = max(begin, replay.starts_at or begin)
        end = min(end, replay.ends_at or end)
    first = on_air[0].starts_at if on_air else moment_of(shown[0].at_ms)
    return Timeline(shown, first, begin, end)


# --- chapters ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Chapter:
    """A place to begin at; ``kind`` is vacancy, question or step.

    ``second`` is that of the programme, for links; ``clock`` what the player shows there.
    """

    at: datetime
    second: int
    clock: int
    kind: str
    title: str
    sub: str = ""
    seq: int = 0


def chapters(session: Session, timeline: Timeline) -> list[Chapter]:
    """The chapters of what is shown, in its order: cards, questions, steps of the run-sheet."""
    found = _vacancy_chapters(session, timeline) + _question_chapters(session, timeline)
    found += _step_chapters(session, timeline)
    return sorted(found, key=lambda chapter: (chapter.at, chapter.kind))


def _chapter(
    timeline: Timeline, at: datetime, kind: str, title: str, sub: str, seq: int = 0
) -> Chapter:
    shown = timeline.within(at)
    return Chapter(shown, timeline.second(shown), timeline.clock(shown), kind, title, sub, seq)


def _vacancy_chapters(session: Session, timeline: Timeline) -> list[Chapter]:
    pins = list(Pin.objects.filter(session=session).order_by("seq"))
    cards = cards_of(pins)
    return [
        _chapter(timeline, pin.started_at, "vacancy", *_of_cards(cards[pin.seq]), seq=pin.seq)
        for pin in pins
        if cards[pin.seq] and timeline.shows(pin.started_at, pin.ended_at)
    ]


def _of_cards(cards: list[dict[str, Any]]) -> tuple[str, str]:
    title, employer = str(cards[0]["title"]), str(cards[0]["employer"]["name"])
    if len(cards) == 1:
        return title, employer
    more = len(cards) - 1
    words = ngettext("%(title)s and %(more)d more", "%(title)s and %(more)d more", more)
    return words % {"title": title, "more": more}, employer


def _question_chapters(session: Session, timeline: Timeline) -> list[Chapter]:
    """Questions from when they came on the screen; without that, when they were answered."""
    shown = Q(status__in=(QuestionStatus.PENDING, QuestionStatus.ANSWERED))
    rows = QuestionPin.objects.filter(session=session).select_related("question").order_by("seq")
    found: dict[int, Chapter] = {}
    for pin in rows:
        asked = pin.question
        visible = asked.status in {QuestionStatus.PENDING, QuestionStatus.ANSWERED}
        if visible and asked.pk not in found and timeline.shows(pin.started_at, pin.ended_at):
            found[asked.pk] = _chapter(
                timeline, pin.started_at, "question", asked.text, asked.name, seq=asked.seq
            )
    spoken = Question.objects.filter(shown, session=session, answered_second__isnull=False)
    for asked in spoken.exclude(pk__in=found):
        at = timeline.first + timedelta(seconds=asked.answered_second or 0)
        if timeline.starts_at <= at < timeline.ends_at:
            found[asked.pk] = _chapter(
                timeline, at, "question", asked.text, asked.name, seq=asked.seq
            )
    return list(found.values())


def _step_chapters(session: Session, timeline: Timeline) -> list[Chapter]:
    items = RunSheetItem.objects.filter(session=session).exclude(started_at=None)
    items = items.select_related("employer").order_by("started_at", "pk")
    pinned = list(Pin.objects.filter(session=session).values_list("started_at", flat=True))
    return [
        _chapter(
            timeline,
            item.started_at,
            "step",
            item.title,
            item.employer.name if item.employer else "",
        )
        for item in items
        if item.started_at is not None
        and timeline.shows(item.started_at, item.ended_at)
        and not any(abs(at - item.started_at) <= _TOGETHER for at in pinned)
    ]


# --- the index of a replay -----------------------------------------------------------------------


def index(session: Session, replay: Replay | None, timeline: Timeline) -> dict[str, Any]:
    """All that a page needs to find its way, whatever it seeks; the same for everybody.

    Times are Unix milliseconds. ``stretches`` as played; ``from`` and ``to`` as shown; ``marks``
    the time of every 50th entry of the log, the first of each segment of the feed (none is
    earlier than the one before it); ``pins`` and ``asked`` what was on the screen from when to
    when. Made anew when the log, the recording or its edges change.
    """
    edges = f"{timeline.starts_at}:{timeline.ends_at}"
    state = f"{session.redaction_revision}:{session.last_seq}:{edges}"
    made = f"{replay.revision}:{replay.status}" if replay else "text"
    name = f"replay-index:{session.public_id.hex}:{crc32(f'{state}:{made}'.encode()):08x}"
    known: dict[str, Any] | None = cache.get(name)
    if known is None:
        known = _index(session, timeline)
        cache.set(name, known, _KEPT_S)
    return known


def _index(session: Session, timeline: Timeline) -> dict[str, Any]:
    pins = list(Pin.objects.filter(session=session).order_by("seq"))
    cards = cards_of(pins)
    on_screen = QuestionPin.objects.filter(
        session=session, question__status__in=(QuestionStatus.PENDING, QuestionStatus.ANSWERED)
    )
    return {
        "revision": session.redaction_revision,
        "last": session.last_seq,
        "first": _ms(timeline.first),
        "from": _ms(timeline.starts_at),
        "to": _ms(timeline.ends_at),
        "stretches": [[round(s.at_ms, 1), round(s.duration_ms, 1)] for s in timeline.stretches],
        "marks": _marks(session),
        "pins": [
            {
                "seq": p.seq,
                "from": _ms(p.started_at),
                "to": _ms(p.ended_at),
                "vacancies": cards[p.seq],
            }
            for p in pins
        ],
        "asked": [
            {
                "from": _ms(pin.started_at),
                "to": _ms(pin.ended_at),
                "seq": pin.question.seq,
                "id": str(pin.question.public_id),
                "text": pin.question.text,
                "name": pin.question.name,
            }
            for pin in on_screen.select_related("question").order_by("seq")
        ],
    }


def _ms(at: datetime | None) -> int | None:
    return None if at is None else round(unix_ms(at))


def _marks(session: Session) -> list[int]:
    """The time of the entries 1, 51, 101, …; where clocks crossed, that of the latest so far."""
    rows = RoomEvent.objects.filter(session=session).alias(place=F("seq") % MARK)
    times = rows.filter(place=1).order_by("seq").values_list("at", flat=True)
    marks: list[int] = []
    for at in times:
        marks.append(max(round(unix_ms(at)), marks[-1] if marks else 0))
    return marks


# --- without scripts -----------------------------------------------------------------------------


def page_at(session: Session, at: datetime) -> int:
    """Which page of the text (from 1) holds what was said at that moment."""
    before = RoomEvent.objects.filter(session=session, at__lte=at)
    seq = before.order_by("-seq").values_list("seq", flat=True).first() or 1
    return (seq - 1) // TEXT_PAGE + 1


def text_pages(session: Session) -> int:
    """How many pages the text has; at least one."""
    return max(1, -(-session.last_seq // TEXT_PAGE))


def text_page(session: Session, page: int) -> list[Line]:
    """What was said, one page of it (from 1 to :func:`text_pages`, oldest first)."""
    after = (page - 1) * TEXT_PAGE
    events = log.public_events(session.public_id, after=after, limit=TEXT_PAGE)
    spoken = (event for event in events if event["kind"] in _TALK)
    return [_line(event) for event in spoken if not event["data"].get("hidden")]


def _line(event: dict[str, Any]) -> Line:
    data, by = event["data"], event.get("by") or {}
    role = by.get("role", "")
    known = role in RoomRole.values and role != RoomRole.SEEKER
    text = data.get("text", "")
    if event["kind"] == EventKind.ANSWER:
        text = f"“{data['question']}” {text or _('Answered on air')}"
    return Line(
        seq=event["seq"],
        kind=event["kind"],
        name=by.get("name", ""),
        role=role,
        role_label=str(RoomRole(role).label) if known else "",
        text=text,
        at=datetime.fromisoformat(event["at"]),
    )


@dataclass(slots=True)
class Asked:
    """A question of the replay's list, and the chapter where it came up, if it did."""

    question: Question
    role: str
    chapter: Chapter | None


def questions(session: Session, found: Sequence[Chapter], most: int = 200) -> list[Asked]:
    """The questions of the session: first those that came up, as they did; then as asked."""
    places = {chapter.seq: chapter for chapter in found if chapter.kind == "question"}
    rows = Question.objects.shown().filter(session=session).order_by("seq")
    rows = rows.select_related(
        "vacancy", "employer", "answer_employer", "answer_guest", "answered_by"
    )
    asked = [Asked(row, str(answer_role(row)), places.get(row.seq)) for row in rows[:most]]
    return sorted(asked, key=lambda one: one.chapter.at if one.chapter else _NEVER)


# --- captions ------------------------------------------------------------------------------------


def caption_languages(session: Session) -> list[str]:
    """The languages that there are captions in."""
    rows = Caption.objects.filter(session=session).order_by("language")
    return list(rows.values_list("language", flat=True).distinct())


def captions_vtt(session: Session, language: str, timeline: Timeline) -> str:
    """The captions of a language as WebVTT, in positions of what is played."""
    cues = list[webvtt.Cue]()
    for row in Caption.objects.filter(session=session, language=language):
        low, high = (
            position_of(timeline.stretches, unix_ms(at)) for at in (row.starts_at, row.ends_at)
        )
        if high - low >= 1:
            cues.append(webvtt.Cue(round(low), round(high), row.text))
    return webvtt.compose(cues)


# --- for staff -----------------------------------------------------------------------------------


def trouble_words(trouble: str) -> str:
    """What staff are told about trouble with a replay or a part; empty where there is none."""
    code, *numbers = trouble.split(":")
    if code == "left_out" and len(numbers) == 2:
        words = _("%(broken)s of %(all)s segments are damaged and were left out.")
        return words % {"broken": numbers[0], "all": numbers[1]}
    return {
        "": "",
        "deleted": _("The recording has been deleted."),
        "no_files": _("There are no files of this take on the disk."),
        "never_up": _("This take ended before its first picture."),
        "no_beginning": _("The beginning of this take is missing or damaged."),
        "all_damaged": _("All segments of this take are damaged."),
        "no_take": _("No take of this session can be used."),
        "disk_full": _("The disk is full. Make room; it is tried again by itself."),
        "disk_error": _("The disk cannot be read or written. It is tried again by itself."),
    }.get(code, trouble)
