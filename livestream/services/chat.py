"""Chat: what people write in a room."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts import audit
from accounts.actor import Actor
from accounts.models import User
from core.db import move
from core.errors import Conflict, RateLimited
from core.ids import new_id
from core.ratelimit import take
from core.transactions import write
from livestream import rules
from livestream.enums import EventKind, MessageStatus, RoomRole
from livestream.log import Draft, append_events, message_data
from livestream.models import Message, RoomEvent, Session
from livestream.services.room import byline, shown_name

RELEASE: dict[str, frozenset[str]] = {MessageStatus.SHOWN: frozenset({MessageStatus.HELD})}


def post_message(
    *, actor: Actor, session: Session, client_id: UUID, text: str
) -> tuple[Message, bool]:
    """Store a chat message and publish it; return it and whether it is new.

    The same ``client_id`` again is the same message; with another text it is a
    :class:`Conflict`. In a room that holds messages a viewer's message is stored as held and its
    entry is an empty tombstone until a moderator releases it.
    """
    user = actor.require_user()
    text = rules.clean_text(text, limit=rules.MAX_MESSAGE)
    known = RoomEvent.objects.filter(
        session=session, actor_key=user.actor_key, client_id=client_id
    ).first()
    if known is not None:
        return _same(known, text), False
    standing = rules.standing(session, user)
    rules.require_unsanctioned(standing)
    rules.require_talking(session, standing)
    rules.require_no_phone(standing, text)
    _take_turn(actor, user, session, standing)
    return _store(user, session, client_id, text, standing)


def _same(event: RoomEvent, text: str) -> Message:
    """The message that ``event`` stands for, if it says ``text``."""
    found = Message.objects.filter(public_id=event.refs.get("message")).first()
    if event.kind != EventKind.MESSAGE or found is None or found.text != text:
        raise Conflict("client_id_used", _("This message was sent before with another text."))
    return found


def _take_turn(actor: Actor, user: User, session: Session, standing: rules.Standing) -> None:
    limit, period = rules.MESSAGE_LIMIT, rules.MESSAGE_PERIOD_S
    take(f"message:{user.actor_key}", limit=limit, period_s=period)
    if actor.device_key:
        take(f"message-device:{actor.device_key}", limit=limit, period_s=period)
    if not session.slow_mode_s or standing.works_here:
        return
    since = timezone.now() - timedelta(seconds=session.slow_mode_s)
    last = (
        Message.objects.filter(session=session, author=user, created_at__gt=since)
        .order_by("-seq")
        .first()
    )
    if last is not None:
        wait = int((last.created_at - since).total_seconds()) + 1
        text = _("Slow mode: you can write again in %(n)d seconds.") % {"n": wait}
        raise RateLimited(wait, text)


def _store(
    user: User, session: Session, client_id: UUID, text: str, standing: rules.Standing
) -> tuple[Message, bool]:
    held = session.hold_messages and standing.role == RoomRole.SEEKER
    message = Message(
        public_id=new_id(),
        session=session,
        author=user,
        name=shown_name(user),
        role=standing.role,
        text=text,
        status=MessageStatus.HELD if held else MessageStatus.SHOWN,
    )
    draft = Draft(
        kind=EventKind.MESSAGE,
        actor_key=user.actor_key,
        client_id=client_id,
        refs={"message": str(message.public_id)},
        by=None if held else byline(user, standing),
        data={"hidden": MessageStatus.HELD} if held else message_data(message),
    )
    with write():
        event, is_new = append_events(session, [draft])[0]
        if not is_new:
            return _same(event, text), False
        message.seq, message.created_at = event.seq, event.at
        message.save(force_insert=True)
    return message, True


def release_message(*, actor: Actor, message: Message) -> Message:
    """Show a held message. It takes a new place in the log; its old one stays empty."""
    user = actor.require_user()
    session = message.session
    rules.require_moderator(session, user)
    conflict = Conflict("message_state", _("Somebody has decided this already. Reload the page."))
    standing = rules.standing(session, message.author)
    draft = Draft(
        kind=EventKind.MESSAGE,
        actor_key=message.author.actor_key,
        refs={"message": str(message.public_id)},
        by=byline(message.author, standing),
        data=message_data(message),
    )
    with write():
        move(
            message,
            field="status",
            to=MessageStatus.SHOWN,
            transitions=RELEASE,
            conflict=conflict,
        )
        message.seq = append_events(session, [draft])[0].event.seq
        message.save(update_fields=["seq"])
        audit.record(actor=user, action="message.release", obj=message)
    return message
