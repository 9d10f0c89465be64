"""What became of every row of an imported spreadsheet."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final

from django.db.models import TextChoices
from django.utils.translation import pgettext_lazy

from employers.spreadsheet.errors import RowProblem
from employers.spreadsheet.vacancy_rows import VacancyRow

#: How many new vacancies a preview shows in full.
SAMPLE_SIZE: Final = 20


class Outcome(TextChoices):
    """The fate of one row."""

    CREATED = "created", pgettext_lazy("import", "New")
    UPDATED = "updated", pgettext_lazy("import", "Changed")
    UNCHANGED = "unchanged", pgettext_lazy("import", "Unchanged")
    REJECTED = "rejected", pgettext_lazy("import", "Not usable")


@dataclass(slots=True)
class RowResult:
    """One row that needs a look: rejected, changed, or with a warning."""

    row: int
    outcome: Outcome
    title: str = ""
    employer: str = ""
    problems: list[RowProblem] = field(default_factory=list)
    changes: list[str] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        return {
            "row": self.row,
            "outcome": str(self.outcome),
            "title": self.title,
            "employer": self.employer,
            "problems": [{"column": p.column, "reason": p.reason} for p in self.problems],
            "changes": self.changes,
        }


@dataclass(slots=True)
class ImportReport:
    """Counts that add up, and an entry for every row that was rejected, changed or doubtful.

    ``missing`` counts, over the new vacancies, what still has to be stated before they can open
    (``employers.enums.REQUIRED_TO_OPEN``).
    """

    outcomes: Counter[str] = field(default_factory=Counter)
    rows: list[RowResult] = field(default_factory=list)
    sample: list[dict[str, Any]] = field(default_factory=list)
    missing: Counter[str] = field(default_factory=Counter)
    employers_created: int = 0
    booths_created: int = 0
    brought: int = 0
    ignored_columns: list[str] = field(default_factory=list)

    @property
    def total(self) -> int:
        return self.outcomes.total()

    @property
    def created(self) -> int:
        return self.outcomes[Outcome.CREATED]

    @property
    def updated(self) -> int:
        return self.outcomes[Outcome.UPDATED]

    @property
    def unchanged(self) -> int:
        return self.outcomes[Outcome.UNCHANGED]

    @property
    def rejected(self) -> int:
        return self.outcomes[Outcome.REJECTED]

    def account(
        self,
        row: VacancyRow,
        outcome: Outcome,
        *,
        problems: Iterable[RowProblem] = (),
        changes: Iterable[str] = (),
    ) -> None:
        """Book the row; keep an entry where there is something to say."""
        self.outcomes[outcome] += 1
        reasons = [*problems, *row.notes]
        changed = list(changes)
        if reasons or changed:
            self.rows.append(
                RowResult(row.number, outcome, row.title, row.employer_name, reasons, changed)
            )

    def as_json(self) -> dict[str, Any]:
        """Return the form stored in ``ImportBatch.report``."""
        return {
            "total": self.total,
            **{str(outcome): self.outcomes[outcome] for outcome in Outcome},
            "employers_created": self.employers_created,
            "booths_created": self.booths_created,
            "brought": self.brought,
            "missing": dict(self.missing),
            "ignored_columns": self.ignored_columns,
            "rows": [result.as_json() for result in sorted(self.rows, key=lambda r: r.row)],
            "sample": self.sample,
        }
