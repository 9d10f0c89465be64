"""Choices of the seekers app."""

from __future__ import annotations

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Group(TextChoices):
    """群体: what a seeker may declare about themselves, by their own choice."""

    GRADUATE = "graduate", _("College graduate")
    MIGRANT_WORKER = "migrant_worker", _("Migrant worker")
    TRANSFERRING = "transferring", _("Changing posts or awaiting one")
    UNEMPLOYED = "unemployed", _("Unemployed")
    HARDSHIP = "hardship", _("From a worker's family in hardship")
    VETERAN = "veteran", _("Veteran")
    DISABLED = "disabled", _("Person with a disability")
