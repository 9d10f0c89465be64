"""People, their devices, invitations and the audit trail."""

from __future__ import annotations

import secrets
from typing import Any, ClassVar

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.enums import InvitationScope
from core.db import PublicModel, one_of
from core.phones import mask


def new_actor_key() -> str:
    """Return a random pseudonym that stands for a person in logs (never derived from them)."""
    return secrets.token_hex(12)


class UserManager(BaseUserManager["User"]):
    """Users are known by phone number; there are no passwords except for superusers."""

    def create_user(self, phone: str, password: str | None = None, **fields: Any) -> User:
        """Create an account. ``phone`` is E.164, for example ``+8613800000001``."""
        user = self.model(phone=phone, **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, phone: str, password: str | None = None, **fields: Any) -> User:
        """Create the installation's administrator."""
        return self.create_user(
            phone, password, is_superuser=True, phone_verified_at=timezone.now(), **fields
        )


class User(AbstractBaseUser, PermissionsMixin, PublicModel):
    """A person with an account. What they may do follows from role rows elsewhere.

    ``display_name`` is the 称呼 shown to others; a real name is never required.
    """

    phone = models.CharField(_("phone"), max_length=20, unique=True)
    phone_verified_at = models.DateTimeField(null=True, blank=True)
    display_name = models.CharField(_("how to call you"), max_length=40, blank=True)
    email = models.EmailField(blank=True)
    actor_key = models.CharField(max_length=24, unique=True, default=new_actor_key, editable=False)
    is_active = models.BooleanField(default=True)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "phone"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(phone__regex=r"^\+[1-9][0-9]{6,14}$"), name="user_phone_is_e164"
            )
        ]

    def __str__(self) -> str:
        return self.display_name or self.masked_phone

    @property
    def is_staff(self) -> bool:
        """Whether Django's admin lets this person in: the superuser only."""
        return self.is_superuser

    @property
    def masked_phone(self) -> str:
        """The phone number with its middle hidden, fit for any page or log: ``138****0001``."""
        return mask(self.phone)


class Block(models.Model):
    """A dated decision that an account is blocked, or no longer is. Append-only."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="blocks")
    blocked = models.BooleanField()
    by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    reason = models.CharField(max_length=200)
    at = models.DateTimeField(default=timezone.now)


class Device(PublicModel):
    """A browser that holds our signed device cookie; the person behind it may be unknown."""

    actor_key = models.CharField(max_length=24, unique=True, default=new_actor_key, editable=False)
    channel_code = models.CharField(max_length=32, blank=True)


class DeviceMerge(models.Model):
    """A dated statement that a device belongs to an account, made at sign-in. Append-only."""

    device = models.ForeignKey(Device, on_delete=models.PROTECT, related_name="merges")
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="device_merges")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["device", "user"], name="device_merged_once_per_user")
        ]


class Invitation(PublicModel):
    """A role promised to a phone number, claimed when that number signs in verified.

    ``target`` is the public id of the employer, fair or session; ``role`` is a value of that
    application's role choices; ``on_behalf_of`` is the public id of the employer that a role at a
    session speaks for. Upper applications claim through ``accounts.signals``.
    """

    phone = models.CharField(max_length=20, db_index=True)
    scope = models.CharField(max_length=10, choices=InvitationScope.choices)
    target = models.UUIDField()
    role = models.CharField(max_length=20)
    on_behalf_of = models.UUIDField(null=True, blank=True)
    invited_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    claimed_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="invitations"
    )
    claimed_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=one_of("scope", InvitationScope), name="invitation_scope_known"
            ),
            models.CheckConstraint(
                condition=Q(claimed_by__isnull=True, claimed_at__isnull=True)
                | Q(claimed_by__isnull=False, claimed_at__isnull=False),
                name="invitation_claim_is_dated",
            ),
            models.CheckConstraint(
                condition=Q(claimed_at__isnull=True) | Q(revoked_at__isnull=True),
                name="invitation_claimed_or_revoked",
            ),
            models.UniqueConstraint(
                fields=["phone", "scope", "target", "role"],
                condition=Q(claimed_at__isnull=True, revoked_at__isnull=True),
                name="invitation_open_once",
            ),
        ]


class AuditEvent(models.Model):
    """Who did what to which thing, and why. Append-only, written by the service that did it.

    ``diff`` maps field names to ``[before, after]`` with personal data masked.
    """

    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    on_behalf_of = models.UUIDField(null=True)
    action = models.CharField(max_length=60, db_index=True)
    object_type = models.CharField(max_length=60)
    object_id = models.UUIDField(null=True)
    reason = models.CharField(max_length=500, blank=True)
    diff = models.JSONField(default=dict)
    at = models.DateTimeField(default=timezone.now, db_index=True)

    class Meta:
        ordering: ClassVar[list[Any]] = [F("id").desc()]
        indexes = [models.Index(fields=["object_type", "object_id"], name="audit_by_object")]
