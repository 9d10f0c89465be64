"""推流段: what is published to a session, one connection at a time.

A take begins when a publisher is let in, is *up* once its playlist can be played, beats every two
seconds while the process that receives it lives, and ends once: by its publisher, by the crew, or
because nobody heard of it any more. Being up is what puts a session on air.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Max, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts import audit
from accounts.actor import Actor
from accounts.models import User
from core.errors import Conflict, NotFound
from core.transactions import write
from livestream import rules
from livestream.enums import KeyKind, PublishPath, TakeEnd
from livestream.models import Session, Take
from livestream.services import air, stream_keys
from livestream.services.locking import locked

BEAT_S: Final = 2.0
#: A take that has not beaten for this long has lost its process.
LOST_AFTER: Final = timedelta(seconds=8)
#: No picture was taken longer before its connection began, whatever its times say: an encoder, or a
#: relay in front of it, holds a group of pictures at most.
EARLIEST: Final = timedelta(seconds=10)
#: Workers look for such this often.
REAP_S: Final = 4.0


def begin_take(
    *,
    session: UUID,
    secret: str,
    connection_id: str,
    path: PublishPath,
    began_at: datetime | None = None,
) -> Take:
    """Let a publisher in. ``connection_id`` names the connection, once and for ever.

    ``began_at``: when the connection began, of one that is heard of later (default: now).
    Raises :class:`NotAllowed` (``stream_key_wrong``; also for a session that does not exist, and
    for the key of somebody who works there no more) and :class:`Conflict`: ``stream_source``,
    ``session_state``, or ``stream_taken`` while somebody publishes or for a connection that was
    let in before. A take that lost its process makes way.
    """
    began_at = began_at or timezone.now()
    stream_keys.require_valid(session, secret)  # whoever guesses keys takes no lock
    with write():
        found = locked(session)
        key = stream_keys.key_for(found, secret)
        stream_keys.require_publishable(found)
        for lost in _open_takes().filter(session=found):
            if _gives_way(lost, path, began_at):
                air.finish_take(lost, TakeEnd.LOST)
        last = Take.objects.filter(session=found).aggregate(last=Max("number"))["last"]
        take = Take(
            session=found,
            number=(last or 0) + 1,
            connection_id=connection_id,
            path=path,
            key=key,
            started_at=began_at,
        )
        try:
            with transaction.atomic():
                take.save(force_insert=True)
        except IntegrityError:
            text = _("Somebody is publishing to this session already.")
            raise Conflict("stream_taken", text) from None
    return take


def _gives_way(take: Take, newcomer: PublishPath, began_at: datetime) -> bool:
    """Whether an open take is over in fact.

    A cloud does not beat. It lets one publisher in at a time: when it reports another, the
    former is gone. It may report late: then the former is the one that it reports.
    """
    if take.path == PublishPath.CLOUD:
        return newcomer == PublishPath.CLOUD and take.started_at <= began_at
    return _is_lost(take)


def _is_lost(take: Take) -> bool:
    return take.beat_at < timezone.now() - LOST_AFTER


def take_up(*, take: Take, first_at: datetime) -> bool:
    """The take can be played: session live, on air from programme time ``first_at``; once.

    ``False``: the take has ended, stop publishing.
    """
    with write():
        current = _locked(take)
        if current is None or current.ended_at is not None:
            return False
        if current.up_at is not None:
            return True
        first_at = max(first_at, current.started_at - EARLIEST)
        current.up_at = current.beat_at = timezone.now()
        current.first_at = first_at
        current.save(update_fields=["up_at", "beat_at", "first_at"])
        air.go_live(air.issuer(current), current.session)
        air.begin_measured(current, first_at)
    return True


def beat(*, take: Take, last_at: datetime | None = None) -> bool:
    """Say that the take lives, and the programme time of its last picture; every two seconds.

    ``False``: the take has ended (cut, revoked, session over, given up as lost): stop publishing.
    """
    values = {"beat_at": timezone.now()} | ({} if last_at is None else {"last_at": last_at})
    with write():
        return bool(Take.objects.filter(pk=take.pk, ended_at=None).update(**values))


def end_take(
    *, take: Take, reason: TakeEnd, last_at: datetime | None = None, trouble: str = ""
) -> Take:
    """End a take, and its time on air at programme time ``last_at``. Ended already: nothing.

    It never touches another take: the late goodbye of an older connection ends nothing newer.
    """
    with write():
        current = _locked(take)
        if current is not None and current.ended_at is None:
            air.finish_take(current, reason, last_at=last_at, trouble=trouble)
    return current or take


def cut(*, actor: Actor, session: Session) -> Take | None:
    """断播: off air at once. Revokes every key, ends what is published or marked; for the crew.

    Returns the take that was cut, if there was one. Publishers are thrown out within a beat.
    """
    user = actor.require_user()
    rules.require_console(session, user)
    with write():
        found = locked(session.public_id)
        take = stop_publishing(user, found, TakeEnd.CUT)
        air.end_marked(user, found, why="break", cut=True)
        diff = {} if take is None else {"take": [take.number, None]}
        audit.record(actor=user, action="session.cut", obj=found, diff=diff)
    return take


def take_over(*, actor: Actor, session: Session) -> stream_keys.Issued:
    """:func:`cut`, and a browser's key in the place of what was cut: both or neither."""
    with write():
        cut(actor=actor, session=session)
        return stream_keys.issue_key(actor=actor, session=session, kind=KeyKind.BROWSER)


def stop_publishing(user: User, session: Session, end: TakeEnd) -> Take | None:
    """Revoke every key and end what is published, in the caller's transaction and authority."""
    take = _open_takes().filter(session=session).first()
    if take is not None:
        air.finish_take(take, end, user=user)
    stream_keys.revoke(user, session)
    return take


def reap_takes() -> int:
    """End the takes that lost their process; return how many.

    What a killed server leaves behind; every worker looks at its start and every ``REAP_S``.
    """
    silent = _open_takes().filter(beat_at__lt=timezone.now() - LOST_AFTER)
    reaped = 0
    for lost in silent.exclude(path=PublishPath.CLOUD):
        with write():
            current = _locked(lost)
            if current is not None and current.ended_at is None and _is_lost(current):
                air.finish_take(current, TakeEnd.LOST)
                reaped += 1
    return reaped


def _open_takes() -> QuerySet[Take]:
    return Take.objects.filter(ended_at=None).select_related("session", "key__issued_by")


def _locked(take: Take) -> Take | None:
    """The take as it is now, under its session's lock; ``None``: deleted with its rehearsal."""
    try:
        session = locked(take.session.public_id)
    except NotFound:
        return None
    current = Take.objects.select_related("key__issued_by").filter(pk=take.pk).first()
    if current is not None:
        current.session = session
    return current
