"""A session's life and its time on air."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts import audit
from accounts.actor import Actor
from core.errors import Conflict, Invalid
from core.transactions import write
from fairs.enums import StaffRole
from fairs.models import Fair
from fairs.rules import require_role
from livestream import rules
from livestream.enums import (
    OVER_SESSIONS,
    PUBLISHED_SOURCES,
    ItemStatus,
    SessionStatus,
    TakeEnd,
    VideoSource,
)
from livestream.models import OnAirInterval, Replay, RunSheetItem, Session, Take
from livestream.services import air, replays
from livestream.services.answers import clear_question_pin
from livestream.services.locking import lock, locked
from livestream.services.pins import clear_pin
from livestream.services.takes import stop_publishing

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
    "segment_s",
    "stop_contact",
)
#: What a running broadcast stands on.
FIXED_ON_AIR = frozenset({"video_source", "segment_s"})
#: Shortest and longest segment, in seconds.
SEGMENT_S = (1, 6)


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
    segment_s: int = 2,
    stop_contact: str = "",
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
        segment_s=segment_s,
        stop_contact=stop_contact,
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
    with write():
        before = locked(session.public_id)
        diff = {
            name: [str(getattr(before, name)), str(value)]
            for name, value in changes.items()
            if getattr(before, name) != value
        }
        for name, value in changes.items():
            setattr(session, name, value)
        _check(session)
        _require_still(before, set(diff) & FIXED_ON_AIR)
        session.save(update_fields=list(changes))
        audit.record(actor=user, action="session.update", obj=session, diff=diff)
    return session


def _require_still(session: Session, changed: set[str]) -> None:
    """Refuse to change where the picture comes from under a running broadcast."""
    publishing = Take.objects.filter(session=session, ended_at=None)
    on_air = OnAirInterval.objects.filter(session=session, ends_at=None)
    if changed and (publishing.exists() or on_air.exists()):
        text = _("Not while the session is on air. Go off air first.")
        raise Conflict("session_on_air", text)


def _check(session: Session) -> None:
    if session.ends_at <= session.starts_at:
        text = _("The end must be after the start.")
        raise Invalid("session_dates", text, fields={"ends_at": text})
    if not SEGMENT_S[0] <= session.segment_s <= SEGMENT_S[1]:
        text = _("From %(least)d to %(most)d seconds.")
        words = text % {"least": SEGMENT_S[0], "most": SEGMENT_S[1]}
        raise Invalid("session_segment", words, fields={"segment_s": words})
    rules.check_source(session)


def end_session(*, actor: Actor, session: Session) -> Session:
    """End a live session: publishers out, keys revoked, off air, the screen empty; once."""
    user = actor.require_user()
    rules.require_console(session, user)
    with write():
        lock(session)
        if session.status in OVER_SESSIONS:
            return session
        was_on_air = OnAirInterval.objects.filter(session=session, ends_at=None).exists()
        stop_publishing(user, session, TakeEnd.ENDED)
        air.end_marked(user, session, why="end")
        if not was_on_air:  # its viewers still wait for the host
            air.tell_why(user, session, "end")
        clear_pin(user, session)
        clear_question_pin(user, session)
        RunSheetItem.objects.filter(session=session, status=ItemStatus.CURRENT).update(
            status=ItemStatus.DONE, ended_at=timezone.now()
        )
        air.change_status(session, SessionStatus.ENDED)
        audit.record(actor=user, action="session.end", obj=session)
        replays.request_replay(session=session)
    return session


def resume_session(*, actor: Actor, session: Session) -> Session:
    """Go on with a session that was ended by mistake; live already: nothing happens.

    The room opens again, off air, and is told that the host will be right back. Stream keys stay
    void. The next end makes the replay anew, with what is recorded until then, so a cut of its end
    is taken back. Raises :class:`Conflict` for a session that has not begun, for one whose replay
    is published, and for a rehearsal, of which another is opened.
    """
    user = actor.require_user()
    rules.require_console(session, user)
    with write():
        lock(session)
        if session.status == SessionStatus.LIVE:
            return session
        if session.status != SessionStatus.ENDED or session.rehearsal_of_id is not None:
            raise Conflict("session_state", _("This session cannot go on again."))
        air.go_live(user, session)
        air.tell_why(user, session, "break")
        Replay.objects.filter(session=session).update(ends_at=None)
    return session


def publish_replay(*, actor: Actor, session: Session) -> Session:
    """Offer an ended session for watching again.

    What was published here needs its recording; of the rest, what was said and shown is offered.
    """
    user = actor.require_user()
    rules.require_console(session, user)
    replays.require_publishable(session)
    with write():
        air.change_status(session, SessionStatus.REPLAY)
        audit.record(actor=user, action="session.replay", obj=session)
    return session


def mark_on_air(*, actor: Actor, session: Session) -> OnAirInterval:
    """Mark the session on air from now on, and live; marked already: the open interval.

    Raises :class:`Conflict` for a picture that is published here: being published puts it on air.
    """
    user = actor.require_user()
    rules.require_console(session, user)
    _require_marked(session)
    with write():
        lock(session)
        air.go_live(user, session)
        return air.begin_marked(user, session)


def mark_off_air(*, actor: Actor, session: Session) -> OnAirInterval | None:
    """End the marked stretch on air and return it; off air already: ``None``."""
    user = actor.require_user()
    rules.require_console(session, user)
    _require_marked(session)
    with write():
        lock(session)
        return air.end_marked(user, session, why="break")


def _require_marked(session: Session) -> None:
    if session.video_source in PUBLISHED_SOURCES:
        text = _("This session goes on air when you publish: from the browser or from OBS.")
        raise Conflict("on_air_by_take", text)
