"""Job fairs: the frame that sessions, booths, channels and intents belong to."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from django.conf import settings
from django.core.files.storage import storages
from django.core.files.storage.base import Storage
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.db import PublicModel, one_of
from core.files import random_name
from employers.models import Employer, Vacancy
from fairs.enums import (
    PUBLIC_FAIRS,
    BoothStatus,
    FairStatus,
    ImportStatus,
    PartnerKind,
    StaffRole,
)

if TYPE_CHECKING:
    from accounts.models import User


def private_storage() -> Storage:
    return storages["private"]


class FairQuerySet(models.QuerySet["Fair"]):
    def public(self) -> FairQuerySet:
        return self.filter(status__in=PUBLIC_FAIRS)

    def staffed_by(self, user: User, *roles: StaffRole) -> FairQuerySet:
        """Fairs where ``user`` holds one of ``roles`` (any role when none is given)."""
        if user.is_superuser:
            return self.all()
        held = FairStaff.objects.filter(person=user, ended_at__isnull=True)
        if roles:
            held = held.filter(role__in=roles)
        return self.filter(pk__in=held.values("fair"))

    def visible_to(self, user: User | None) -> FairQuerySet:
        """Public fairs, and all those that ``user`` works at."""
        if user is None:
            return self.public()
        if user.is_superuser:
            return self.all()
        return self.filter(
            Q(status__in=PUBLIC_FAIRS)
            | Q(pk__in=FairStaff.objects.filter(person=user, ended_at=None).values("fair"))
        )


class Fair(PublicModel):
    """招聘会. ``intent_seq`` is the last number given to an IntentEvent of this fair."""

    slug = models.SlugField(_("address"), max_length=60, unique=True)
    name = models.CharField(_("name"), max_length=80)
    tagline = models.CharField(_("tagline"), max_length=120, blank=True)
    intro = models.TextField(_("introduction"), blank=True)
    cover = models.ImageField(_("cover picture"), upload_to=random_name, blank=True)
    starts_at = models.DateTimeField(_("starts"))
    ends_at = models.DateTimeField(_("ends"))
    status = models.CharField(
        max_length=10, choices=FairStatus.choices, default=FairStatus.DRAFT, db_index=True
    )
    intent_label = models.CharField(
        _("label of the intent button"), max_length=12, blank=True, help_text=_("我要报名")
    )
    vacancy_deadline = models.DateTimeField(_("vacancies are due"), null=True, blank=True)
    two_person_review = models.BooleanField(_("two persons review employers"), default=False)
    contact_phone = models.CharField(_("organiser's phone"), max_length=30, blank=True)
    licence_text = models.CharField(_("licence line"), max_length=200, blank=True)
    intent_seq = models.PositiveBigIntegerField(default=0, editable=False)

    objects: ClassVar[models.Manager[Fair]] = FairQuerySet.as_manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["-starts_at"]
        constraints = [
            models.CheckConstraint(
                condition=one_of("status", FairStatus), name="fair_status_known"
            ),
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")), name="fair_ends_after_start"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("fair-page", args=[self.slug])


class FairPartner(models.Model):
    """An organisation named on the fair: organiser, co-organiser, supporter."""

    fair = models.ForeignKey(Fair, on_delete=models.CASCADE, related_name="partners")
    kind = models.CharField(max_length=12, choices=PartnerKind.choices)
    name = models.CharField(max_length=80)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering: ClassVar[list[str]] = ["position", "id"]
        constraints = [
            models.CheckConstraint(
                condition=one_of("kind", PartnerKind), name="fair_partner_kind_known"
            ),
            models.UniqueConstraint(fields=["fair", "kind", "name"], name="fair_partner_once"),
        ]


class FairStaff(models.Model):
    """A person who works at a fair; ended, never deleted, so that the past can be recounted."""

    fair = models.ForeignKey(Fair, on_delete=models.CASCADE, related_name="staff")
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="fair_roles"
    )
    role = models.CharField(max_length=12, choices=StaffRole.choices)
    since = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["fair", "person", "role"],
                condition=Q(ended_at__isnull=True),
                name="fair_staff_role_once",
            ),
            models.CheckConstraint(
                condition=one_of("role", StaffRole), name="fair_staff_role_known"
            ),
        ]


class Booth(PublicModel):
    """展位: one employer at one fair, with the vacancies it brings."""

    fair = models.ForeignKey(Fair, on_delete=models.CASCADE, related_name="booths")
    employer = models.ForeignKey(Employer, on_delete=models.PROTECT, related_name="booths")
    status = models.CharField(
        max_length=10, choices=BoothStatus.choices, default=BoothStatus.APPLIED
    )
    position = models.PositiveSmallIntegerField(default=0)
    vacancies: models.ManyToManyField[Vacancy, BoothVacancy] = models.ManyToManyField(
        Vacancy, through="BoothVacancy", related_name="booths"
    )

    class Meta:
        ordering: ClassVar[list[str]] = ["position", "id"]
        constraints = [
            models.UniqueConstraint(fields=["fair", "employer"], name="booth_once_per_fair"),
            models.CheckConstraint(
                condition=one_of("status", BoothStatus), name="booth_status_known"
            ),
        ]


class BoothVacancy(models.Model):
    """A vacancy brought to a fair. ``fair`` repeats the booth's for a constraint and an index."""

    booth = models.ForeignKey(Booth, on_delete=models.CASCADE, related_name="brought")
    fair = models.ForeignKey(Fair, on_delete=models.CASCADE, related_name="brought")
    vacancy = models.ForeignKey(Vacancy, on_delete=models.PROTECT, related_name="brought_to")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["fair", "vacancy"], name="vacancy_once_per_fair")
        ]


class EntryChannel(PublicModel):
    """来源: a code on links, posters and share cards (``?c=``)."""

    fair = models.ForeignKey(Fair, on_delete=models.CASCADE, related_name="channels")
    code = models.SlugField(max_length=32)
    name = models.CharField(_("name"), max_length=60)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["fair", "code"], name="entry_channel_code_once")
        ]


class ImportBatch(PublicModel):
    """One spreadsheet: first a preview of every row's fate, then, when confirmed, done.

    ``report`` is the JSON form of the import report: counts and one entry per row that was
    rejected or needs a look.
    """

    fair = models.ForeignKey(Fair, on_delete=models.CASCADE, related_name="imports")
    employer = models.ForeignKey(
        Employer, on_delete=models.PROTECT, null=True, blank=True, related_name="imports"
    )
    file = models.FileField(upload_to=random_name, storage=private_storage)
    filename = models.CharField(max_length=200)
    status = models.CharField(
        max_length=10, choices=ImportStatus.choices, default=ImportStatus.PREVIEWED
    )
    report = models.JSONField(default=dict)
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    confirmed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=one_of("status", ImportStatus), name="import_batch_status_known"
            )
        ]
