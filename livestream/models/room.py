"""The room log, and the text and cards beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from core.db import PublicModel, one_of
from employers.models import VacancyRevision
from fairs.enums import StaffRole
from fairs.models import Fair
from livestream.enums import (
    EventKind,
    MessageStatus,
    RoomRole,
    SanctionKind,
)
from livestream.models.session import RunSheetItem, Session

if TYPE_CHECKING:
    from accounts.models import User


class RoomEvent(models.Model):
    """One entry of the room log: append-only, ``seq`` gap-free per session.

    Written by ``livestream.log.append_events`` and nothing else. Holds ids and a pseudonymous
    person key; text lives in Message and Question, where it can be redacted.
    """

    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="events")
    seq = models.PositiveBigIntegerField()
    kind = models.CharField(max_length=20, choices=EventKind.choices)
    actor_key = models.CharField(max_length=24, blank=True)
    client_id = models.UUIDField(null=True)
    refs = models.JSONField(default=dict)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering: ClassVar[list[str]] = ["session", "seq"]
        constraints = [
            models.UniqueConstraint(fields=["session", "seq"], name="room_event_seq_once"),
            models.UniqueConstraint(
                fields=["session", "actor_key", "client_id"],
                condition=Q(client_id__isnull=False),
                name="room_event_client_id_once",
            ),
            models.CheckConstraint(
                condition=one_of("kind", EventKind), name="room_event_kind_known"
            ),
            models.CheckConstraint(condition=Q(seq__gte=1), name="room_event_seq_from_one"),
        ]


class Message(PublicModel):
    """The text of a chat message, beside its log entry ``seq``."""

    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="messages")
    seq = models.PositiveBigIntegerField()
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="room_messages"
    )
    name = models.CharField(max_length=40)
    role = models.CharField(max_length=8, choices=RoomRole.choices, default=RoomRole.SEEKER)
    text = models.CharField(max_length=500)
    status = models.CharField(
        max_length=8, choices=MessageStatus.choices, default=MessageStatus.SHOWN
    )
    #: The listed word that held the message back; empty where the room reviews first.
    held_because = models.CharField(max_length=60, blank=True)
    removed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    removed_at = models.DateTimeField(null=True)
    removed_reason = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["session", "seq"], name="message_seq_once"),
            models.CheckConstraint(
                condition=one_of("status", MessageStatus), name="message_status_known"
            ),
            models.CheckConstraint(condition=one_of("role", RoomRole), name="message_role_known"),
            models.CheckConstraint(
                condition=~Q(status=MessageStatus.REMOVED) | Q(removed_at__isnull=False),
                name="message_removed_is_dated",
            ),
        ]
        indexes = [
            models.Index(
                fields=["session", "created_at"],
                condition=Q(status=MessageStatus.HELD),
                name="message_held",
            )
        ]


class Pin(models.Model):
    """讲解中: the vacancies presented from log entry ``seq`` until ``ended_at``."""

    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="pins")
    seq = models.PositiveBigIntegerField()
    item = models.ForeignKey(
        RunSheetItem, on_delete=models.SET_NULL, null=True, blank=True, related_name="pins"
    )
    started_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["session", "seq"], name="pin_seq_once"),
            models.UniqueConstraint(
                fields=["session"], condition=Q(ended_at__isnull=True), name="pin_one_current"
            ),
        ]


class PinVacancy(models.Model):
    """A vacancy, in the revision that was shown, on a pin."""

    pin = models.ForeignKey(Pin, on_delete=models.CASCADE, related_name="shown")
    revision = models.ForeignKey(VacancyRevision, on_delete=models.PROTECT, related_name="pins")
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering: ClassVar[list[str]] = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["pin", "revision"], name="pin_revision_once")
        ]


class SanctionQuerySet(models.QuerySet["Sanction"]):
    def in_force(self) -> SanctionQuerySet:
        """Neither lifted nor over."""
        return self.filter(Q(until=None) | Q(until__gt=timezone.now()), lifted_at=None)

    def decided_by(self, user: User) -> SanctionQuerySet:
        """Those ``user`` may see and lift: of rooms they moderate, of fairs they are staff of."""
        if user.is_superuser:
            return self.all()
        fairs = Fair.objects.staffed_by(user, StaffRole.MANAGER, StaffRole.MODERATOR)
        return self.filter(
            Q(session__in=Session.objects.moderated_by(user)) | Q(session=None, fair__in=fairs)
        )


class Sanction(PublicModel):
    """A mute or a ban, in one room or the whole fair, for a time or until lifted."""

    fair = models.ForeignKey(Fair, on_delete=models.CASCADE, related_name="sanctions")
    session = models.ForeignKey(
        Session, on_delete=models.CASCADE, null=True, blank=True, related_name="sanctions"
    )
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="sanctions"
    )
    kind = models.CharField(max_length=4, choices=SanctionKind.choices)
    until = models.DateTimeField(null=True, blank=True)
    lifted_at = models.DateTimeField(null=True, blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    reason = models.CharField(max_length=200)

    objects: ClassVar[models.Manager[Sanction]] = SanctionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=one_of("kind", SanctionKind), name="sanction_kind_known"
            )
        ]
