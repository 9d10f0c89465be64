"""What marking by staff and measuring by takes share: going live, stretches on air, their log.

Everything here joins the caller's transaction and expects the session's row to be locked: of two
who act at once, one waits for the other and then sees what it did.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts import audit
from accounts.models import User
from core.db import move
from core.errors import Conflict
from core.transactions import on_commit
from fairs.services import begin_with_session
from livestream.enums import (
    SESSION_TRANSITIONS,
    EventKind,
    IntervalSource,
    SessionStatus,
    TakeEnd,
)
from livestream.media.adapters import registry
from livestream.models import OnAirInterval, Session, Take
from livestream.services.room import note

#: What viewers are told when a take ends: the host comes back by itself, by choice, or not.
WHY: Final[dict[str, str]] = {
    TakeEnd.STOPPED: "break",
    TakeEnd.DROPPED: "drop",
    TakeEnd.CUT: "break",
    TakeEnd.REVOKED: "break",
    TakeEnd.BROKEN: "drop",
    TakeEnd.LOST: "drop",
    TakeEnd.ENDED: "end",
}


def change_status(session: Session, to: SessionStatus) -> None:
    """Move the session along its transition table, or raise :class:`Conflict`."""
    conflict = Conflict("session_state", _("The session is in another state by now. Reload."))
    move(session, field="status", to=to, transitions=SESSION_TRANSITIONS, conflict=conflict)


def go_live(user: User, session: Session) -> None:
    """Scheduled or ended → live, with its fair; live already: nothing happens."""
    session.refresh_from_db(fields=["status"])
    if session.status == SessionStatus.LIVE:
        return
    change_status(session, SessionStatus.LIVE)
    audit.record(actor=user, action="session.start", obj=session)
    if session.rehearsal_of_id is None:
        begin_with_session(user=user, fair=session.fair)


# --- stretches on air ----------------------------------------------------------------------------


def open_interval(session: Session, source: IntervalSource) -> OnAirInterval | None:
    """The running stretch on air of that source, if there is one."""
    running = OnAirInterval.objects.filter(session=session, ends_at=None, source=source)
    return running.first()


def begin_marked(user: User, session: Session) -> OnAirInterval:
    """Open a stretch marked by staff, from now on; the one that runs where there is one."""
    running = open_interval(session, IntervalSource.STAFF)
    if running is not None:
        return running
    event = note(session, EventKind.ON_AIR, user=user)
    audit.record(actor=user, action="session.on_air", obj=session)
    return OnAirInterval.objects.create(
        session=session, starts_at=event.at, source=IntervalSource.STAFF, marked_by=user
    )


def tell_why(user: User, session: Session, why: str) -> None:
    """Tell a room that is off air already that nothing comes any more, or that it goes on."""
    note(session, EventKind.OFF_AIR, user=user, refs={"why": why})


def end_marked(
    user: User, session: Session, *, why: str, cut: bool = False
) -> OnAirInterval | None:
    """Close the stretch marked by staff and return it; none runs: ``None``.

    ``cut``: no screen shows another second of it; else each shows what came before.
    """
    running = open_interval(session, IntervalSource.STAFF)
    if running is not None:
        _close(user, running, why=why, at=timezone.now(), cut=cut)
    return running


def begin_measured(take: Take, first_at: datetime) -> OnAirInterval:
    """Open the stretch of a take at programme time ``first_at``.

    It begins after every earlier stretch and not in the future, whatever the take's clock says.
    """
    user, session = issuer(take), take.session
    end_marked(user, session, why="break")
    earlier = OnAirInterval.objects.filter(session=session).aggregate(last=Max("ends_at"))["last"]
    starts_at = min(first_at, timezone.now())
    if earlier is not None:
        starts_at = max(starts_at, earlier)
    note(session, EventKind.ON_AIR, user=user, refs={"take": take.number})
    diff = {"take": [None, take.number]}
    audit.record(actor=user, action="session.on_air", obj=session, diff=diff)
    return OnAirInterval.objects.create(
        session=session, starts_at=starts_at, source=IntervalSource.TAKE, take=take
    )


def finish_take(
    take: Take,
    reason: TakeEnd,
    *,
    user: User | None = None,
    last_at: datetime | None = None,
    trouble: str = "",
) -> None:
    """End an open take and its stretch on air, and have its publisher thrown out.

    Without ``last_at``, the last picture is the one its last beat told of, else the beat itself.
    """
    now = timezone.now()
    take.ended_at = max(now, take.started_at)
    take.end = reason
    # It may quote what a publisher sent, and not every database stores every character.
    take.trouble = "".join(char if char.isprintable() else " " for char in trouble[:300])
    if take.up_at is not None:
        take.last_at = last_at or take.last_at or min(take.beat_at, now)
    take.save(update_fields=["ended_at", "end", "trouble", "last_at"])
    running = OnAirInterval.objects.filter(take=take, ends_at=None).first()
    if running is not None and take.last_at is not None:
        at = min(take.last_at, now)
        _close(user or issuer(take), running, why=WHY[reason], at=at, cut=reason == TakeEnd.CUT)
    on_commit(lambda: registry.adapter_of(take).kick(take))


def _close(user: User, interval: OnAirInterval, *, why: str, at: datetime, cut: bool) -> None:
    session = interval.session
    refs: dict[str, object] = {"why": why, "cut": True} if cut else {"why": why}
    note(session, EventKind.OFF_AIR, user=user, refs=refs)
    interval.ends_at = max(at, interval.starts_at)
    interval.save(update_fields=["ends_at"])
    audit.record(actor=user, action="session.off_air", obj=session, diff={"why": [None, why]})


def issuer(take: Take) -> User:
    """Whose key the take was published with: in whose name it goes on and off air."""
    assert take.key is not None  # noqa: S101 - keys are revoked, never deleted
    return take.key.issued_by
