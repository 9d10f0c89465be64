"""Vacancies from a spreadsheet into a fair: preview, confirm, or straight from the command line.

One pass over the file, in batches, in one transaction: everything that can be imported is, every
other row is reported with its column and reason, and a file that fails midway leaves nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any, BinaryIO, Final, cast

from django.core.files import File
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import audit
from accounts.actor import ANONYMOUS, Actor
from accounts.models import User
from core.errors import Conflict, DomainError, NotFound
from core.transactions import write
from employers import rules as vacancy_rules
from employers.enums import EmployerStatus, VacancyStatus
from employers.models import Employer, Vacancy
from employers.services.vacancies import CONTENT_FIELDS, update_vacancy
from employers.spreadsheet.errors import CellError, RowProblem
from employers.spreadsheet.reader import Table, open_table
from employers.spreadsheet.vacancy_rows import VacancyRow, read_row
from fairs import rules
from fairs.enums import BoothStatus, ImportStatus, StaffRole
from fairs.import_employers import EmployerMatcher, Match, same_employer
from fairs.import_report import SAMPLE_SIZE, ImportReport, Outcome
from fairs.models import Booth, BoothVacancy, Fair, ImportBatch

BATCH_SIZE: Final = 500
Progress = Callable[[int, int], None]
_LAST_POSITION: Final = 32_767  # what the column holds
#: These states are changed directly; others go through the vacancy's own service.
_DIRECT: Final = frozenset({VacancyStatus.DRAFT, VacancyStatus.REJECTED})


def preview_import(
    *,
    actor: Actor,
    fair: Fair,
    file: BinaryIO,
    filename: str,
    employer: Employer | None = None,
) -> ImportBatch:
    """Read the file, store it privately, and report what confirming it would do.

    ``employer``: an employer's own list, in which rows naming another one are rejected; else the
    list of the fair's staff. Raises :class:`SpreadsheetError` for a file that cannot be used.
    """
    user = _authorise(actor, fair, employer)
    report = import_vacancies(fair=fair, file=file, actor=actor, employer=employer, dry_run=True)
    file.seek(0)
    batch = ImportBatch(
        fair=fair,
        employer=employer,
        filename=filename[-200:],
        report=report.as_json(),
        uploaded_by=user,
    )
    with write():
        suffix = ".xlsx" if file.read(2) == b"PK" else ".csv"
        file.seek(0)
        batch.file.save(f"import{suffix}", File(file), save=False)
        batch.save()
        audit.record(actor=user, action="import.preview", obj=batch)
    return batch


def confirm_import(*, actor: Actor, batch: ImportBatch) -> ImportBatch:
    """Do what the preview promised, as far as it still holds; the report is the new one.

    Raises :class:`Conflict` if the batch was confirmed or discarded already.
    """
    user = _authorise(actor, batch.fair, batch.employer)
    with write(), batch.file.open("rb") as file:
        _settle(batch, ImportStatus.CONFIRMED)
        report = import_vacancies(
            fair=batch.fair, file=cast(BinaryIO, file), actor=actor, employer=batch.employer
        )
        batch.report = report.as_json()
        batch.save(update_fields=["report"])
        audit.record(actor=user, action="import.confirm", obj=batch, diff=_counts(report))
    return batch


def discard_import(*, actor: Actor, batch: ImportBatch) -> ImportBatch:
    """Drop a preview. Raises :class:`Conflict` if it was confirmed or discarded already."""
    user = _authorise(actor, batch.fair, batch.employer)
    with write():
        _settle(batch, ImportStatus.DISCARDED)
        audit.record(actor=user, action="import.discard", obj=batch)
    return batch


def import_vacancies(
    *,
    fair: Fair,
    file: BinaryIO,
    filename: str = "",
    actor: Actor | None = None,
    dry_run: bool = False,
    employer: Employer | None = None,
    progress: Progress | None = None,
) -> ImportReport:
    """Import the spreadsheet ``file`` (seekable, binary) and return every row's fate.

    The caller has authorised ``actor``; without one the changes are recorded as nobody's.
    ``dry_run`` reads and compares, writes nothing and takes no lock. ``progress`` is called with
    rows done and expected. Rows come in as drafts; the same file again changes nothing. Raises
    :class:`SpreadsheetError`; then nothing is imported.
    """
    required = ("title",) if employer else ("title", "employer")
    with open_table(file, filename, required=required) as table:
        if dry_run:
            return _Import(fair, actor, employer, dry_run=True).run(table, progress)
        with write():
            report = _Import(fair, actor, employer, dry_run=False).run(table, progress)
            user = actor.user if actor else None
            audit.record(actor=user, action="fair.import_vacancies", obj=fair, diff=_counts(report))
    return report


def _authorise(actor: Actor, fair: Fair, employer: Employer | None) -> User:
    """Staff import for everybody; a member imports for an employer that takes part."""
    user = actor.require_user()
    if employer is not None and rules.speaks_for(user, employer):
        if not Fair.objects.visible_to(user).filter(pk=fair.pk).exists():
            raise NotFound
    else:
        rules.require_role(user, fair, StaffRole.MANAGER, StaffRole.REVIEWER)
    if employer is not None and employer.status in {
        EmployerStatus.SUSPENDED,
        EmployerStatus.MERGED,
    }:
        raise Conflict("employer_not_admitted", _("This employer cannot take part."))
    return user


def _settle(batch: ImportBatch, status: ImportStatus) -> None:
    moved = ImportBatch.objects.filter(pk=batch.pk, status=ImportStatus.PREVIEWED).update(
        status=status,
        confirmed_at=timezone.now() if status == ImportStatus.CONFIRMED else None,
    )
    if not moved:
        raise Conflict("import_settled", _("This import was confirmed or discarded already."))
    batch.refresh_from_db()


def _counts(report: ImportReport) -> dict[str, Any]:
    return {str(outcome): [None, report.outcomes[outcome]] for outcome in Outcome}


class _Import:
    """One run over one table."""

    def __init__(
        self, fair: Fair, actor: Actor | None, employer: Employer | None, *, dry_run: bool
    ) -> None:
        self.report = ImportReport()
        self._fair = fair
        self._actor = actor or ANONYMOUS
        self._own = Match(employer) if employer else None
        self._for_others = employer is None or not rules.speaks_for(self._actor.user, employer)
        self._dry_run = dry_run
        self._matcher = EmployerMatcher()
        self._seen: dict[tuple[int, str], tuple[int, int]] = {}
        self._valid_until = timezone.localtime(fair.ends_at).date()
        self._today = timezone.localdate()
        self._booths: dict[int, int] | None = None  # employer → booth
        self._position = 0

    def run(self, table: Table, progress: Progress | None) -> ImportReport:
        self.report.ignored_columns = list(table.header.ignored)
        self._columns = table.header
        rows = (read_row(row, table.header) for row in table.rows())
        while batch := list(islice(rows, BATCH_SIZE)):
            self._do(batch)
            if progress:
                progress(self.report.total, max(table.size, self.report.total))
        return self.report

    def _do(self, rows: list[VacancyRow]) -> None:
        if self._own is None:
            self._matcher.load(rows)
        usable = list(self._matched(rows))
        self._save_employers()
        existing = self._existing(usable)
        new: list[Vacancy] = []
        kept: list[Vacancy] = []
        changed: list[tuple[Vacancy, set[str]]] = []
        for row, match in usable:
            vacancy = _find(existing, match, row.key)
            if vacancy is None:
                new.append(self._create(row, match))
                continue
            kept.append(vacancy)
            names = _differing(vacancy, row)
            if not names:
                self.report.account(row, Outcome.UNCHANGED)
            elif self._update(vacancy, row, names):
                changed.append((vacancy, names))
        self._save(new, kept, changed)

    # --- which employer, which row ---------------------------------------------------------------

    def _matched(self, rows: list[VacancyRow]) -> Iterator[tuple[VacancyRow, Match]]:
        """Yield the rows that can be used, each key once; book the others."""
        for row in rows:
            if row.problems:
                self.report.account(row, Outcome.REJECTED, problems=row.problems)
                continue
            try:
                match = self._employer_of(row)
            except CellError as error:
                self._reject(row, "employer", error.message)
                continue
            if self._first_of_its_key(row, match):
                yield row, match

    def _employer_of(self, row: VacancyRow) -> Match:
        if self._own is None:
            return self._matcher.match(row)
        if not same_employer(row, self._own.employer):
            raise CellError(_("The row names another employer."))
        return self._own

    def _first_of_its_key(self, row: VacancyRow, match: Match) -> bool:
        """The first row of a key counts: importing again must not swing between two rows."""
        digest = hash(repr(sorted(row.fields.items(), key=lambda item: item[0])))
        first, content = self._seen.setdefault((match.key, row.key), (row.number, digest))
        if first == row.number:
            return True
        note = _("The same vacancy as row %(row)d.") % {"row": first}
        if content == digest:
            problem = RowProblem(self._columns.heading("title"), note)
            self.report.account(row, Outcome.UNCHANGED, problems=[problem])
        else:
            self._reject(row, "title", note + " " + _("But something differs; keep one of them."))
        return False

    def _reject(self, row: VacancyRow, column: str, reason: str) -> None:
        problem = RowProblem(self._columns.heading(column), reason)
        self.report.account(row, Outcome.REJECTED, problems=[problem])

    def _existing(self, usable: list[tuple[VacancyRow, Match]]) -> dict[tuple[int, str], Vacancy]:
        employers = {
            employer.pk
            for _row, match in usable
            for employer in (match.employer, *match.others)
            if employer.pk
        }
        keys = {row.key for row, _match in usable}
        found = Vacancy.objects.filter(employer__in=employers, import_key__in=keys)
        return {(v.employer_id, v.import_key): v for v in found.select_related("employer")}

    # --- one row ---------------------------------------------------------------------------------

    def _create(self, row: VacancyRow, match: Match) -> Vacancy:
        vacancy = Vacancy(
            employer=match.employer,
            publisher=match.employer,
            import_key=row.key,
            **{"valid_until": self._valid_until, **row.fields},
        )
        vacancy.missing = vacancy_rules.missing_of(vacancy, today=self._today)
        self.report.missing.update(vacancy.missing)
        self.report.account(row, Outcome.CREATED)
        if len(self.report.sample) < SAMPLE_SIZE:
            self.report.sample.append(_sample(row, vacancy))
        return vacancy

    def _update(self, vacancy: Vacancy, row: VacancyRow, names: set[str]) -> bool:
        """Book the change and return whether it is left to the bulk update."""
        changes = sorted(names)
        if vacancy.status == VacancyStatus.CLOSED:
            self._reject(row, "title", _("This vacancy is closed. Reopen it to change it."))
            return False
        if vacancy.status in _DIRECT:
            for name in names:
                setattr(vacancy, name, row.fields[name])
            self.report.account(row, Outcome.UPDATED, changes=changes)
            return True
        try:
            self._revise(vacancy, {name: row.fields[name] for name in names})
        except DomainError as error:
            self._reject(row, "title", str(error.message))
        else:
            self.report.account(row, Outcome.UPDATED, changes=changes)
        return False

    def _revise(self, vacancy: Vacancy, changes: dict[str, Any]) -> None:
        """A vacancy under review or open changes by its own rules: a revision, a new review."""
        if not self._dry_run:
            content: dict[str, Any] = {n: changes[n] for n in CONTENT_FIELDS if n in changes}
            update_vacancy(
                actor=self._actor,
                vacancy=vacancy,
                content=content,
                on_behalf_of=vacancy.employer.public_id if self._for_others else None,
            )

    # --- writing ---------------------------------------------------------------------------------

    def _save_employers(self) -> None:
        new, self._matcher.new = self._matcher.new, []
        learned, self._matcher.learned = self._matcher.learned, []
        self.report.employers_created += len(new)
        if self._dry_run:
            return
        Employer.objects.bulk_create(new)
        Employer.objects.bulk_update(learned, ["credit_code"])

    def _save(
        self,
        new: list[Vacancy],
        kept: list[Vacancy],
        changed: list[tuple[Vacancy, set[str]]],
    ) -> None:
        if self._dry_run:
            return
        for vacancy in new:
            vacancy.search_text = vacancy_rules.search_text_of(vacancy)
        Vacancy.objects.bulk_create(new)
        now = timezone.now()
        fields = {"missing", "search_text", "updated_at"}
        for vacancy, names in changed:
            vacancy.missing = vacancy_rules.missing_of(vacancy, today=self._today)
            vacancy.search_text = vacancy_rules.search_text_of(vacancy)
            vacancy.updated_at = now
            fields |= names
        Vacancy.objects.bulk_update([v for v, _names in changed], fields, batch_size=100)
        self._bring([*kept, *new])

    def _bring(self, vacancies: list[Vacancy]) -> None:
        """Put the vacancies into the fair's booths, which are made where there is none yet."""
        brought = set(
            BoothVacancy.objects.filter(fair=self._fair, vacancy__in=vacancies).values_list(
                "vacancy_id", flat=True
            )
        )
        fresh = [vacancy for vacancy in vacancies if vacancy.pk not in brought]
        booths = self._booths_for({vacancy.employer_id: vacancy.employer for vacancy in fresh})
        BoothVacancy.objects.bulk_create(
            BoothVacancy(booth_id=booths[v.employer_id], fair=self._fair, vacancy=v) for v in fresh
        )
        self.report.brought += len(fresh)

    def _booths_for(self, employers: dict[int, Employer]) -> dict[int, int]:
        """Staff give booths; an employer that uploads its own list applies for one."""
        if self._booths is None:
            at_fair = Booth.objects.filter(fair=self._fair)
            self._booths = dict(at_fair.values_list("employer_id", "pk"))
            self._position = at_fair.aggregate(last=Max("position"))["last"] or 0
        status = BoothStatus.APPLIED if self._own else BoothStatus.APPROVED
        wanted = [employer for pk, employer in employers.items() if pk not in self._booths]
        new = Booth.objects.bulk_create(
            Booth(
                fair=self._fair,
                employer=employer,
                status=status,
                position=min(self._position + n, _LAST_POSITION),
            )
            for n, employer in enumerate(wanted, 1)
        )
        self._position += len(new)
        self._booths |= {booth.employer_id: booth.pk for booth in new}
        self.report.booths_created += len(new)
        return self._booths


def _find(existing: dict[tuple[int, str], Vacancy], match: Match, key: str) -> Vacancy | None:
    for employer in (match.employer, *match.others):
        if employer.pk and (employer.pk, key) in existing:
            return existing[employer.pk, key]
    return None


def _differing(vacancy: Vacancy, row: VacancyRow) -> set[str]:
    """Return the fields that the row states otherwise; what it does not state stays."""
    return {name for name, value in row.fields.items() if getattr(vacancy, name) != value}


def _sample(row: VacancyRow, vacancy: Vacancy) -> dict[str, Any]:
    return {
        "row": row.number,
        "title": vacancy.title,
        "employer": vacancy.employer.name,
        "place": vacancy.place_text,
        "pay": vacancy.pay_text,
        "headcount": vacancy.headcount,
        "headcount_stated": vacancy.headcount_stated,
        "missing": vacancy.missing,
    }
