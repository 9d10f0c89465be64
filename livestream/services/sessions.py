"""A session's life and its time on air."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts import audit
from accounts.actor import Actor
from accounts.models import User
from core.db import move
from core.errors import Conflict, Invalid
from core.transactions import write
from fairs.enums import StaffRole
from fairs.models import Fair
from fairs.rules import require_role
from fairs.services import begin_with_session
from livestream import rules
from livestream.enums import (
    OWN_SOURCES,
    SESSION_TRANSITIONS,
    EventKind,
    IntervalSource,
    ItemStatus,
    SessionStatus,
    VideoSource,
)
from livestream.models import OnAirInterval, RunSheetItem, Session
from livestream.services.answers import clear_question_pin
from livestream.services.pins import clear_pin
from livestream.services.room import note

#: What a manager may change on a session.
EDITABLE = (
    "title",
    "intro",
    "starts_at",
    "ends_at",
    "video_source",
    "external_url",
    "platform_name",
    "declared_delay_s",
)


def create_session(
    *,
    actor: Actor,
    fair: Fair,
    title: str,
    starts_at: datetime,
    ends_at: datetime,
    video_source: VideoSource,
    external_url: str = "",
    platform_name: str = "",
    declared_delay_s: int = 0,
    intro: str = "",
) -> Session:
    """Plan a session of ``fair``; for the fair's managers."""
    user = actor.require_user()
    require_role(user, fair, StaffRole.MANAGER)
    session = Session(
        fair=fair,
        title=title,
        intro=intro,
        starts_at=starts_at,
        ends_at=ends_at,
        video_source=video_source,
        external_url=external_url,
        platform_name=platform_name,
        declared_delay_s=declared_delay_s,
    )
    _check(session)
    with write():
        session.save(force_insert=True)
        audit.record(actor=user, action="session.create", obj=session)
    return session


def update_session(*, actor: Actor, session: Session, changes: Mapping[str, Any]) -> Session:
    """Change fields of ``EDITABLE``; for the fair's managers."""
    user = actor.require_user()
    require_role(user, session.fair, StaffRole.MANAGER)
    if unknown := set(changes) - set(EDITABLE):
        raise ValueError(f"not editable: {sorted(unknown)}")
    diff = {
        name: [str(getattr(session, name)), str(value)]
        for name, value in changes.items()
        if getattr(session, name) != value
    }
    for name, value in changes.items():
        setattr(session, name, value)
    _check(session)
    with write():
        session.save(update_fields=list(changes))
        audit.record(actor=user, action="session.update", obj=session, diff=diff)
    return session


def _check(session: Session) -> None:
    if session.ends_at <= session.starts_at:
        text = _("The end must be after the start.")
        raise Invalid("session_dates", text, fields={"ends_at": text})
    if session.video_source not in OWN_SOURCES and not session.external_url:
        text = _("Give the link to the picture.")
        raise Invalid("session_link", text, fields={"external_url": text})
    is_hls = session.video_source == VideoSource.EXTERNAL_HLS
    if is_hls and not session.external_url.startswith("https://"):
        text = _("A picture from another address must come over https.")
        raise Invalid("session_link", text, fields={"external_url": text})


def start_session(*, actor: Actor, session: Session) -> Session:
    """Open the session: scheduled or ended → live. Already live: nothing happens."""
    user = actor.require_user()
    rules.require_console(session, user)
    with write():
        _start(user, session)
    return session


def _start(user: User, session: Session) -> None:
    session.refresh_from_db(fields=["status"])
    if session.status == SessionStatus.LIVE:
        return
    _move(session, SessionStatus.LIVE)
    audit.record(actor=user, action="session.start", obj=session)
    if session.rehearsal_of_id is None:
        begin_with_session(user=user, fair=session.fair)


def _move(session: Session, to: SessionStatus) -> None:
    conflict = Conflict("session_state", _("The session is in another state by now. Reload."))
    move(session, field="status", to=to, transitions=SESSION_TRANSITIONS, conflict=conflict)


def end_session(*, actor: Actor, session: Session) -> Session:
    """End a live session: off air, card and question down, current item done; once."""
    user = actor.require_user()
    rules.require_console(session, user)
    with write():
        session.refresh_from_db(fields=["status"])
        if session.status in {SessionStatus.ENDED, SessionStatus.REPLAY}:
            return session
        _off_air(user, session)
        clear_pin(user, session)
        clear_question_pin(user, session)
        RunSheetItem.objects.filter(session=session, status=ItemStatus.CURRENT).update(
            status=ItemStatus.DONE, ended_at=timezone.now()
        )
        _move(session, SessionStatus.ENDED)
        audit.record(actor=user, action="session.end", obj=session)
    return session


def publish_replay(*, actor: Actor, session: Session) -> Session:
    """Offer an ended session for watching again."""
    user = actor.require_user()
    rules.require_console(session, user)
    with write():
        _move(session, SessionStatus.REPLAY)
        audit.record(actor=user, action="session.replay", obj=session)
    return session


def mark_on_air(*, actor: Actor, session: Session) -> OnAirInterval:
    """Mark the session on air from now on, and live; marked already: the open interval."""
    user = actor.require_user()
    rules.require_console(session, user)
    with write():
        _start(user, session)
        open_one = _open_interval(session)
        if open_one is not None:
            return open_one
        event = note(session, EventKind.ON_AIR, user=user)
        interval = OnAirInterval.objects.create(
            session=session, starts_at=event.at, source=IntervalSource.STAFF, marked_by=user
        )
        audit.record(actor=user, action="session.on_air", obj=session)
    return interval


def mark_off_air(*, actor: Actor, session: Session) -> OnAirInterval | None:
    """End the marked stretch on air and return it; off air already: ``None``."""
    user = actor.require_user()
    rules.require_console(session, user)
    with write():
        return _off_air(user, session)


def _off_air(user: User, session: Session) -> OnAirInterval | None:
    interval = _open_interval(session)
    if interval is None:
        return None
    event = note(session, EventKind.OFF_AIR, user=user)
    interval.ends_at = max(event.at, interval.starts_at)
    interval.save(update_fields=["ends_at"])
    audit.record(actor=user, action="session.off_air", obj=session)
    return interval


def _open_interval(session: Session) -> OnAirInterval | None:
    # The update takes the row lock: of two crew members who press at once, one waits.
    Session.objects.filter(pk=session.pk).update(status=session.status)
    return OnAirInterval.objects.filter(
        session=session, ends_at=None, source=IntervalSource.STAFF
    ).first()
