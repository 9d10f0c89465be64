"""带岗人: the workers who go on air, and their honours."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.core.files.storage import storages
from django.core.files.storage.base import Storage
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from core.db import PublicModel, one_of
from core.files import random_name
from employers.models import Employer
from livestream.enums import HonourLevel, HonourStatus


def private_storage() -> Storage:
    return storages["private"]


class Guest(PublicModel):
    """A model worker or craftsman who goes on air. Needs no account and no console."""

    name = models.CharField(_("name"), max_length=40)
    trade = models.CharField(_("trade"), max_length=60, blank=True)
    years = models.PositiveSmallIntegerField(_("years in the trade"), null=True, blank=True)
    workplace = models.CharField(_("workplace"), max_length=100, blank=True)
    employer = models.ForeignKey(
        Employer, on_delete=models.SET_NULL, null=True, blank=True, related_name="guests"
    )
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="guest_profiles",
    )
    headline = models.CharField(_("one sentence"), max_length=80, blank=True)
    story = models.TextField(_("story"), blank=True)
    portrait = models.ImageField(_("portrait"), upload_to=random_name, blank=True)

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("guest-page", args=[self.public_id])


class HonourQuerySet(models.QuerySet["Honour"]):
    def shown(self) -> HonourQuerySet:
        """Honours that staff have confirmed from evidence and nobody revoked."""
        return self.filter(status=HonourStatus.APPROVED)


class Honour(PublicModel):
    """荣誉: an exact official title, shown only after review of its evidence."""

    guest = models.ForeignKey(Guest, on_delete=models.CASCADE, related_name="honours")
    level = models.CharField(_("level"), max_length=10, choices=HonourLevel.choices)
    title = models.CharField(_("official title"), max_length=80)
    year = models.PositiveSmallIntegerField(_("year"))
    issuer = models.CharField(_("issued by"), max_length=100)
    evidence = models.FileField(
        _("evidence"), upload_to=random_name, storage=private_storage, blank=True
    )
    status = models.CharField(
        max_length=10, choices=HonourStatus.choices, default=HonourStatus.SUBMITTED
    )
    status_reason = models.CharField(max_length=300, blank=True)
    reviewed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    reviewed_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[models.Manager[Honour]] = HonourQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=one_of("level", HonourLevel), name="honour_level_known"
            ),
            models.CheckConstraint(
                condition=one_of("status", HonourStatus), name="honour_status_known"
            ),
            models.CheckConstraint(
                condition=Q(year__gte=1949, year__lte=2100), name="honour_year_plausible"
            ),
            models.CheckConstraint(
                condition=~Q(status=HonourStatus.APPROVED) | Q(reviewed_at__isnull=False),
                name="honour_shown_is_reviewed",
            ),
            models.UniqueConstraint(
                fields=["guest", "title", "year"], name="honour_once_per_guest"
            ),
        ]
