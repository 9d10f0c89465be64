"""Vacancy search: Chinese full text and the filters a welder needs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import django_filters
from django.db import connection
from django.db.models import Case, F, Q, QuerySet, Value, When
from django.db.models.expressions import RawSQL
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from core.errors import Invalid
from core.search import Phrase, phrases
from employers.enums import Board, Education, EmploymentForm, Shift
from employers.models import Vacancy
from employers.spreadsheet.places import place_code

_FEN = 100


class VacancyFilter(django_filters.FilterSet):
    """The filters of vacancy lists, on pages and in the API.

    ``place`` is a GB/T 2260 prefix (``44``, ``4401``, ``440106``) or a name; ``pay_min`` is CNY a
    month, held against the upper bound of the monthly equivalent, or the lower where there is no
    upper; ``education``: asks for at least that schooling; ``experience``: asks for at most that
    many years, or says nothing of it.
    """

    q = django_filters.CharFilter(method="filter_text", label=_("Search"), max_length=80)
    place = django_filters.CharFilter(
        method="filter_place", label=_("place of work"), max_length=40
    )
    trade = django_filters.CharFilter(
        field_name="trade", lookup_expr="icontains", label=_("trade"), max_length=60
    )
    pay_min = django_filters.NumberFilter(
        method="filter_pay", label=_("pay a month, at least"), min_value=0, max_value=10_000_000
    )
    education = django_filters.TypedChoiceFilter(
        field_name="education",
        lookup_expr="gte",
        choices=Education.choices,
        coerce=int,
        label=_("education, at least"),
    )
    experience = django_filters.NumberFilter(
        method="filter_experience", label=_("your years of experience"), min_value=0, max_value=60
    )
    shift = django_filters.ChoiceFilter(choices=Shift.choices, label=_("shifts"))
    board = django_filters.ChoiceFilter(
        choices=Board.choices, method="filter_board", label=_("board and lodging")
    )
    employment_form = django_filters.ChoiceFilter(
        choices=EmploymentForm.choices, label=_("form of employment")
    )
    employer = django_filters.UUIDFilter(field_name="employer__public_id", label=_("Employer"))

    class Meta:
        model = Vacancy
        fields: list[str] = []

    def filter_text(self, queryset: QuerySet[Vacancy], name: str, value: str) -> QuerySet[Vacancy]:
        return containing(queryset, value)

    def filter_place(self, queryset: QuerySet[Vacancy], name: str, value: str) -> QuerySet[Vacancy]:
        code = value if value.isdecimal() else place_code(value)
        if code:
            return queryset.filter(place_code__startswith=code)
        return queryset.filter(place_text__icontains=value)

    def filter_pay(self, queryset: QuerySet[Vacancy], name: str, value: Any) -> QuerySet[Vacancy]:
        return queryset.alias(
            pay_reach=Coalesce(F("pay_monthly_max_fen"), F("pay_monthly_min_fen"))
        ).filter(pay_reach__gte=int(value * _FEN))

    def filter_experience(
        self, queryset: QuerySet[Vacancy], name: str, value: Any
    ) -> QuerySet[Vacancy]:
        return queryset.filter(
            Q(experience_years__isnull=True) | Q(experience_years__lte=int(value))
        )

    def filter_board(self, queryset: QuerySet[Vacancy], name: str, value: str) -> QuerySet[Vacancy]:
        offered = {value} if value == Board.NONE else {value, Board.BOTH}
        return queryset.filter(board__in=offered)


def search_vacancies(
    vacancies: QuerySet[Vacancy], params: Mapping[str, Any], *, strict: bool = False
) -> QuerySet[Vacancy]:
    """Return those of ``vacancies`` that fit ``params`` (names of :class:`VacancyFilter`).

    Titles that hold the words come first, then the newest. A value that cannot be read is left
    out, or with ``strict`` raises :class:`Invalid` naming it; names not known are ignored.
    """
    filters = VacancyFilter(_plain(params), queryset=vacancies)
    if not filters.is_valid() and strict:
        fields = {name: str(errors[0]) for name, errors in filters.form.errors.items()}
        raise Invalid("invalid", _("Some of the input is not right."), fields=fields)
    found: QuerySet[Vacancy] = filters.filter_queryset(vacancies)
    words = str(filters.form.cleaned_data.get("q") or "").split()
    if not words:
        return found.order_by("-opened_at", "-pk")
    in_title = Q(*(Q(title__icontains=word) for word in words))
    return found.alias(rank=Case(When(in_title, then=Value(0)), default=Value(1))).order_by(
        "rank", "-opened_at", "-pk"
    )


def _plain(params: Mapping[str, Any]) -> dict[str, Any]:
    """A query's last value of each name."""
    return {name: params[name] for name in params}


def containing(vacancies: QuerySet[Vacancy], text: str) -> QuerySet[Vacancy]:
    """Return the vacancies in whose words every part of ``text`` stands.

    Never misses Chinese text of any length, one character included; Latin words match by their
    beginning. A text without any letter finds nothing.
    """
    wanted = phrases(text)
    if not wanted:
        return vacancies if not text.strip() else vacancies.none()
    if connection.vendor == "postgresql":
        return _containing_postgres(vacancies, wanted)
    query = " AND ".join(
        f'"{" ".join(phrase.tokens)}"{"*" if phrase.open_ended else ""}' for phrase in wanted
    )
    matching = RawSQL("SELECT rowid FROM vacancy_search WHERE vacancy_search MATCH %s", [query])
    return vacancies.filter(pk__in=matching)


def _containing_postgres(
    vacancies: QuerySet[Vacancy], wanted: Iterable[Phrase]
) -> QuerySet[Vacancy]:
    """Find by the words of the index, then hold longer phrases against the text itself.

    Positions inside a tsvector end at 16,383 and 256 a word, so phrases are not left to it.
    """
    wanted = list(wanted)
    query = " & ".join(
        f"'{token}'{':*' if phrase.open_ended else ''}"
        for phrase in wanted
        for token in phrase.tokens
    )
    sql = "SELECT id FROM employers_vacancy WHERE search_vector @@ %s::tsquery"
    params: list[str] = [query]
    for phrase in wanted:
        if len(phrase.tokens) > 1:
            sql += " AND strpos(' ' || search_text || ' ', %s) > 0"
            params.append(f" {' '.join(phrase.tokens)} ")
    return vacancies.filter(pk__in=RawSQL(sql, params))  # noqa: S611 - as above
