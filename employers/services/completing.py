"""Many imported drafts completed at once: what is given once fills the gaps of each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils import timezone

from accounts.actor import Actor
from core.errors import DomainError
from employers import rules
from employers.models import Vacancy
from employers.services.vacancies import Batch, open_many, update_vacancy


def complete_and_open(
    *, actor: Actor, vacancies: Iterable[Vacancy], gaps: Mapping[str, Mapping[str, Any]]
) -> Batch:
    """Fill what each vacancy does not state yet from ``gaps``, then open it; for staff.

    ``gaps`` maps names of ``enums.REQUIRED_TO_OPEN`` to content fields; what a vacancy states
    itself is never touched. Recorded on behalf of its employer. What could be filled stays filled
    where the vacancy cannot open, and the batch says why.
    """
    batch = Batch()
    for vacancy in vacancies:
        try:
            current = _fill(actor, vacancy, gaps)
        except DomainError as error:
            batch.skipped.append((vacancy, error))
            continue
        opened = open_many(actor=actor, vacancies=[current])
        batch.done += opened.done
        batch.skipped += opened.skipped
    return batch


def _fill(actor: Actor, vacancy: Vacancy, gaps: Mapping[str, Mapping[str, Any]]) -> Vacancy:
    missing = rules.missing_of(vacancy, today=timezone.localdate())
    content = {field: value for name in missing for field, value in gaps.get(name, {}).items()}
    if not content:
        return vacancy
    return update_vacancy(
        actor=actor, vacancy=vacancy, content=content, on_behalf_of=vacancy.employer.public_id
    )
