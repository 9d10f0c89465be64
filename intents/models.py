"""Intents, the consent they rest on, and every step they took."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.db import PublicModel, one_of
from employers.models import Employer, EmployerMember, Vacancy, VacancyRevision
from fairs.enums import StaffRole
from fairs.models import EntryChannel, Fair, FairStaff
from intents.enums import EventChannel, EventKind, Level, MomentSource, Outcome
from livestream.models import Session

if TYPE_CHECKING:
    from accounts.models import User


class Consent(PublicModel):
    """A seeker's separate consent to hand their contact to one employer.

    ``version`` names the text in ``intents.consent`` that was shown: recipient, purpose, data.
    """

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="consents"
    )
    recipient = models.ForeignKey(Employer, on_delete=models.PROTECT, related_name="+")
    version = models.CharField(max_length=20)
    given_at = models.DateTimeField(default=timezone.now)
    withdrawn_at = models.DateTimeField(null=True, blank=True)


class IntentQuerySet(models.QuerySet["Intent"]):
    def of_seeker(self, user: User) -> IntentQuerySet:
        return self.filter(seeker=user)

    def answered_by(self, user: User) -> IntentQuerySet:
        """Intents that ``user`` may answer: for their employers, or as manager of the fair."""
        if user.is_superuser:
            return self.all()
        employers = EmployerMember.objects.filter(person=user).values("employer")
        managed = FairStaff.objects.filter(
            person=user, ended_at__isnull=True, role=StaffRole.MANAGER
        ).values("fair")
        return self.filter(Q(vacancy__employer__in=employers) | Q(fair__in=managed))

    def visible_to(self, user: User | None) -> IntentQuerySet:
        """A seeker's own intents and those that ``user`` may answer."""
        if user is None:
            return self.none()
        return self.of_seeker(user) | self.answered_by(user)

    def live(self) -> IntentQuerySet:
        return self.filter(outcome=Outcome.LIVE)

    def for_lists(self) -> IntentQuerySet:
        """Everything a line in a list shows, in a bounded number of queries."""
        return self.select_related(
            "vacancy__employer", "session", "seeker", "fair", "revision", "consent"
        ).prefetch_related("events")


class Intent(PublicModel):
    """意向: one expression of one seeker's wish for one vacancy, and where it came from.

    ``pin_seq`` is the card on the screen at the first tap; ``seen_raw`` the broadcast moment as
    reported, ``seen_at`` the same clamped to the session's on-air intervals.
    """

    fair = models.ForeignKey(Fair, on_delete=models.PROTECT, related_name="intents")
    vacancy = models.ForeignKey(Vacancy, on_delete=models.PROTECT, related_name="intents")
    revision = models.ForeignKey(VacancyRevision, on_delete=models.PROTECT, related_name="intents")
    seeker = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="intents"
    )
    client_id = models.UUIDField()
    level = models.PositiveSmallIntegerField(choices=Level.choices, default=Level.EXPRESSED)
    outcome = models.CharField(max_length=9, choices=Outcome.choices, default=Outcome.LIVE)
    reason = models.CharField(max_length=300, blank=True)

    session = models.ForeignKey(
        Session, on_delete=models.PROTECT, null=True, blank=True, related_name="intents"
    )
    pin_seq = models.PositiveBigIntegerField(null=True, blank=True)
    seen_raw = models.DateTimeField(null=True, blank=True)
    seen_at = models.DateTimeField(null=True, blank=True)
    moment_source = models.CharField(
        max_length=9, choices=MomentSource.choices, default=MomentSource.NONE
    )
    entry_channel = models.ForeignKey(
        EntryChannel, on_delete=models.PROTECT, null=True, blank=True, related_name="intents"
    )
    consent = models.ForeignKey(Consent, on_delete=models.PROTECT, related_name="intents")
    groups = models.JSONField(default=list)

    name = models.CharField(_("how to call you"), max_length=40, blank=True)
    trade = models.CharField(_("trade"), max_length=60, blank=True)
    years = models.PositiveSmallIntegerField(_("years in the trade"), null=True, blank=True)
    certificates = models.CharField(_("certificates"), max_length=200, blank=True)
    call_me = models.BooleanField(_("please call me"), default=False)
    revealed_at = models.DateTimeField(null=True, blank=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects: ClassVar[models.Manager[Intent]] = IntentQuerySet.as_manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["-created_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["seeker", "vacancy"],
                condition=Q(outcome=Outcome.LIVE),
                name="intent_live_once",
            ),
            models.UniqueConstraint(fields=["seeker", "client_id"], name="intent_client_id_once"),
            models.CheckConstraint(condition=Q(level__in=Level.values), name="intent_level_known"),
            models.CheckConstraint(
                condition=one_of("outcome", Outcome), name="intent_outcome_known"
            ),
            models.CheckConstraint(
                condition=one_of("moment_source", MomentSource), name="intent_moment_source_known"
            ),
            models.CheckConstraint(
                condition=Q(moment_source=MomentSource.NONE) | Q(seen_at__isnull=False),
                name="intent_moment_has_time",
            ),
            models.CheckConstraint(
                condition=Q(revealed_at__isnull=True) | Q(level__gte=Level.MATCHED),
                name="intent_revealed_after_match",
            ),
        ]
        indexes = [models.Index(fields=["fair", "created_at"], name="intent_by_fair")]

    @property
    def is_live(self) -> bool:
        return self.outcome == Outcome.LIVE


class IntentEvent(models.Model):
    """One step of an intent. Append-only; ``seq`` is gap-free per fair."""

    fair = models.ForeignKey(Fair, on_delete=models.PROTECT, related_name="intent_events")
    seq = models.PositiveBigIntegerField()
    intent = models.ForeignKey(Intent, on_delete=models.PROTECT, related_name="events")
    kind = models.CharField(max_length=16, choices=EventKind.choices)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    on_behalf_of = models.UUIDField(null=True, blank=True)
    channel = models.CharField(
        max_length=6, choices=EventChannel.choices, default=EventChannel.SELF
    )
    evidence = models.CharField(max_length=300, blank=True)
    reason = models.CharField(max_length=300, blank=True)
    effective_on = models.DateField(null=True, blank=True)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering: ClassVar[list[str]] = ["fair", "seq"]
        constraints = [
            models.UniqueConstraint(fields=["fair", "seq"], name="intent_event_seq_once"),
            models.CheckConstraint(
                condition=one_of("kind", EventKind), name="intent_event_kind_known"
            ),
            models.CheckConstraint(
                condition=one_of("channel", EventChannel), name="intent_event_channel_known"
            ),
            models.CheckConstraint(condition=Q(seq__gte=1), name="intent_event_seq_from_one"),
        ]
