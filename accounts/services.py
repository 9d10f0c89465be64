"""What happens to accounts. Signing in itself is in :mod:`accounts.sign_in`."""

from __future__ import annotations

from datetime import timedelta

from django.contrib.auth import logout
from django.db.models import Exists, ForeignObjectRel, OuterRef, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts import audit, devices, invitations
from accounts.actor import Actor
from accounts.middleware import CHANNEL_KEY, find_actor
from accounts.models import Block, Device, DeviceMerge, User
from accounts.rules import clean_display_name
from accounts.signals import sessions_revoked
from core.errors import NotAllowed
from core.texts import given_reason, require_reason
from core.transactions import write

#: As long as the column.
MAX_REASON = 200


def welcome(*, request: HttpRequest, user: User) -> None:
    """Finish a sign-in: the device becomes the account's, promised roles are given.

    Called by the sign-in machinery once every step, a second factor included, was taken.
    """
    with write():
        merge_device(
            user=user,
            device_key=devices.read(request),
            channel_code=request.session.get(CHANNEL_KEY, ""),
        )
        invitations.claim_all(user=user)
        audit.record(actor=user, action="account.sign_in", obj=user)
    request.actor = find_actor(request)  # type: ignore[attr-defined]


def merge_device(*, user: User, device_key: str, channel_code: str = "") -> DeviceMerge | None:
    """State, once and dated, that the device with this (signed) key belongs to ``user``.

    A key that only a cookie knew so far gets its row now, with the entry channel.
    """
    if not device_key:
        return None
    with write():
        device, _new = Device.objects.get_or_create(
            actor_key=device_key, defaults={"channel_code": channel_code}
        )
        return DeviceMerge.objects.get_or_create(device=device, user=user)[0]


def rename(*, actor: Actor, display_name: str) -> User:
    """Change what the person is called (称呼). Raises ``Invalid`` with code ``name_invalid``."""
    user = actor.require_user()
    name = clean_display_name(display_name)
    if name == user.display_name:
        return user
    with write():
        User.objects.filter(pk=user.pk).update(display_name=name)
        audit.record(actor=user, action="account.rename", obj=user)
    user.display_name = name
    return user


def sign_out(request: HttpRequest) -> None:
    """End this browser's session. The entry channel stays: it belongs to the device."""
    channel = request.session.get(CHANNEL_KEY, "")
    logout(request)
    if channel:
        request.session[CHANNEL_KEY] = channel


def sign_out_everywhere(*, actor: Actor) -> User:
    """End every session of the account, on every device."""
    user = actor.require_user()
    with write():
        _revoke_sessions(user)
        audit.record(actor=user, action="account.sign_out_everywhere", obj=user)
    return user


def block_account(*, actor: Actor, user: User, reason: str) -> User:
    """Block an account: its sessions end now, it cannot sign in, its figures are excluded.

    The caller has checked that ``actor`` may. Blocking a blocked account changes nothing. Raises
    ``Invalid`` without a reason and ``NotAllowed`` for oneself or an administrator.
    """
    by = actor.require_user()
    if user.pk == by.pk or user.is_superuser:
        raise NotAllowed("cannot_block", _("You cannot block yourself or an administrator."))
    reason = require_reason(reason, limit=MAX_REASON)
    with write():
        if User.objects.filter(pk=user.pk, is_active=True).update(is_active=False):
            Block.objects.create(user=user, blocked=True, by=by, reason=reason)
            _revoke_sessions(user)
            audit.record(actor=by, action="account.block", obj=user, reason=reason)
    user.refresh_from_db()
    return user


def unblock_account(*, actor: Actor, user: User, reason: str = "") -> User:
    """Lift a block. Sessions that ended stay ended. The caller has checked that ``actor`` may."""
    by = actor.require_user()
    reason = given_reason(reason, limit=MAX_REASON)
    with write():
        if User.objects.filter(pk=user.pk, is_active=False).update(is_active=True):
            Block.objects.create(user=user, blocked=False, by=by, reason=reason)
            audit.record(actor=by, action="account.unblock", obj=user, reason=reason)
    user.refresh_from_db()
    return user


def prune_unverified(*, older_than: timedelta = timedelta(days=1)) -> int:
    """Remove accounts that were made by asking for a code and never signed in; return how many.

    An account that anything else refers to (an intent taken down by phone) is kept.
    """
    stale = User.objects.filter(
        phone_verified_at=None,
        last_login=None,
        is_superuser=False,
        created_at__lt=timezone.now() - older_than,
    )
    with write():
        return _unreferenced(stale).delete()[1].get(User._meta.label, 0)


def _unreferenced(users: QuerySet[User]) -> QuerySet[User]:
    """Those of ``users`` that no row of any table points to."""
    for relation in User._meta.get_fields(include_hidden=True):
        if isinstance(relation, ForeignObjectRel) and not relation.many_to_many:
            points_here = {relation.field.name: OuterRef("pk")}
            rows = relation.related_model._base_manager.filter(**points_here)
            users = users.exclude(Exists(rows))
    return users


def _revoke_sessions(user: User) -> None:
    """Make every session of the account invalid: sessions carry a hash of this field.

    Nobody signs in with a password, so a new unusable one takes nothing away.
    """
    user.set_unusable_password()
    user.save(update_fields=["password"])
    sessions_revoked.send(sender=User, user=user)
