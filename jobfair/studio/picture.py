"""The picture in the studio: how it comes, what is on air, what was cut and by whom."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from accounts.models import AuditEvent, User
from fairs.enums import StaffRole
from fairs.models import Fair
from livestream.enums import (
    FOREIGN_SOURCES,
    OPEN_SESSIONS,
    PUBLISHED_SOURCES,
    SessionStatus,
    TakeEnd,
)
from livestream.models import Session, Take
from livestream.services import rehearsals

#: Nothing went wrong where a take ended like this.
_EXPECTED = frozenset({TakeEnd.STOPPED, TakeEnd.CUT, TakeEnd.ENDED, TakeEnd.REVOKED})


@dataclass(frozen=True, slots=True)
class Picture:
    """What the panel 画面 shows of a session.

    ``state``: ``over``; ``on`` air; ``coming`` (published, not to be seen yet); ``cut`` by the crew
    and not on air since; ``lost`` (the last take ended by itself); ``off``. ``has_aired``: it was
    on air. ``cut`` is the entry of the audit trail that tells by whom and when; ``take`` the
    open take or else the last one.
    """

    state: str
    has_aired: bool
    is_published_here: bool
    is_foreign: bool
    take: Take | None
    cut: AuditEvent | None

    @property
    def may_cut(self) -> bool:
        return self.state in {"on", "coming"}


def picture_of(session: Any) -> Picture:
    """The picture of a session from ``selectors.session_for``; two queries."""
    take = (
        Take.objects.filter(session=session)
        .select_related("key__issued_by")
        .order_by("-number")
        .first()
    )
    cut = (
        AuditEvent.objects.filter(
            object_type=Session._meta.label_lower,
            object_id=session.public_id,
            action__in=("session.cut", "session.on_air"),
        )
        .select_related("actor")
        .first()
    )
    was_cut = cut is not None and cut.action == "session.cut"
    return Picture(
        state=_state(session, take, was_cut=was_cut),
        has_aired=cut is not None,
        is_published_here=session.video_source in PUBLISHED_SOURCES,
        is_foreign=session.video_source in FOREIGN_SOURCES,
        take=take,
        cut=cut if was_cut else None,
    )


def _state(session: Any, take: Take | None, *, was_cut: bool) -> str:
    if session.status not in OPEN_SESSIONS:
        return "over"
    if session.on_air_since:
        return "on"
    if take is not None and take.ended_at is None:
        return "coming"
    if was_cut:
        return "cut"
    if take is not None and take.end not in _EXPECTED:
        return "lost"
    return "off"


def picture_context(session: Session, user: User, *, console: bool) -> dict[str, Any]:
    """What the studio's page needs of the picture, and of rehearsing it."""
    real = session.rehearsal_of
    picture = picture_of(session)
    managed = Fair.objects.staffed_by(user, StaffRole.MANAGER).filter(pk=session.fair_id)
    return {
        "picture": picture,
        "is_manager": picture.is_foreign and not session.stop_contact and managed.exists(),
        "has_preview": not picture.is_foreign,
        "rehearsal": rehearsals.open_rehearsal(session) if console and real is None else None,
        "may_resume": console and real is None and session.status == SessionStatus.ENDED,
        "may_rehearse": console and real is None and session.status in OPEN_SESSIONS,
    }
