"""Employers verified in a batch: a sheet of decisions and a folder of licences.

First every row's fate is planned from what is on file, then each row is carried out in a
transaction of its own: a row is done whole or not at all, and the others do not mind.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from django.db.models import Q
from django.utils.translation import gettext as _

from accounts import audit
from accounts.actor import Actor
from core.db import move
from core.errors import Conflict, DomainError
from core.transactions import write
from core.uploads import CleanFile, clean_document
from employers import selectors
from employers.enums import (
    EMPLOYER_TRANSITIONS,
    ClaimStatus,
    DocumentKind,
    EmployerStatus,
)
from employers.licence_folder import Licence, LicenceFolder
from employers.models import Employer, EmployerDocument
from employers.services.documents import store_document
from employers.services.onboarding import review_employer, submit_employer, update_profile
from employers.spreadsheet.review_rows import Decision, ReviewRow
from employers.spreadsheet.text import folded

_PREFERRED: Final = (
    EmployerStatus.SUBMITTED, EmployerStatus.REJECTED, EmployerStatus.DRAFT,
    EmployerStatus.VERIFIED, EmployerStatus.UNCLAIMED, EmployerStatus.SUSPENDED,
)  # fmt: skip


@dataclass(slots=True)
class Fate:
    """What is to become of one row, and what became of it.

    ``problem`` says why nothing will be done or could be done; ``outcome`` what was done.
    """

    row: ReviewRow
    employer: Employer | None = None
    licences: list[Licence] = field(default_factory=list)
    problem: str = ""
    outcome: str = ""

    @property
    def waits(self) -> bool:
        """Whether there is something to carry out."""
        return not self.problem and not self.outcome


def plan(rows: Sequence[ReviewRow], folder: LicenceFolder) -> list[Fate]:
    """Match each row with an employer and its licences, and say what stands in the way."""
    known = _Known(rows)
    fates = [known.fate_of(row) for row in rows]
    owners = [
        (fate.row.code or (fate.employer.credit_code or ""), fate.employer.name)
        if fate.employer
        else ("", "")
        for fate in fates
    ]
    for index, licences in folder.share_out(owners).items():
        fates[index].licences = licences
    for fate in fates:
        if fate.waits:
            fate.problem = _obstacle(fate)
    return fates


def carry_out(
    *,
    actor: Actor,
    fates: Iterable[Fate],
    folder: LicenceFolder,
    two_person: Callable[[Employer], bool],
    seconds: float,
) -> Iterator[Fate]:
    """Carry out what waits, one row after the other, and yield each row that is settled.

    Stops taking up rows after ``seconds``; what is left still waits and can be carried out by
    another call. ``two_person`` says whether an employer needs a second person's yes.
    """
    actor.require_user()
    end = time.monotonic() + seconds
    for fate in fates:
        if not fate.waits:
            continue
        if time.monotonic() > end:
            return
        stored: list[EmployerDocument] = []
        try:
            # Drawing pictures anew takes its time: before the transaction, not inside it.
            papers = [(found.kind, clean_document(folder.read(found))) for found in fate.licences]
            with write():
                fate.outcome = _decide(actor, fate, papers, two_person, stored)
        except DomainError as error:
            lines = [str(error.message), *(str(text) for text in error.fields.values())]
            fate.problem = " ".join(dict.fromkeys(lines))
            for document in stored:  # the rows are rolled back; their files go as well
                document.file.storage.delete(document.file.name or "")
        yield fate


def _decide(
    actor: Actor,
    fate: Fate,
    papers: list[tuple[DocumentKind, CleanFile]],
    two_person: Callable[[Employer], bool],
    stored: list[EmployerDocument],
) -> str:
    employer = fate.employer
    if employer is None or fate.row.decision is None:
        raise AssertionError(fate.row.number)  # such a row has a problem
    employer.refresh_from_db()
    if fate.row.decision == Decision.REJECT:
        review_employer(actor=actor, employer=employer, verified=False, reason=fate.row.reason)
        return _("Sent back.")
    employer = _hand_in(actor, employer, fate.row.code, papers, stored)
    review_employer(
        actor=actor,
        employer=employer,
        verified=True,
        reason=fate.row.reason,
        two_person=two_person(employer),
    )
    return _("Verified.") if employer.is_verified else _("First yes noted; a second is needed.")


def _hand_in(
    actor: Actor,
    employer: Employer,
    code: str,
    papers: list[tuple[DocumentKind, CleanFile]],
    stored: list[EmployerDocument],
) -> Employer:
    """Add code and licences for the employer and submit it where it has not been."""
    behalf = employer.public_id
    if employer.status == EmployerStatus.UNCLAIMED:
        _take_up(actor, employer)
    waits = employer.status == EmployerStatus.SUBMITTED
    if not waits and not employer.credit_code and code:
        values = {"credit_code": code}
        employer = update_profile(
            actor=actor, employer=employer, values=values, on_behalf_of=behalf
        )
    for kind, clean in papers:
        document = store_document(
            actor=actor,
            employer=employer,
            kind=kind,
            clean=clean,
            by_reviewer=True,
            on_behalf_of=behalf,
        )
        stored.append(document)
    if not waits:
        submit_employer(actor=actor, employer=employer, on_behalf_of=behalf)
    return employer


def _take_up(actor: Actor, employer: Employer) -> None:
    """Staff take up an imported employer that nobody has claimed."""
    move(
        employer,
        field="status",
        to=EmployerStatus.DRAFT,
        transitions=EMPLOYER_TRANSITIONS,
        conflict=Conflict(
            "employer_state_changed",
            _("The employer's state has changed meanwhile. Reload and look again."),
        ),
    )
    audit.record(
        actor=actor.require_user(),
        action="employer.taken_up",
        obj=employer,
        on_behalf_of=employer.public_id,
    )


# --- matching -----------------------------------------------------------------------------------
class _Known:
    """The employers that the rows of a sheet may mean, fetched in one query."""

    def __init__(self, rows: Sequence[ReviewRow]) -> None:
        codes = {row.code for row in rows if row.code}
        spellings = {form for row in rows if row.name for form in _spellings(row.name)}
        self._by_code: dict[str, Employer] = {}
        self._by_name: dict[str, list[Employer]] = {}
        self._seen: dict[int, int] = {}
        found = Employer.objects.known().filter(Q(credit_code__in=codes) | Q(name__in=spellings))
        for employer in found.prefetch_related("documents", "claims").order_by("pk"):
            if employer.credit_code:
                self._by_code[employer.credit_code] = employer
            self._by_name.setdefault(folded(employer.name), []).append(employer)

    def fate_of(self, row: ReviewRow) -> Fate:
        """Return the row with its employer, or with the reason why it has none."""
        if row.problem:
            return Fate(row, problem=row.problem)
        employer, problem = self._match(row)
        if employer is None:
            return Fate(row, problem=problem)
        first = self._seen.setdefault(employer.pk, row.number)
        if first != row.number:
            return Fate(row, employer, problem=_("The same employer as row %(n)d.") % {"n": first})
        return Fate(row, employer)

    def _match(self, row: ReviewRow) -> tuple[Employer | None, str]:
        by_code = self._by_code.get(row.code) if row.code else None
        if by_code is not None:
            if row.name and folded(row.name) != folded(by_code.name):
                other = _("The code belongs to %(name)s.") % {"name": by_code.name}
                return None, other
            return by_code, ""
        namesakes = [
            employer
            for employer in self._by_name.get(folded(row.name), [])
            if not (row.code and employer.credit_code)
        ]
        if row.name and not namesakes and self._by_name.get(folded(row.name)):
            return None, _("The employer of this name has another credit code on file.")
        if not namesakes:
            return None, _("No such employer here.")
        return _preferred(namesakes)


def _preferred(namesakes: list[Employer]) -> tuple[Employer | None, str]:
    for status in _PREFERRED:
        alike = [employer for employer in namesakes if employer.status == status]
        if len(alike) == 1:
            return alike[0], ""
        if alike:
            break
    return None, _("Several employers have this name; add the credit code.")


def _spellings(name: str) -> set[str]:
    full = name.replace("(", "（").replace(")", "）")
    return {name, full, name.replace("（", "(").replace("）", ")")}


# --- what stands in the way ---------------------------------------------------------------------
def _obstacle(fate: Fate) -> str:
    if fate.employer is None:
        return _("No such employer here.")
    if fate.row.decision == Decision.VERIFY:
        return next(_obstacles(fate, fate.employer), "")
    if fate.employer.status != EmployerStatus.SUBMITTED:
        return _("It has not been submitted: there is nothing to send back.")
    return ""


def _obstacles(fate: Fate, employer: Employer) -> Iterator[str]:
    """Say what keeps the employer from being verified, the plainest first."""
    if employer.status == EmployerStatus.VERIFIED:
        yield _("Verified already.")
    if employer.status == EmployerStatus.SUSPENDED:
        yield _("Suspended. Reinstate it on its own page.")
    if any(claim.status == ClaimStatus.PENDING for claim in employer.claims.all()):
        yield _("Somebody has claimed it. Decide the claim first.")
    if not (fate.row.code or selectors.code_on_file(employer)):
        yield _("The credit code is neither on file nor in the sheet.")
    held = {document.kind for document in employer.documents.all()}
    held |= {licence.kind for licence in fate.licences}
    if DocumentKind.BUSINESS_LICENCE not in held:
        yield _("The business licence is neither on file nor in the folder.")
