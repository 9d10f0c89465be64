"""A vacancy as it was shown: snapshots and what counts as a material change."""

from __future__ import annotations

from datetime import date
from typing import Any

from employers.models import Vacancy, VacancyRevision

#: What a seeker decides on; a change of any of these on an open vacancy is material.
MATERIAL_FIELDS = (
    "title",
    "headcount",
    "headcount_stated",
    "duties",
    "requirements",
    "place_text",
    "place_code",
    "education",
    "experience_years",
    "certificates",
    "pay_text",
    "pay_min_fen",
    "pay_max_fen",
    "pay_unit",
    "pay_negotiable",
    "pay_scheme",
    "base_pay_text",
    "total_pay_text",
    "employment_form",
    "shift",
    "board",
    "couple_room",
    "social_insurance",
    "shuttle",
    "deposit_text",
)
SNAPSHOT_FIELDS = (*MATERIAL_FIELDS, "trade", "valid_until", "source_name", "source_url")


def snapshot_of(vacancy: Vacancy) -> dict[str, Any]:
    """The vacancy's content as JSON values."""
    values = {name: getattr(vacancy, name) for name in SNAPSHOT_FIELDS}
    if isinstance(values["valid_until"], date):
        values["valid_until"] = values["valid_until"].isoformat()
    return values


def shown(revision: VacancyRevision) -> Vacancy:
    """The vacancy as this revision showed it: an unsaved copy with the identity of today's."""
    today = revision.vacancy
    values = dict(revision.snapshot)
    if values.get("valid_until"):
        values["valid_until"] = date.fromisoformat(values["valid_until"])
    return Vacancy(
        public_id=today.public_id,
        employer=today.employer,
        publisher=today.publisher,
        status=today.status,
        **values,
    )
