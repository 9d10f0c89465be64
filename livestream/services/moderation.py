"""Keeping a room civil: removal, mutes and bans, the room's mode. All audited with a reason."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts import audit
from accounts.actor import Actor
from accounts.models import User
from core.db import move
from core.errors import Conflict, Invalid, NotAllowed
from core.texts import given_reason, require_reason
from core.transactions import write
from fairs.enums import StaffRole
from fairs.rules import require_role
from livestream import rules
from livestream.enums import EventKind, MessageStatus, SanctionKind
from livestream.log import append_events, mode_of
from livestream.models import Message, Sanction, Session
from livestream.realtime.publish import close_key
from livestream.services.chat import release_message
from livestream.services.locking import lock, lock_all
from livestream.services.room import entry_of, note

MAX_SLOW_S = 300
MAX_ACCOUNT_MINUTES = 7 * 24 * 60
MAX_REASON = 200
FAIR_MODERATORS = (StaffRole.MANAGER, StaffRole.MODERATOR)
RESTORE: dict[str, frozenset[str]] = {MessageStatus.SHOWN: frozenset({MessageStatus.REMOVED})}


def remove_message(*, actor: Actor, message: Message, reason: str) -> Message:
    """Take a message out of the room: its entry becomes a tombstone and ``removed`` is logged.

    Its text is kept for the audit and leaves every public form. Removed already: nothing happens.
    """
    user = actor.require_user()
    session = message.session
    rules.require_moderator(session, user)
    reason = require_reason(reason, limit=MAX_REASON)
    with write():
        lock(session)
        changed = (
            Message.objects.filter(pk=message.pk)
            .exclude(status=MessageStatus.REMOVED)
            .update(
                status=MessageStatus.REMOVED,
                removed_by=user,
                removed_at=timezone.now(),
                removed_reason=reason,
            )
        )
        message.refresh_from_db()
        if changed:
            redact(user, session, message.seq)
            audit.record(actor=user, action="message.remove", obj=message, reason=reason)
    return message


def restore_message(*, actor: Actor, message: Message, reason: str = "") -> Message:
    """Show a removed message again, at a new place in the log; its old one stays empty."""
    user = actor.require_user()
    session = message.session
    rules.require_moderator(session, user)
    reason = given_reason(reason, limit=MAX_REASON)
    standing = rules.standing(session, message.author)
    with write():
        lock(session)
        move(
            message,
            field="status",
            to=MessageStatus.SHOWN,
            transitions=RESTORE,
            conflict=Conflict("message_state", _("Somebody has decided this already.")),
            removed_by=None,
            removed_at=None,
            removed_reason="",
        )
        message.seq = append_events(session, [entry_of(message, standing)])[0].event.seq
        message.save(update_fields=["seq"])
        audit.record(actor=user, action="message.restore", obj=message, reason=reason)
    return message


def decide_messages(
    *, actor: Actor, messages: Iterable[Message], release: bool, reason: str = ""
) -> int:
    """Release held messages, or remove messages, all or none; return how many changed.

    What somebody else has decided meanwhile is left as it is.
    """
    if not release:
        reason = require_reason(reason, limit=MAX_REASON)
    chosen = list(messages)
    with write():
        # Whoever decides holds the session first: what is open now stays open until the commit.
        lock_all(message.session for message in chosen)
        decidable = {MessageStatus.HELD} if release else {MessageStatus.HELD, MessageStatus.SHOWN}
        rows = Message.objects.filter(
            pk__in=[message.pk for message in chosen], status__in=decidable
        )
        undecided = list(rows.select_related("session__fair", "author").order_by("pk"))
        for message in undecided:
            if release:
                release_message(actor=actor, message=message)
            else:
                remove_message(actor=actor, message=message, reason=reason)
    return len(undecided)


def redact(user: User, session: Session, seq: int) -> None:
    """Log that entry ``seq`` is gone, and change the address of cached pieces of the log."""
    note(session, EventKind.REMOVED, user=user, refs={"ref": seq})
    Session.objects.filter(pk=session.pk).update(redaction_revision=F("redaction_revision") + 1)


def sanction(
    *,
    actor: Actor,
    session: Session,
    person: User,
    kind: SanctionKind,
    reason: str,
    minutes: int | None = None,
    whole_fair: bool = False,
) -> Sanction:
    """Mute or ban ``person``, for ``minutes`` or until lifted, here or in all the fair's rooms.

    A muted person cannot write; a banned one's sockets close, too, and come back as a viewer's.
    For the whole fair only its own managers and moderators decide. People who moderate this room
    cannot be sanctioned.
    """
    user = actor.require_user()
    rules.require_moderator(session, user)
    if whole_fair:
        require_role(user, session.fair, *FAIR_MODERATORS)
    reason = require_reason(reason, limit=MAX_REASON)
    if person == user or rules.standing(session, person).moderator:
        raise NotAllowed("sanction_crew", _("People who work this room cannot be muted."))
    until = None if minutes is None else timezone.now() + timedelta(minutes=minutes)
    with write():
        made = Sanction.objects.create(
            fair=session.fair,
            session=None if whole_fair else session,
            person=person,
            kind=kind,
            until=until,
            by=user,
            reason=reason,
        )
        note(session, EventKind.SANCTION, user=user, refs={}, data={})
        audit.record(actor=user, action=f"person.{kind}", obj=made, reason=reason)
        if kind == SanctionKind.BAN:
            room = None if whole_fair else session.public_id
            close_key(person.actor_key, room)
    return made


def lift_sanction(*, actor: Actor, sanction: Sanction, reason: str = "") -> Sanction:
    """Let a person write again; lifted already: nothing happens."""
    user = actor.require_user()
    if sanction.session is None:
        require_role(user, sanction.fair, *FAIR_MODERATORS)
    else:
        rules.require_moderator(sanction.session, user)
    reason = given_reason(reason, limit=MAX_REASON)
    with write():
        changed = Sanction.objects.filter(pk=sanction.pk, lifted_at=None).update(
            lifted_at=timezone.now()
        )
        sanction.refresh_from_db()
        if changed:
            if sanction.session is not None:
                note(sanction.session, EventKind.SANCTION, user=user, refs={}, data={})
            audit.record(actor=user, action="person.lift_sanction", obj=sanction, reason=reason)
            if sanction.kind == SanctionKind.BAN:
                room = sanction.session.public_id if sanction.session else None
                close_key(sanction.person.actor_key, room)
    return sanction


def sanctions_here(session: Session) -> list[Sanction]:
    """Mutes and bans in force in this room, newest first."""
    return list(
        Sanction.objects.in_force()
        .filter(Q(session=session) | Q(session=None, fair=session.fair_id))
        .select_related("person")
        .order_by("-created_at")
    )


def set_mode(
    *,
    actor: Actor,
    session: Session,
    chat_open: bool | None = None,
    hold: bool | None = None,
    slow_s: int | None = None,
    account_minutes: int | None = None,
) -> Session:
    """Set what is given of the room's mode: chat open, 先审后发, seconds between messages, and
    how many minutes an account must have been verified before it writes.

    Every page is told. Nothing changed: nothing happens.
    """
    user = actor.require_user()
    rules.require_moderator(session, user)
    wanted = {
        "chat_open": chat_open,
        "hold_messages": hold,
        "slow_mode_s": slow_s,
        "min_account_minutes": account_minutes,
    }
    if slow_s is not None and not 0 <= slow_s <= MAX_SLOW_S:
        words = _("Between 0 and %(most)d seconds.") % {"most": MAX_SLOW_S}
        raise Invalid("slow_mode", words, fields={"slow_s": words})
    if account_minutes is not None and not 0 <= account_minutes <= MAX_ACCOUNT_MINUTES:
        words = _("Between 0 and %(most)d minutes.") % {"most": MAX_ACCOUNT_MINUTES}
        raise Invalid("account_minutes", words, fields={"account_minutes": words})
    with write():
        lock(session)
        changes = {
            name: [getattr(session, name), value]
            for name, value in wanted.items()
            if value is not None and getattr(session, name) != value
        }
        if not changes:
            return session
        for name, (_before, value) in changes.items():
            setattr(session, name, value)
        session.save(update_fields=list(changes))
        note(session, EventKind.MODE, user=user, refs=mode_of(session))
        audit.record(actor=user, action="session.mode", obj=session, diff=changes)
    return session
