"""Choices of the accounts app."""

from __future__ import annotations

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class InvitationScope(TextChoices):
    """What an invited person will work at."""

    EMPLOYER = "employer", _("Employer")
    FAIR = "fair", _("Fair")
    SESSION = "session", _("Session")
