"""What a seeker tells about themselves: four answers instead of a résumé."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.db import PublicModel, one_of
from seekers.enums import Group


class SeekerProfile(PublicModel):
    """A seeker's answers: trade, years, certificates; the 称呼 is the account's display name."""

    person = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="seeker_profile"
    )
    trade = models.CharField(_("trade"), max_length=60, blank=True)
    years = models.PositiveSmallIntegerField(_("years in the trade"), null=True, blank=True)
    certificates = models.CharField(_("certificates"), max_length=200, blank=True)
    about = models.TextField(_("anything else"), max_length=1000, blank=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(years__isnull=True) | Q(years__lte=70), name="seeker_years_plausible"
            )
        ]


class GroupDeclaration(models.Model):
    """A seeker's own statement of belonging to a group, with consent to its use in statistics."""

    profile = models.ForeignKey(SeekerProfile, on_delete=models.CASCADE, related_name="groups")
    group = models.CharField(max_length=16, choices=Group.choices)
    consent_version = models.CharField(max_length=20)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["profile", "group"], name="group_declared_once"),
            models.CheckConstraint(condition=one_of("group", Group), name="group_known"),
        ]
