"""Import a spreadsheet of vacancies into a fair."""

from __future__ import annotations

import sys
import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any, Final

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from core.errors import DomainError
from employers.enums import MISSING_NAMES
from fairs.import_report import ImportReport, Outcome, RowResult
from fairs.importing import import_vacancies
from fairs.models import Fair

#: Seconds before progress shows, and between two lines of it.
PATIENCE: Final = 1.0


class Command(BaseCommand):
    """Every row is accounted for; a file that cannot be used changes nothing and exits with 1."""

    help = "Import vacancies from an .xlsx or .csv file into a fair, as drafts."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE")
        parser.add_argument("--fair", required=True, metavar="SLUG")
        parser.add_argument("--dry-run", action="store_true", help="report, but change nothing")

    def handle(self, *args: Any, file: Path, fair: str, dry_run: bool, **options: Any) -> None:
        chosen = Fair.objects.filter(slug=fair).first()
        if chosen is None:
            known = ", ".join(Fair.objects.values_list("slug", flat=True)) or _("none yet")
            raise CommandError(
                _("There is no fair “%(slug)s”. Fairs here: %(known)s.")
                % {"slug": fair, "known": known}
            )
        started = self._shown = time.monotonic()
        try:
            with file.open("rb") as stream:
                report = import_vacancies(
                    fair=chosen,
                    file=stream,
                    filename=file.name,
                    dry_run=dry_run,
                    progress=self._progress,
                )
        except OSError as error:
            raise CommandError(f"{file}: {error.strerror}") from error
        except DomainError as error:
            raise CommandError(f"{file}: {error.message}") from error
        self._summarise(report, time.monotonic() - started, dry_run=dry_run)

    def _progress(self, done: int, expected: int) -> None:
        now = time.monotonic()
        if now - self._shown < PATIENCE:
            return
        self._shown = now
        end = "\r" if sys.stderr.isatty() else "\n"
        text = _("%(done)d of %(all)d rows") % {"done": done, "all": expected}
        self.stderr.write(text, ending=end)
        self.stderr.flush()

    def _summarise(self, report: ImportReport, seconds: float, *, dry_run: bool) -> None:
        for result in report.rows:
            if result.outcome != Outcome.UPDATED or result.problems:
                self.stdout.write(_line(result))
        if dry_run:
            self.stdout.write(_("A trial run: nothing was changed."))
        table: list[tuple[str, object]] = [
            *((str(outcome.label), report.outcomes[outcome]) for outcome in Outcome),
            (_("Rows in all"), report.total),
            (_("Employers added"), report.employers_created),
            (_("Booths added"), report.booths_created),
            (_("Brought to the fair"), report.brought),
            (_("Still to be stated"), _missing(report)),
            (_("Columns not used"), ", ".join(report.ignored_columns) or "–"),
            (_("Seconds"), f"{seconds:.1f}"),
        ]
        for label, value in table:
            self.stdout.write(f"{label}: {value}")


def _line(result: RowResult) -> str:
    reasons = "; ".join(f"{p.column}: {p.reason}" for p in result.problems)
    where = _("Row %(row)d") % {"row": result.row}
    return f"{where} · {result.outcome.label} · {result.title} · {reasons}"


def _missing(report: ImportReport) -> str:
    counted = report.missing.most_common()
    return ", ".join(f"{MISSING_NAMES[name]} {count}" for name, count in counted) or "–"
