"""Employers: who they are, who works for them, and how they were verified."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from django.conf import settings
from django.core.files.storage import storages
from django.core.files.storage.base import Storage
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.db import PublicModel, one_of
from core.files import random_name
from employers.enums import (
    ClaimStatus,
    DocumentKind,
    EmployerKind,
    EmployerRole,
    EmployerStatus,
)

if TYPE_CHECKING:
    from accounts.models import User


def private_storage() -> Storage:
    return storages["private"]


class EmployerQuerySet(models.QuerySet["Employer"]):
    def known(self) -> EmployerQuerySet:
        """Employers that stand for themselves: merged ones live on in their successor."""
        return self.exclude(status=EmployerStatus.MERGED)

    def run_by(self, user: User) -> EmployerQuerySet:
        """Employers that ``user`` is a member of."""
        return self.known().filter(members__person=user)


class Employer(PublicModel):
    """用人单位. One row per organisation that recruits at fairs.

    ``credit_code`` is the unified social credit code (GB 32100-2015), upper case, or ``None``
    where it is not known yet.
    """

    name = models.CharField(_("name"), max_length=120, db_index=True)
    credit_code = models.CharField(
        _("unified social credit code"), max_length=18, null=True, blank=True, unique=True
    )
    kind = models.CharField(
        _("kind"), max_length=16, choices=EmployerKind.choices, default=EmployerKind.DIRECT
    )
    hr_licence_no = models.CharField(_("HR service licence number"), max_length=60, blank=True)
    hr_licence_expires = models.DateField(_("HR licence valid until"), null=True, blank=True)
    status = models.CharField(
        max_length=10, choices=EmployerStatus.choices, default=EmployerStatus.DRAFT, db_index=True
    )
    intro = models.TextField(_("introduction"), blank=True)
    industry = models.CharField(_("industry"), max_length=60, blank=True)
    size = models.CharField(_("size"), max_length=40, blank=True)
    address = models.CharField(_("address"), max_length=200, blank=True)
    contact_name = models.CharField(_("contact person"), max_length=40, blank=True)
    contact_phone = models.CharField(_("contact phone"), max_length=30, blank=True)
    logo = models.ImageField(upload_to=random_name, blank=True)
    status_reason = models.CharField(max_length=300, blank=True)
    verified_at = models.DateTimeField(null=True, blank=True)
    recheck_due = models.DateField(null=True, blank=True)
    merged_into = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="merged_from"
    )

    objects: ClassVar[models.Manager[Employer]] = EmployerQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=one_of("status", EmployerStatus), name="employer_status_known"
            ),
            models.CheckConstraint(
                condition=one_of("kind", EmployerKind), name="employer_kind_known"
            ),
            models.CheckConstraint(condition=~Q(name=""), name="employer_is_named"),
            models.CheckConstraint(
                condition=Q(credit_code__isnull=True)
                | Q(credit_code__regex=r"^[0-9A-HJ-NPQRTUWXY]{18}$"),
                name="employer_credit_code_form",
            ),
            models.CheckConstraint(
                condition=Q(status=EmployerStatus.MERGED, merged_into__isnull=False)
                | (~Q(status=EmployerStatus.MERGED) & Q(merged_into__isnull=True)),
                name="employer_merged_names_successor",
            ),
            models.CheckConstraint(
                condition=~Q(status=EmployerStatus.VERIFIED) | Q(verified_at__isnull=False),
                name="employer_verified_is_dated",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("employer-page", args=[self.public_id])

    @property
    def is_verified(self) -> bool:
        return self.status == EmployerStatus.VERIFIED


class EmployerMember(models.Model):
    """A person who works for an employer here."""

    employer = models.ForeignKey(Employer, on_delete=models.CASCADE, related_name="members")
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="employments"
    )
    role = models.CharField(max_length=10, choices=EmployerRole.choices)
    since = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["employer", "person"], name="employer_member_once"),
            models.CheckConstraint(
                condition=one_of("role", EmployerRole), name="employer_member_role_known"
            ),
        ]


class EmployerDocument(PublicModel):
    """A licence, in private storage."""

    employer = models.ForeignKey(Employer, on_delete=models.CASCADE, related_name="documents")
    kind = models.CharField(max_length=20, choices=DocumentKind.choices)
    file = models.FileField(upload_to=random_name, storage=private_storage)
    media_type = models.CharField(max_length=60)
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=one_of("kind", DocumentKind), name="employer_document_kind_known"
            )
        ]


class EmployerReview(models.Model):
    """One decision of staff on an employer. Append-only."""

    employer = models.ForeignKey(Employer, on_delete=models.CASCADE, related_name="reviews")
    verified = models.BooleanField()
    reviewer = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    reason = models.CharField(max_length=300, blank=True)
    exception_reason = models.CharField(max_length=300, blank=True)
    at = models.DateTimeField(default=timezone.now)


class EmployerClaim(PublicModel):
    """A registered employer says that an unclaimed, imported one is itself."""

    unclaimed = models.ForeignKey(Employer, on_delete=models.CASCADE, related_name="claims")
    claimant = models.ForeignKey(Employer, on_delete=models.CASCADE, related_name="claims_made")
    claimed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    status = models.CharField(
        max_length=10, choices=ClaimStatus.choices, default=ClaimStatus.PENDING
    )
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    reason = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["unclaimed", "claimant"],
                condition=Q(status=ClaimStatus.PENDING),
                name="employer_claim_pending_once",
            ),
            models.CheckConstraint(
                condition=one_of("status", ClaimStatus), name="employer_claim_status_known"
            ),
            models.CheckConstraint(
                condition=~Q(unclaimed=models.F("claimant")), name="employer_claim_of_another"
            ),
        ]
