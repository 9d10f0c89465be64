"""Chat: what people write in a room."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts import audit
from accounts.actor import Actor
from accounts.models import User
from core import buckets
from core.db import move
from core.errors import Conflict, DomainError, NotFound, NotSignedIn, RateLimited
from core.ids import new_id
from core.texts import clean_text
from core.transactions import write
from fairs.enums import PUBLIC_FAIRS
from livestream import rules
from livestream.enums import EventKind, MessageStatus, RoomRole
from livestream.log import Draft, append_events, message_data
from livestream.models import Message, RoomEvent, Session
from livestream.services.locking import lock
from livestream.services.room import byline, entry_of, shown_name

RELEASE: dict[str, frozenset[str]] = {MessageStatus.SHOWN: frozenset({MessageStatus.HELD})}

Outcome = tuple[Message, bool] | DomainError


@dataclass(frozen=True, slots=True)
class Post:
    """A message somebody wants in a room. Its text is as it was typed."""

    actor_key: str
    client_id: UUID
    text: str
    device_key: str = ""


def post_message(
    *, actor: Actor, session: Session, client_id: UUID, text: str
) -> tuple[Message, bool]:
    """Store a chat message and publish it; return it and whether it is new.

    The same ``client_id`` again is the same message; with another text it is a
    :class:`Conflict`. In a room that holds messages a viewer's message is stored as held and its
    entry is an empty tombstone until a moderator releases it.
    """
    post = Post(actor.require_user().actor_key, client_id, text, actor.device_key)
    [outcome] = post_messages(session=session, posts=[post])
    if isinstance(outcome, DomainError):
        raise outcome
    return outcome


def post_messages(*, session: Session, posts: Sequence[Post]) -> list[Outcome]:
    """Store several people's messages in one transaction; an outcome for each, in order.

    What :func:`post_message` would raise for one of them is its outcome, and no other's business.
    The number of queries does not depend on how many there are.
    """
    return _Batch(session, posts).store()


class _Batch:
    """Messages on their way into one room."""

    def __init__(self, session: Session, posts: Sequence[Post]) -> None:
        self.session = session
        self.posts = posts
        self.outcomes: dict[int, Outcome] = {}
        self.is_public = session.rehearsal_of_id is None and session.fair.status in PUBLIC_FAIRS
        keys = {post.actor_key for post in posts}
        people = list(User.objects.filter(actor_key__in=keys, is_active=True))
        standings = rules.standings(session, people)
        self.people = {person.actor_key: (person, standings[person.pk]) for person in people}

    def store(self) -> list[Outcome]:
        messages = self._within_limits(self._checked(range(len(self.posts))))
        if messages:
            self._append(messages)
        self._find_stored()
        return [self.outcomes[place] for place in range(len(self.posts))]

    def _find_stored(self) -> None:
        """Look whether what was refused had been stored by an earlier try: then that is said."""
        refused: dict[tuple[str, UUID], list[int]] = defaultdict(list)
        for place, outcome in self.outcomes.items():
            if isinstance(outcome, DomainError):
                post = self.posts[place]
                refused[post.actor_key, post.client_id].append(place)
        if not refused:
            return
        ids = [client_id for _key, client_id in refused]
        for event in RoomEvent.objects.filter(session=self.session, client_id__in=ids):
            if event.client_id is not None:
                for place in refused.get((event.actor_key, event.client_id), ()):
                    self._answer_with(place, event)

    def _checked(self, places: Iterable[int]) -> dict[int, Message]:
        """The messages that may be written at all."""
        messages = {}
        for place in places:
            try:
                messages[place] = self._message(self.posts[place])
            except DomainError as error:
                self.outcomes[place] = error
        return messages

    def _message(self, post: Post) -> Message:
        user, standing = self.people.get(post.actor_key, (None, rules.VISITOR))
        if not self.is_public and not self._may_see(user):
            raise NotFound
        if user is None:
            raise NotSignedIn
        text = clean_text(post.text, limit=rules.MAX_MESSAGE)
        rules.require_unsanctioned(standing)
        rules.require_talking(self.session, standing)
        rules.require_account_age(self.session, user, standing)
        rules.require_no_phone(standing, text)
        because = rules.require_unlisted(self.session, standing, text)
        first = self.session.hold_messages and standing.role == RoomRole.SEEKER
        return Message(
            public_id=new_id(),
            session=self.session,
            author=user,
            name=shown_name(user),
            role=standing.role,
            text=text,
            status=MessageStatus.HELD if because or first else MessageStatus.SHOWN,
            held_because=because,
        )

    def _may_see(self, user: User | None) -> bool:
        return Session.objects.visible_to(user).filter(pk=self.session.pk).exists()

    def _within_limits(self, messages: dict[int, Message]) -> dict[int, Message]:
        """Take a turn for each; without one left it is not written now."""
        places = list(messages)
        keys = [f"message:{self.posts[place].actor_key}" for place in places]
        devices = [place for place in places if self.posts[place].device_key]
        keys += [f"message-device:{self.posts[place].device_key}" for place in devices]
        waits = buckets.take_each(
            keys, burst=rules.MESSAGE_LIMIT, per_s=rules.MESSAGE_LIMIT / rules.MESSAGE_PERIOD_S
        )
        for place, wait in zip(places + devices, waits, strict=True):
            if wait and place in messages:
                del messages[place]
                self.outcomes[place] = RateLimited(wait)
        return self._in_slow_mode(messages) if self.session.slow_mode_s else messages

    def _in_slow_mode(self, messages: dict[int, Message]) -> dict[int, Message]:
        since = timezone.now() - timedelta(seconds=self.session.slow_mode_s)
        authors = {message.author_id for message in messages.values()}
        written: dict[int, datetime] = dict(
            Message.objects.filter(session=self.session, author__in=authors, created_at__gt=since)
            .values_list("author")
            .annotate(Max("created_at"))
        )
        allowed = {}
        for place, message in messages.items():
            last = written.get(message.author_id)
            if last is None or self.people[self.posts[place].actor_key][1].works_here:
                allowed[place] = message
                written[message.author_id] = timezone.now()
            else:
                wait = int((last - since).total_seconds()) + 1
                text = _("Slow mode: you can write again in %(n)d seconds.") % {"n": wait}
                self.outcomes[place] = RateLimited(wait, text)
        return allowed

    def _append(self, messages: dict[int, Message]) -> None:
        drafts = [self._draft(place, message) for place, message in messages.items()]
        with write():
            appended = append_events(self.session, drafts)
            new = []
            for message, (event, is_new) in zip(messages.values(), appended, strict=True):
                if is_new:
                    message.seq, message.created_at = event.seq, event.at
                    new.append(message)
            Message.objects.bulk_create(new)
        for (place, message), (event, is_new) in zip(messages.items(), appended, strict=True):
            if is_new:
                self.outcomes[place] = (message, True)
            else:  # sent twice at the same moment
                self._answer_with(place, event)

    def _draft(self, place: int, message: Message) -> Draft:
        post = self.posts[place]
        user, standing = self.people[post.actor_key]
        held = message.status == MessageStatus.HELD
        return Draft(
            kind=EventKind.MESSAGE,
            actor_key=post.actor_key,
            client_id=post.client_id,
            refs={"message": str(message.public_id)},
            by=None if held else byline(user, standing),
            data={"hidden": MessageStatus.HELD} if held else message_data(message),
        )

    def _answer_with(self, place: int, event: RoomEvent) -> None:
        """Give a retry the message its first try stored, if that says the same."""
        message = Message.objects.filter(public_id=event.refs.get("message")).first()
        if event.kind != EventKind.MESSAGE or message is None or not self._says(place, message):
            text = _("This message was sent before with another text.")
            self.outcomes[place] = Conflict("client_id_used", text)
        else:
            self.outcomes[place] = (message, False)

    def _says(self, place: int, message: Message) -> bool:
        try:
            text = clean_text(self.posts[place].text, limit=rules.MAX_MESSAGE)
        except DomainError:
            return False
        return text == message.text


def release_message(*, actor: Actor, message: Message) -> Message:
    """Show a held message. It takes a new place in the log; its old one stays empty."""
    user = actor.require_user()
    session = message.session
    rules.require_moderator(session, user)
    conflict = Conflict("message_state", _("Somebody has decided this already. Reload the page."))
    draft = entry_of(message, rules.standing(session, message.author))
    with write():
        lock(session)
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
