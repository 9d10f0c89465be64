"""Vacancies and their revisions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from core.db import PublicModel, one_of
from employers.enums import (
    Board,
    Education,
    EmployerStatus,
    EmploymentForm,
    PayScheme,
    PayUnit,
    Shift,
    VacancyStatus,
)
from employers.models.employer import Employer
from employers.pay_format import format_pay

if TYPE_CHECKING:
    from accounts.models import User


class VacancyQuerySet(models.QuerySet["Vacancy"]):
    def public(self) -> VacancyQuerySet:
        """Vacancies that anybody may see: open, still valid, of an employer in good standing."""
        return (
            self.filter(status=VacancyStatus.OPEN)
            .exclude(employer__status=EmployerStatus.SUSPENDED)
            .exclude(valid_until__lt=timezone.localdate())
        )

    def run_by(self, user: User) -> VacancyQuerySet:
        """Vacancies of the employers that ``user`` works for, in any state."""
        return self.filter(
            Q(employer__members__person=user) | Q(publisher__members__person=user)
        ).distinct()

    def for_cards(self) -> VacancyQuerySet:
        """Everything that the vacancy card shows, in one query."""
        return self.select_related("employer", "publisher")


def _optional(choices: type[models.TextChoices], label: Any) -> models.CharField[str, str]:
    """A choice that may be left as 未说明 (not stated)."""
    return models.CharField(label, max_length=12, choices=choices.choices, blank=True, default="")


class Vacancy(PublicModel):
    """岗位.

    Money is in fen per ``pay_unit``; ``pay_text`` keeps what was written. ``headcount`` is
    ``None`` for 若干, which counts as stated (``headcount_stated``); ``pay_negotiable`` is 面议.
    ``missing`` lists what still has to be stated before it may open (``REQUIRED_TO_OPEN``).
    """

    publisher = models.ForeignKey(
        Employer, on_delete=models.PROTECT, related_name="published_vacancies"
    )
    employer = models.ForeignKey(Employer, on_delete=models.PROTECT, related_name="vacancies")
    source_url = models.CharField(_("source link"), max_length=500, blank=True)
    source_name = models.CharField(_("source"), max_length=80, blank=True)
    import_key = models.CharField(max_length=64, blank=True, editable=False)

    title = models.CharField(_("title"), max_length=100)
    trade = models.CharField(_("trade"), max_length=60, blank=True, db_index=True)
    headcount = models.PositiveIntegerField(_("headcount"), null=True, blank=True)
    headcount_stated = models.BooleanField(default=False)
    duties = models.TextField(_("duties"), blank=True)
    requirements = models.TextField(_("requirements"), blank=True)
    place_text = models.CharField(_("place of work"), max_length=120, blank=True)
    place_code = models.CharField(max_length=6, blank=True, db_index=True)
    education = models.PositiveSmallIntegerField(
        _("education"), choices=Education.choices, null=True, blank=True
    )
    experience_years = models.PositiveSmallIntegerField(
        _("years of experience, at least"), null=True, blank=True
    )
    certificates = models.CharField(_("certificates"), max_length=200, blank=True)
    valid_until = models.DateField(_("valid until"), null=True, blank=True)

    pay_text = models.CharField(_("pay"), max_length=60, blank=True)
    pay_min_fen = models.BigIntegerField(null=True, blank=True)
    pay_max_fen = models.BigIntegerField(null=True, blank=True)
    pay_unit = models.CharField(max_length=6, choices=PayUnit.choices, blank=True)
    pay_negotiable = models.BooleanField(default=False)
    pay_monthly_min_fen = models.BigIntegerField(null=True, blank=True, db_index=True)
    pay_monthly_max_fen = models.BigIntegerField(null=True, blank=True, db_index=True)
    pay_scheme = _optional(PayScheme, _("how pay is reckoned"))
    base_pay_text = models.CharField(_("base pay"), max_length=60, blank=True)
    total_pay_text = models.CharField(_("usual total pay"), max_length=60, blank=True)

    employment_form = _optional(EmploymentForm, _("form of employment"))
    shift = _optional(Shift, _("shifts"))
    board = _optional(Board, _("board and lodging"))
    couple_room = models.BooleanField(_("room for couples"), null=True, blank=True)
    social_insurance = models.BooleanField(_("social insurance"), null=True, blank=True)
    shuttle = models.BooleanField(_("shuttle bus"), null=True, blank=True)
    deposit_text = models.CharField(_("deposit or medical fee"), max_length=100, blank=True)

    status = models.CharField(
        max_length=10, choices=VacancyStatus.choices, default=VacancyStatus.DRAFT, db_index=True
    )
    status_reason = models.CharField(max_length=300, blank=True)
    missing = models.JSONField(default=list, blank=True)
    opened_at = models.DateTimeField(null=True, blank=True)
    updated_at = models.DateTimeField(auto_now=True)
    revision_number = models.PositiveIntegerField(default=0, editable=False)
    search_text = models.TextField(default="", editable=False)

    objects: ClassVar[models.Manager[Vacancy]] = VacancyQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=one_of("status", VacancyStatus), name="vacancy_status_known"
            ),
            models.CheckConstraint(condition=~Q(title=""), name="vacancy_is_titled"),
            models.CheckConstraint(
                condition=Q(pay_min_fen__isnull=True)
                | Q(pay_max_fen__isnull=True)
                | Q(pay_min_fen__lte=F("pay_max_fen")),
                name="vacancy_pay_min_below_max",
            ),
            models.CheckConstraint(
                condition=(Q(pay_min_fen__isnull=True) & Q(pay_max_fen__isnull=True))
                | Q(pay_unit__in=PayUnit.values),
                name="vacancy_pay_has_unit",
            ),
            models.CheckConstraint(
                condition=Q(headcount__isnull=True) | Q(headcount__gte=1, headcount_stated=True),
                name="vacancy_headcount_positive",
            ),
            models.CheckConstraint(
                condition=~Q(status=VacancyStatus.OPEN)
                | Q(missing=[], opened_at__isnull=False, revision_number__gte=1),
                name="vacancy_open_is_complete",
            ),
            models.UniqueConstraint(
                fields=["employer", "import_key"],
                condition=~Q(import_key=""),
                name="vacancy_import_key_once",
            ),
        ]
        indexes = [models.Index(fields=["status", "-opened_at"], name="vacancy_open_newest")]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("vacancy-page", args=[self.public_id])

    @property
    def pay_display(self) -> str:
        """Pay for people: ``8千–1.2万/月``, 面议 or 未说明."""
        return format_pay(
            self.pay_min_fen,
            self.pay_max_fen,
            self.pay_unit,
            negotiable=self.pay_negotiable,
        )

    @property
    def education_display(self) -> str:
        return "" if self.education is None else str(Education(self.education).label)

    @property
    def experience_display(self) -> str:
        if self.experience_years is None:
            return ""
        if self.experience_years == 0:
            return _t("No experience needed")
        return ngettext("%(n)d year or more", "%(n)d years or more", self.experience_years) % {
            "n": self.experience_years
        }

    @property
    def headcount_display(self) -> str:
        if self.headcount is None:
            return _t("Several openings") if self.headcount_stated else ""
        return ngettext("%(n)d opening", "%(n)d openings", self.headcount) % {"n": self.headcount}

    @property
    def tags(self) -> list[str]:
        """Short words for the card: shift, board, form of employment and the like."""
        words = [
            str(self.get_shift_display()) if self.shift else "",
            str(self.get_board_display()) if self.board and self.board != Board.NONE else "",
            str(self.get_employment_form_display()) if self.employment_form else "",
            str(self.get_pay_scheme_display()) if self.pay_scheme == PayScheme.PIECEWORK else "",
            _t("Room for couples") if self.couple_room else "",
            _t("Social insurance") if self.social_insurance else "",
            _t("Shuttle bus") if self.shuttle else "",
        ]
        return [word for word in words if word]


class VacancyRevision(PublicModel):
    """A vacancy as it was shown. Pins, intents and consent point here. Append-only."""

    vacancy = models.ForeignKey(Vacancy, on_delete=models.PROTECT, related_name="revisions")
    number = models.PositiveIntegerField()
    snapshot = models.JSONField()
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["vacancy", "number"], name="vacancy_revision_number")
        ]
        ordering: ClassVar[list[str]] = ["number"]
