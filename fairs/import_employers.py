"""Which employer a row of a spreadsheet belongs to."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from django.db.models import Q
from django.utils.translation import gettext as _

from employers.enums import EmployerStatus
from employers.models import Employer
from employers.spreadsheet.errors import CellError
from employers.spreadsheet.text import folded
from employers.spreadsheet.vacancy_rows import VacancyRow

# A registration that staff have not verified yet gets nothing by its name or code: whoever types
# a known company's name would else receive its vacancies. It claims the unclaimed one instead.
_MATCHED: Final = frozenset(
    {EmployerStatus.VERIFIED, EmployerStatus.UNCLAIMED, EmployerStatus.SUSPENDED}
)
_BRACKETS: Final = str.maketrans("()", "（）")
_ROUND: Final = str.maketrans("（）", "()")


@dataclass(slots=True, eq=False)
class Match:
    """The employer of a row, saved or about to be.

    ``others`` bear the same name: a vacancy that one of them already has stays with it.
    """

    employer: Employer
    others: list[Employer] = field(default_factory=list)

    @property
    def key(self) -> int:
        """What tells employers apart, also before the new ones are saved."""
        return id(self.employer)


class EmployerMatcher:
    """Finds employers by credit code, else by exact name, else makes unclaimed ones.

    Full-width and half-width brackets in a name are the same. ``new`` collects employers that
    have to be created; the caller saves them before it saves their vacancies.
    """

    def __init__(self) -> None:
        self._by_code: dict[str, Match] = {}
        self._by_name: dict[str, list[Employer]] = {}
        self._taken_codes: set[str] = set()
        self._known: dict[int, Employer] = {}
        self._matches: dict[int, Match] = {}
        self.new: list[Employer] = []
        self.learned: list[Employer] = []

    def load(self, rows: Sequence[VacancyRow]) -> None:
        """Fetch what is known about the employers of these rows, in two queries."""
        codes = {row.credit_code for row in rows if row.credit_code} - self._taken_codes
        names = {
            row.employer_name
            for row in rows
            if row.employer_name and folded(row.employer_name) not in self._by_name
        }
        for name in names:
            self._by_name[folded(name)] = []
        spellings = {form for name in names for form in _spellings(name)}
        if not codes and not names:
            return
        known = Employer.objects.filter(Q(name__in=spellings) | Q(credit_code__in=codes))
        for employer in known.select_related("merged_into").order_by("pk"):
            self._learn(employer)

    def match(self, row: VacancyRow) -> Match:
        """Return the row's employer. Raises CellError with the reason if there is none."""
        found = self._by_code.get(row.credit_code) if row.credit_code else None
        if found is None:
            found = self._match_name(row)
        if found.employer.status == EmployerStatus.SUSPENDED:
            raise CellError(_("This employer is suspended."))
        return found

    def _match_name(self, row: VacancyRow) -> Match:
        if not row.employer_name:
            raise CellError(_("The employer is not named."))
        namesakes = [
            employer
            for employer in self._by_name.get(folded(row.employer_name), [])
            if not (row.credit_code and employer.credit_code)  # another code is another company
        ]
        if not namesakes:
            return self._make(row)
        best = _preferred(namesakes)
        if best is None:
            raise CellError(_("Several employers have this name; add the credit code."))
        if row.credit_code and best.status == EmployerStatus.UNCLAIMED:
            self._learn_code(best, row.credit_code)
        return self._match_of(best, [other for other in namesakes if other is not best])

    def _make(self, row: VacancyRow) -> Match:
        free = row.credit_code if row.credit_code not in self._taken_codes else ""
        employer = Employer(
            name=row.employer_name,
            credit_code=free or None,
            status=EmployerStatus.UNCLAIMED,
        )
        self.new.append(employer)
        self._by_name.setdefault(folded(row.employer_name), []).append(employer)
        found = self._match_of(employer, [])
        if free:
            self._taken_codes.add(free)
            self._by_code[free] = found
        return found

    def _learn_code(self, employer: Employer, code: str) -> None:
        if code in self._taken_codes:
            return
        employer.credit_code = code
        self._taken_codes.add(code)
        self._by_code[code] = self._match_of(employer, [])
        if employer.pk:
            self.learned.append(employer)

    def _learn(self, employer: Employer) -> None:
        if employer.credit_code:
            self._taken_codes.add(employer.credit_code)
        code, name = employer.credit_code, folded(employer.name)
        while employer.merged_into is not None:
            employer = employer.merged_into
        if employer.status not in _MATCHED:
            return
        employer = self._known.setdefault(employer.pk, employer)
        if code:
            self._by_code.setdefault(code, self._match_of(employer, []))
        namesakes = self._by_name.get(name)
        if namesakes is not None and all(other.pk != employer.pk for other in namesakes):
            namesakes.append(employer)

    def _match_of(self, employer: Employer, others: list[Employer]) -> Match:
        found = self._matches.setdefault(id(employer), Match(employer))
        found.others = others or found.others
        return found


def same_employer(row: VacancyRow, employer: Employer) -> bool:
    """Whether the row names ``employer``, or nobody: for an employer's own upload."""
    if row.credit_code and employer.credit_code:
        return row.credit_code == employer.credit_code
    return not row.employer_name or folded(row.employer_name) == folded(employer.name)


def _preferred(namesakes: Iterable[Employer]) -> Employer | None:
    """A verified employer before an unclaimed one; None if several are equally likely."""
    for status in (EmployerStatus.VERIFIED, EmployerStatus.UNCLAIMED, EmployerStatus.SUSPENDED):
        alike = [employer for employer in namesakes if employer.status == status]
        if alike:
            return alike[0] if len(alike) == 1 else None
    return None


def _spellings(name: str) -> set[str]:
    return {name, name.translate(_BRACKETS), name.translate(_ROUND)}
