"""Choices of the fairs app."""

from __future__ import annotations

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class FairStatus(TextChoices):
    DRAFT = "draft", pgettext_lazy("fair", "Draft")
    PUBLISHED = "published", pgettext_lazy("fair", "Published")
    LIVE = "live", pgettext_lazy("fair", "Live")
    CLOSED = "closed", pgettext_lazy("fair", "Closed")
    ARCHIVED = "archived", pgettext_lazy("fair", "Archived")


class StaffRole(TextChoices):
    MANAGER = "manager", _("Manager")
    REVIEWER = "reviewer", _("Reviewer")
    MODERATOR = "moderator", _("Moderator")
    STATISTICIAN = "statistician", _("Statistician")


class BoothStatus(TextChoices):
    APPLIED = "applied", pgettext_lazy("booth", "Applied")
    INVITED = "invited", pgettext_lazy("booth", "Invited")
    APPROVED = "approved", pgettext_lazy("booth", "Approved")
    DECLINED = "declined", pgettext_lazy("booth", "Declined")


class PartnerKind(TextChoices):
    ORGANISER = "organiser", _("Organiser")
    CO_ORGANISER = "co_organiser", _("Co-organiser")
    SUPPORTER = "supporter", _("Supporter")


class ImportStatus(TextChoices):
    PREVIEWED = "previewed", _("Waiting for confirmation")
    CONFIRMED = "confirmed", _("Imported")
    DISCARDED = "discarded", _("Discarded")


PUBLIC_FAIRS = frozenset({FairStatus.PUBLISHED, FairStatus.LIVE, FairStatus.CLOSED})
#: Employers still answer intents after the fair has closed.
ANSWERING_FAIRS = frozenset({FairStatus.PUBLISHED, FairStatus.LIVE, FairStatus.CLOSED})

FAIR_TRANSITIONS: dict[str, frozenset[str]] = {
    FairStatus.PUBLISHED: frozenset({FairStatus.DRAFT}),
    FairStatus.LIVE: frozenset({FairStatus.PUBLISHED}),
    FairStatus.CLOSED: frozenset({FairStatus.LIVE, FairStatus.PUBLISHED}),
    FairStatus.ARCHIVED: frozenset({FairStatus.CLOSED}),
    FairStatus.DRAFT: frozenset({FairStatus.PUBLISHED}),
}

BOOTH_TRANSITIONS: dict[str, frozenset[str]] = {
    BoothStatus.APPROVED: frozenset(
        {BoothStatus.APPLIED, BoothStatus.INVITED, BoothStatus.DECLINED}
    ),
    BoothStatus.DECLINED: frozenset(
        {BoothStatus.APPLIED, BoothStatus.INVITED, BoothStatus.APPROVED}
    ),
}
