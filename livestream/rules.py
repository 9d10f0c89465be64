"""Who a person is in a room, what they may do there, and what a message must be like."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol, TypeVar
from urllib.parse import urlsplit

from django.conf import settings
from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from core.errors import Invalid, NotAllowed, NotFound
from employers.models import Employer, EmployerMember, Vacancy
from fairs.enums import BoothStatus, StaffRole
from fairs.models import FairStaff
from fairs.selectors import vacancies_at
from livestream.enums import (
    CONSOLE_ROLES,
    OPEN_SESSIONS,
    OWN_SOURCES,
    PUBLISHED_SOURCES,
    CrewRole,
    ItemStatus,
    RoomRole,
    VideoSource,
    WordAction,
)
from livestream.models import Sanction, Session, SessionCrew
from livestream.screening import screen

MAX_MESSAGE = 200
MAX_QUESTION = 300
MAX_PINNED = 6
#: Messages of one account, and of one device, in this many seconds.
MESSAGE_LIMIT, MESSAGE_PERIOD_S = 6, 10
QUESTION_LIMIT, QUESTION_PERIOD_S = 3, 60

#: A Chinese mobile number, also spread out: ``139 1234-5678``, ``+86 139…``.
_MOBILE = re.compile(r"(?<!\d)(?:86[\s-]?)?1[\s\-_.·—]?[3-9](?:[\s\-_.·—]?\d){9}(?!\d)")


@dataclass(frozen=True, slots=True)
class Standing:
    """What one person is in one room.

    ``console``: may work the studio. ``moderator``: may remove, mute, set the room's mode;
    ``fair_moderator``: also in every other room of the fair.
    ``answers``: may answer questions. ``sanction`` is the mute or ban in force, if any.
    """

    role: RoomRole = RoomRole.SEEKER
    console: bool = False
    moderator: bool = False
    fair_moderator: bool = False
    answers: bool = False
    sanction: int | None = None

    @property
    def works_here(self) -> bool:
        return self.console or self.moderator or self.role != RoomRole.SEEKER


VISITOR = Standing()


def with_standing(sessions: QuerySet[Session], user: User) -> QuerySet[Session]:
    """Annotate sessions so that :func:`standing_on` needs no query of its own."""
    return sessions.annotate(**_facts(OuterRef("pk"), OuterRef("fair"), user))


def standings(session: Session, people: Sequence[User]) -> dict[int, Standing]:
    """What each of ``people`` is in one room, by primary key.

    One query where all are plain viewers, as nearly always: the facts about everybody cost more
    than all else that a message needs.
    """
    ids = [person.pk for person in people]
    fair = session.fair_id
    somebody = [
        SessionCrew.objects.filter(session=session, person__in=ids, ended_at=None),
        FairStaff.objects.filter(fair=fair, person__in=ids, ended_at=None),
        EmployerMember.objects.filter(person__in=ids, employer__booths__fair=fair),
        Sanction.objects.filter(fair=fair, person__in=ids, lifted_at=None),
    ]
    first, *others = (rows.order_by().values_list("person") for rows in somebody)
    known = {person for (person,) in first.union(*others)}
    known |= {person.pk for person in people if person.is_superuser}
    found = dict.fromkeys(ids, VISITOR)
    if known:
        facts = _facts(session.pk, fair, OuterRef("pk"))
        for row in User.objects.filter(pk__in=known).annotate(**facts):
            found[row.pk] = standing_on(row, row)
    return found


def _facts(session: Any, fair: Any, person: Any) -> dict[str, Exists | Subquery]:
    """What makes the standing of a person in a session; values, or references to an outer row."""
    crew = SessionCrew.objects.filter(session=session, person=person, ended_at=None)
    staff = FairStaff.objects.filter(fair=fair, person=person, ended_at=None)
    members = EmployerMember.objects.filter(
        person=person,
        employer__booths__fair=fair,
        employer__booths__status=BoothStatus.APPROVED,
    )
    in_force = Sanction.objects.filter(
        Q(session=session) | Q(session=None, fair=fair),
        Q(until=None) | Q(until__gt=timezone.now()),
        person=person,
        lifted_at=None,
    ).order_by(F("until").desc(nulls_first=True))
    return {
        "is_host": Exists(crew.filter(role=CrewRole.HOST)),
        "is_guest": Exists(crew.filter(role=CrewRole.GUEST)),
        "is_voice": Exists(crew.filter(role=CrewRole.EMPLOYER_VOICE)),
        "is_console": Exists(crew.filter(role__in=CONSOLE_ROLES)),
        "is_manager": Exists(staff.filter(role=StaffRole.MANAGER)),
        "is_moderator": Exists(staff.filter(role__in=(StaffRole.MANAGER, StaffRole.MODERATOR))),
        "is_fair_staff": Exists(staff),
        "is_member": Exists(members),
        "sanction_id": Subquery(in_force.values("pk")[:1]),
    }


def standing_on(row: Any, user: User) -> Standing:
    """The standing of ``user`` by a session or user that was annotated for it above."""
    console = user.is_superuser or row.is_console or row.is_manager
    return Standing(
        role=_room_role(row, user),
        console=console,
        moderator=console or row.is_moderator,
        fair_moderator=user.is_superuser or row.is_moderator,
        answers=console or row.is_guest or row.is_voice,
        sanction=row.sanction_id,
    )


def _room_role(row: Any, user: User) -> RoomRole:
    if row.is_host:
        return RoomRole.HOST
    if row.is_guest:
        return RoomRole.GUEST
    if row.is_console or row.is_fair_staff or user.is_superuser:
        return RoomRole.STAFF
    if row.is_voice or row.is_member:
        return RoomRole.EMPLOYER
    return RoomRole.SEEKER


def standing(session: Session, user: User | None) -> Standing:
    """What ``user`` is in the room of ``session``; one query."""
    if user is None:
        return VISITOR
    found = with_standing(Session.objects.filter(pk=session.pk), user).get()
    return standing_on(found, user)


def require_console(session: Session, user: User) -> Standing:
    """Let through who may work the studio; 404 where the session is not theirs to know of."""
    found = standing(session, user)
    if not found.console:
        _refuse(session, user, _("Only this session's crew may do that."))
    return found


def require_moderator(session: Session, user: User) -> Standing:
    """Let through who may moderate the room."""
    found = standing(session, user)
    if not found.moderator:
        _refuse(session, user, _("Only moderators of this room may do that."))
    return found


def require_answers(session: Session, user: User) -> Standing:
    """Let through who may answer questions."""
    found = standing(session, user)
    if not found.answers:
        _refuse(session, user, _("Only people on air and the crew may answer."))
    return found


def is_member(user: User, employer: Employer) -> bool:
    """Whether ``user`` works for ``employer`` here."""
    return EmployerMember.objects.filter(person=user, employer=employer).exists()


def acts_at_fair(user: User, session: Session) -> bool:
    """Whether ``user`` may act for the employers at the session's fair."""
    roles = (StaffRole.MANAGER, StaffRole.REVIEWER)
    staff = FairStaff.objects.filter(fair=session.fair_id, person=user, ended_at=None)
    return user.is_superuser or staff.filter(role__in=roles).exists()


def usual_delay_s(session: Session) -> int:
    """How many seconds after the fact a viewer without a player's clock sees the picture.

    Our own is three segments behind (what players hold, and what is being cut); of another
    platform's we know what was declared.
    """
    if session.video_source in PUBLISHED_SOURCES:
        return 3 * session.segment_s
    return session.declared_delay_s


def check_source(session: Session) -> None:
    """Refuse a source of the picture that could not be shown, saying which field is wrong.

    A picture from another address comes over https. It, and a player, are of those sites only that
    this installation lists: browsers load nothing else here, and the server neither.
    """
    if session.video_source in OWN_SOURCES:
        return
    url = session.external_url
    if not url:
        raise _wrong_link(_("Give the link to the picture."))
    if session.video_source == VideoSource.EXTERNAL_HLS:
        if not url.lower().startswith("https://"):
            raise _wrong_link(_("A picture from another address must come over https."))
        if not _is_of(url, settings.MEDIA_ORIGINS):
            text = _("The picture's address must be on one of these sites: %(sites)s")
            none = _("This site plays no pictures of other sites (MEDIA_ORIGINS).")
            raise _wrong_site(settings.MEDIA_ORIGINS, text, none)
    if session.video_source == VideoSource.EMBED and not may_be_framed(url):
        text = _("The player's address must be on one of these sites: %(sites)s")
        none = _("This site shows no players of other sites (FRAME_ORIGINS).")
        raise _wrong_site(settings.FRAME_ORIGINS, text, none)


def may_be_framed(url: str) -> bool:
    """Whether another site's player may stand in a frame: https, and of ``FRAME_ORIGINS``."""
    return _is_of(url, settings.FRAME_ORIGINS)


def _is_of(url: str, origins: Sequence[str]) -> bool:
    """Whether an address is https and of one of these; ``https://*.example.org`` is all below."""
    parts = urlsplit(url.lower())
    return parts.scheme == "https" and any(
        parts.netloc.endswith(origin.removeprefix("https://*"))
        if origin.startswith("https://*.")
        else f"https://{parts.netloc}" == origin
        for origin in origins
    )


def _wrong_site(origins: Sequence[str], text: Any, none: Any) -> Invalid:
    return _wrong_link(text % {"sites": ", ".join(origins)} if origins else none)


def _wrong_link(text: Any) -> Invalid:
    return Invalid("session_link", text, fields={"external_url": text})


def _refuse(session: Session, user: User, text: Any) -> None:
    if not Session.objects.visible_to(user).filter(pk=session.pk).exists():
        raise NotFound
    raise NotAllowed("not_crew", text)


def presentable(session: Session) -> QuerySet[Vacancy]:
    """Vacancies that may go on the screen: open, and brought to the fair by an admitted booth."""
    return vacancies_at(session.fair)


class _Planned(Protocol):
    @property
    def status(self) -> str: ...


S = TypeVar("S", bound=_Planned)


def next_step(steps: Sequence[S]) -> S | None:
    """What 下一项 starts, of a whole run-sheet: the first planned step after the current one."""
    places = [place for place, step in enumerate(steps) if step.status == ItemStatus.CURRENT]
    later = steps[places[0] + 1 :] if places else steps
    return next((step for step in later if step.status == ItemStatus.PLANNED), None)


def require_no_phone(found: Standing, text: str) -> None:
    """Refuse a viewer's text with a mobile number in it: a room is public, and remembers.

    Those who work here may give the organiser's number.
    """
    if not found.works_here and _MOBILE.search(unicodedata.normalize("NFKC", text)):
        words = _(
            "Everybody reads this room: leave the phone number out. "
            "Apply, and only the employer gets it."
        )
        raise Invalid("text_has_phone", words, fields={"text": words})


def require_unsanctioned(found: Standing) -> None:
    """Refuse who is muted or banned, saying until when and why."""
    sanction = sanction_on(found)
    if sanction is not None:
        raise NotAllowed("muted", sanction_text(sanction))


def sanction_on(found: Standing) -> Sanction | None:
    """The mute or ban in force on somebody in a room."""
    return None if found.sanction is None else Sanction.objects.get(pk=found.sanction)


def sanction_text(sanction: Sanction) -> str:
    """What the person under it is told."""
    if sanction.until is None:
        return _("You cannot write in this room. Reason: %(reason)s") % {"reason": sanction.reason}
    text = _("You cannot write in this room until %(time)s. Reason: %(reason)s")
    return text % {"time": _clock(sanction.until), "reason": sanction.reason}


def _clock(at: datetime) -> str:
    """The time of day, with the date where it is not today."""
    at = timezone.localtime(at)
    return f"{at:%H:%M}" if at.date() == timezone.localdate() else f"{at:%Y-%m-%d %H:%M}"


def require_talking(session: Session, found: Standing) -> None:
    """Refuse where the room takes no messages (moderators may always speak to a closed chat)."""
    if session.status not in OPEN_SESSIONS:
        raise NotAllowed("room_closed", _("This session has ended. You can still read along."))
    if not session.chat_open and not found.moderator:
        raise NotAllowed("chat_closed", _("The host has closed the chat for now."))


def require_account_age(session: Session, user: User, found: Standing) -> None:
    """Refuse a viewer whose phone number was verified too short a time ago, saying from when."""
    if not session.min_account_minutes or found.works_here:
        return
    since = user.phone_verified_at or user.created_at
    at = since + timedelta(minutes=session.min_account_minutes)
    if at > timezone.now():
        text = _("This room is for accounts that are not new. You can write from %(time)s on.")
        raise NotAllowed("account_too_new", text % {"time": _clock(at)})


def require_unlisted(session: Session, found: Standing, text: str) -> str:
    """Refuse a viewer's text with a word that the list refuses; return the word that holds it.

    The answer is empty where nothing holds the text back. Crew and moderators are not screened.
    """
    hit = None if found.works_here else screen(session.fair_id, text)
    if hit is not None and hit.action == WordAction.REFUSE:
        told = _("“%(word)s” is not allowed in this room. Leave it out and send again.")
        words = told % {"word": hit.word}
        raise Invalid("text_blocked", words, fields={"text": words})
    return hit.word if hit is not None else ""
