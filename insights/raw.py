"""Reads the logs of a fair, row by row, for the recount. Counts nothing."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime, timedelta
from typing import Any

from accounts.models import Block, DeviceMerge, User
from employers.models import EmployerMember, VacancyRevision
from fairs.enums import BoothStatus
from fairs.models import Booth, BoothVacancy, EntryChannel, Fair, FairStaff
from insights.fold import Logs, Offer, RoomEntry, Step, Wish
from insights.watch_fold import Seen
from intents.models import Intent, IntentEvent
from livestream.enums import EventKind
from livestream.models import Pin, RoomEvent, Session, SessionCrew, SessionGuest, WatchSpan

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ROOM_KINDS = (EventKind.MESSAGE, EventKind.QUESTION, EventKind.ANSWER)


def read_logs(fair: Fair) -> Logs:
    """Return all logs of ``fair``, of all times."""
    room, seen, merges = _room(fair), _seen(fair), _merges()
    return Logs(
        steps=[
            Step(*row)
            for row in IntentEvent.objects.filter(fair=fair).values_list(
                "seq", "intent_id", "kind", "at"
            )
        ],
        wishes=_wishes(fair),
        room=room,
        offers=_offers(fair),
        works=_works(fair),
        blocks=list(Block.objects.order_by("at", "id").values_list("user_id", "blocked", "at")),
        keys=_keys(
            {entry.actor_key for entry in room}
            | {span.key for _ended_at, span in seen}
            | {account for _device, account, _at in merges}
        ),
        rehearsals=frozenset(
            _text(value)
            for value in Session.objects.filter(fair=fair, rehearsal_of__isnull=False).values_list(
                "public_id", flat=True
            )
        ),
        session_guests=_session_guests(fair),
        presenters=_presenters(fair),
        seen=seen,
        merges=merges,
        channels={
            code: _text(channel)
            for code, channel in EntryChannel.objects.filter(fair=fair).values_list(
                "code", "public_id"
            )
        },
    )


def _text(value: Any) -> str:
    return str(value)


def _maybe(value: Any) -> str | None:
    return None if value is None else str(value)


def _wishes(fair: Fair) -> dict[int, Wish]:
    rows = Intent.objects.filter(fair=fair).values_list(
        "pk",
        "seeker_id",
        "session__public_id",
        "pin_seq",
        "vacancy__employer__public_id",
        "vacancy__public_id",
        "entry_channel__public_id",
    )
    return {
        pk: Wish(seeker, _maybe(session), pin_seq, _text(employer), _text(vacancy), _maybe(channel))
        for pk, seeker, session, pin_seq, employer, vacancy, channel in rows
    }


def _room(fair: Fair) -> list[RoomEntry]:
    rows = RoomEvent.objects.filter(session__fair=fair, kind__in=_ROOM_KINDS).values_list(
        "session__public_id", "kind", "actor_key", "refs", "at"
    )
    return [RoomEntry(_text(session), kind, key, refs, at) for session, kind, key, refs, at in rows]


def _keys(wanted: set[str]) -> dict[str, int]:
    return {key: pk for key, pk in User.objects.values_list("actor_key", "pk") if key in wanted}


def _seen(fair: Fair) -> list[tuple[datetime, Seen]]:
    rows = WatchSpan.objects.filter(session__fair=fair).values_list(
        "pk", "session__public_id", "key", "channel", "ends_at", "played_ms", "kind"
    )
    found = []
    for pk, session, key, channel, ends_at, played_ms, kind in rows.iterator():
        end = (ends_at - _EPOCH) // timedelta(milliseconds=1)
        seen = Seen(pk, _text(session), key, channel, end - played_ms, end, kind)
        found.append((ends_at, seen))
    return found


def _merges() -> list[tuple[str, str, datetime]]:
    return list(
        DeviceMerge.objects.order_by("at", "id").values_list(
            "device__actor_key", "user__actor_key", "at"
        )
    )


def _offers(fair: Fair) -> list[Offer]:
    brought = dict(
        BoothVacancy.objects.filter(fair=fair, booth__status=BoothStatus.APPROVED).values_list(
            "vacancy_id", "at"
        )
    )
    revisions = VacancyRevision.objects.filter(
        vacancy__brought_to__fair=fair,
        vacancy__brought_to__booth__status=BoothStatus.APPROVED,
    ).values_list(
        "vacancy_id",
        "vacancy__public_id",
        "vacancy__employer__public_id",
        "number",
        "snapshot",
        "at",
    )
    return [
        Offer(
            vacancy=_text(vacancy),
            employer=_text(employer),
            number=number,
            headcount=snapshot.get("headcount"),
            trade=snapshot.get("trade") or "",
            brought_at=brought[pk],
            at=at,
        )
        for pk, vacancy, employer, number, snapshot, at in revisions
    ]


def _works(fair: Fair) -> list[tuple[int, datetime]]:
    works = list(FairStaff.objects.filter(fair=fair).values_list("person_id", "since"))
    crew = SessionCrew.objects.filter(session__fair=fair, session__rehearsal_of=None)
    works += crew.values_list("person_id", "since")
    booths = dict(Booth.objects.filter(fair=fair).values_list("employer_id", "created_at"))
    members = EmployerMember.objects.filter(employer__in=booths).values_list(
        "employer_id", "person_id", "since"
    )
    works += [(person, max(since, booths[employer])) for employer, person, since in members]
    return works


def _session_guests(fair: Fair) -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    rows = SessionGuest.objects.filter(session__fair=fair).values_list(
        "session__public_id", "guest__public_id"
    )
    for session, guest in rows:
        found[_text(session)].add(_text(guest))
    return {session: frozenset(guests) for session, guests in found.items()}


def _presenters(fair: Fair) -> dict[tuple[str, int], frozenset[str]]:
    found: dict[tuple[str, int], set[str]] = defaultdict(set)
    rows = Pin.objects.filter(session__fair=fair, item__presenters__isnull=False).values_list(
        "session__public_id", "seq", "item__presenters__public_id"
    )
    for session, seq, guest in rows:
        found[_text(session), seq].add(_text(guest))
    return {card: frozenset(guests) for card, guests in found.items()}
