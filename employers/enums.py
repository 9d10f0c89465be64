"""Choices of employers and vacancies, in the terms of the Chinese labour market."""

from __future__ import annotations

from django.db.models import IntegerChoices, TextChoices
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class EmployerKind(TextChoices):
    """Who recruits: for themselves, as a public service, or as a licensed agency."""

    DIRECT = "direct", _("Recruits for itself")
    PUBLIC_SERVICE = "public_service", _("Public employment service")
    AGENCY = "agency", _("Commercial staffing agency")


class EmployerStatus(TextChoices):
    UNCLAIMED = "unclaimed", _("Not yet claimed")
    DRAFT = "draft", pgettext_lazy("employer", "Draft")
    SUBMITTED = "submitted", pgettext_lazy("employer", "Waiting for review")
    VERIFIED = "verified", _("Verified")
    REJECTED = "rejected", pgettext_lazy("employer", "Sent back")
    SUSPENDED = "suspended", _("Suspended")
    MERGED = "merged", _("Merged into another employer")


class EmployerRole(TextChoices):
    OWNER = "owner", pgettext_lazy("employer member", "Owner")
    RECRUITER = "recruiter", _("Recruiter")


class DocumentKind(TextChoices):
    BUSINESS_LICENCE = "business_licence", _("Business licence")
    HR_LICENCE = "hr_licence", _("Human resources service licence")


class ClaimStatus(TextChoices):
    PENDING = "pending", pgettext_lazy("claim", "Waiting for staff")
    APPROVED = "approved", pgettext_lazy("claim", "Approved")
    REJECTED = "rejected", pgettext_lazy("claim", "Rejected")


class VacancyStatus(TextChoices):
    DRAFT = "draft", pgettext_lazy("vacancy", "Draft")
    SUBMITTED = "submitted", pgettext_lazy("vacancy", "Waiting for review")
    OPEN = "open", pgettext_lazy("vacancy", "Open")
    REJECTED = "rejected", pgettext_lazy("vacancy", "Sent back")
    CLOSED = "closed", pgettext_lazy("vacancy", "Closed")


class PayUnit(TextChoices):
    MONTH = "month", pgettext_lazy("pay per", "month")
    YEAR = "year", pgettext_lazy("pay per", "year")
    DAY = "day", pgettext_lazy("pay per", "day")
    HOUR = "hour", pgettext_lazy("pay per", "hour")
    PIECE = "piece", pgettext_lazy("pay per", "piece")


class PayScheme(TextChoices):
    """计薪: how pay is reckoned."""

    MONTHLY = "monthly", _("Monthly pay")
    PIECEWORK = "piecework", _("Piecework")
    HOURLY = "hourly", _("Hourly pay")


class EmploymentForm(TextChoices):
    """用工形式: whose employee one becomes."""

    DIRECT = "direct", _("Direct hire")
    DISPATCH = "dispatch", _("Labour dispatch")
    OUTSOURCED = "outsourced", _("Outsourced")
    INTERN = "intern", _("Internship")
    PART_TIME = "part_time", _("Part-time")


class Shift(TextChoices):
    """班次."""

    DAY = "day", _("Day shift only")
    TWO_SHIFT = "two_shift", _("Two shifts")
    THREE_SHIFT = "three_shift", _("Three shifts")
    NIGHT = "night", _("Night shift")
    FLEXIBLE = "flexible", _("Flexible hours")


class Board(TextChoices):
    """食宿: what the employer provides."""

    NONE = "none", _("No board or lodging")
    MEALS = "meals", _("Meals")
    LODGING = "lodging", _("Lodging")
    BOTH = "both", _("Board and lodging")


class Education(IntegerChoices):
    """Ladder of schooling; a filter "at least" compares these numbers."""

    ANY = 0, _("Any education")
    MIDDLE = 10, _("Junior secondary")
    SECONDARY = 20, _("Senior or vocational secondary")
    COLLEGE = 30, _("Junior college")
    BACHELOR = 40, _("Bachelor")
    MASTER = 50, _("Master")
    DOCTOR = 60, _("Doctor")


EMPLOYER_TRANSITIONS: dict[str, frozenset[str]] = {
    EmployerStatus.DRAFT: frozenset({EmployerStatus.UNCLAIMED}),
    EmployerStatus.SUBMITTED: frozenset(
        {EmployerStatus.DRAFT, EmployerStatus.REJECTED, EmployerStatus.UNCLAIMED}
    ),
    EmployerStatus.VERIFIED: frozenset({EmployerStatus.SUBMITTED, EmployerStatus.SUSPENDED}),
    EmployerStatus.REJECTED: frozenset({EmployerStatus.SUBMITTED}),
    EmployerStatus.SUSPENDED: frozenset({EmployerStatus.VERIFIED}),
    EmployerStatus.MERGED: frozenset({EmployerStatus.UNCLAIMED}),
}

VACANCY_TRANSITIONS: dict[str, frozenset[str]] = {
    VacancyStatus.SUBMITTED: frozenset(
        {VacancyStatus.DRAFT, VacancyStatus.REJECTED, VacancyStatus.OPEN}
    ),
    VacancyStatus.OPEN: frozenset({VacancyStatus.SUBMITTED}),
    VacancyStatus.REJECTED: frozenset({VacancyStatus.SUBMITTED}),
    VacancyStatus.CLOSED: frozenset(
        {VacancyStatus.DRAFT, VacancyStatus.SUBMITTED, VacancyStatus.OPEN, VacancyStatus.REJECTED}
    ),
    VacancyStatus.DRAFT: frozenset({VacancyStatus.CLOSED, VacancyStatus.REJECTED}),
}

#: Fields that the rules of the trade require on show before a vacancy opens (product.md).
REQUIRED_TO_OPEN = ("headcount", "duties", "requirements", "place", "pay", "validity")
#: Short names of the same for lists and tables.
MISSING_NAMES: dict[str, Promise] = {
    "headcount": pgettext_lazy("missing", "headcount"),
    "duties": pgettext_lazy("missing", "duties"),
    "requirements": pgettext_lazy("missing", "requirements"),
    "place": pgettext_lazy("missing", "place"),
    "pay": pgettext_lazy("missing", "pay"),
    "validity": pgettext_lazy("missing", "closing date"),
}
