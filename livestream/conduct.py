"""Reading rooms for those who moderate them: messages of all rooms, and one person's conduct.

Everything goes through what the moderator may see: messages of rooms they moderate, sanctions of
those rooms and of fairs they are staff of. No phone number is read here.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from accounts.models import Block, User
from core.errors import NotFound
from livestream.enums import MessageStatus
from livestream.models import Message, Sanction, Session
from livestream.models.room import SanctionQuerySet
from livestream.services.room import shown_name


def messages_for(user: User) -> QuerySet[Message]:
    """Messages of the rooms that ``user`` moderates, with ``removed_before``.

    That is how many messages of the same author were removed in these rooms.
    """
    mine = Message.objects.filter(session__in=Session.objects.moderated_by(user))
    removed = (
        mine.filter(author=OuterRef("author"), status=MessageStatus.REMOVED)
        .order_by()
        .values("author")
        .annotate(n=Count("pk"))
        .values("n")
    )
    return mine.select_related("session__fair", "author", "removed_by").annotate(
        removed_before=Coalesce(Subquery(removed), 0)
    )


def sanctions_for(user: User) -> SanctionQuerySet:
    """Mutes and bans that ``user`` may see and lift, newest first."""
    return (
        Sanction.objects.decided_by(user)
        .select_related("session__fair", "fair", "person", "by")
        .order_by("-created_at", "-pk")
    )


@dataclass(frozen=True, slots=True)
class Conduct:
    """What one person did in the rooms of one moderator."""

    person: User
    name: str
    written: int
    held: int
    removed: int
    sanctions: list[Sanction]
    rooms: list[Session]
    #: The decision by which the account is blocked now.
    block: Block | None


def conduct_of(user: User, public_id: UUID) -> Conduct:
    """The conduct of a person who wrote or was sanctioned where ``user`` moderates.

    Of anybody else there is nothing to see: :class:`NotFound`.
    """
    person = User.objects.filter(public_id=public_id).first()
    if person is None:
        raise NotFound
    rooms = Session.objects.moderated_by(user).select_related("fair")
    messages = Message.objects.filter(author=person, session__in=rooms)
    counted = dict(messages.values_list("status").annotate(Count("pk")))
    sanctions = list(sanctions_for(user).filter(person=person))
    if not counted and not sanctions:
        raise NotFound
    written_in = rooms.filter(pk__in=messages.values("session")).order_by("-starts_at")
    return Conduct(
        person=person,
        name=shown_name(person),
        written=sum(counted.values()),
        held=counted.get(MessageStatus.HELD, 0),
        removed=counted.get(MessageStatus.REMOVED, 0),
        sanctions=sanctions,
        rooms=list(written_in[:50]),
        block=_block_of(person),
    )


def _block_of(person: User) -> Block | None:
    if person.is_active:
        return None
    return person.blocks.filter(blocked=True).select_related("by").order_by("-pk").first()
