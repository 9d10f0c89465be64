"""The merge of an imported employer into the verified one that claimed it.

What happens to every row that names the imported employer is listed here; a test holds the list
against the models, so that a new relation cannot be forgotten.
"""

from __future__ import annotations

from typing import Any, Final

from django.utils.translation import gettext_lazy as _

from core.db import move
from core.errors import Conflict
from employers.enums import EMPLOYER_TRANSITIONS, EmployerStatus
from employers.indexing import index_again
from employers.models import Employer, Vacancy
from employers.signals import employer_merged

#: Follow to the successor by a plain UPDATE: ``application.model.field``.
MOVED: Final = frozenset(
    {
        "employers.vacancy.employer",  # and with the vacancy its revisions, pins and intents
        "employers.vacancy.publisher",
        "livestream.guest.employer",
        "livestream.question.answer_employer",
        "livestream.question.employer",
        "livestream.runsheetitem.employer",
        "livestream.sessioncrew.employer",
    }
)
#: Moved by the application that owns them, on the signal: one booth per fair.
BY_SIGNAL: Final = frozenset({"fairs.booth.employer"})
#: History of what was decided or shown under the imported name.
KEPT: Final = frozenset(
    {
        "employers.employer.merged_into",
        "employers.employermember.employer",  # an unclaimed employer has none
        "employers.employerdocument.employer",
        "employers.employerreview.employer",
        "employers.employerclaim.unclaimed",
        "employers.employerclaim.claimant",
        "fairs.importbatch.employer",
        "intents.consent.recipient",  # the name that the seeker agreed to
    }
)


def merge(merged: Employer, into: Employer) -> dict[str, int]:
    """Merge within the caller's transaction; return how many rows of each relation moved.

    The successor takes over the credit code if it has none. Raises :class:`Conflict` if the
    imported employer has been merged or claimed meanwhile.
    """
    code = merged.credit_code
    move(
        merged,
        field="status",
        to=EmployerStatus.MERGED,
        transitions=EMPLOYER_TRANSITIONS,
        conflict=Conflict("not_unclaimed", _("This employer has been claimed already.")),
        merged_into=into,
        credit_code=None if into.credit_code is None else code,
    )
    if into.credit_code is None and code:
        Employer.objects.filter(pk=into.pk).update(credit_code=code)
        into.credit_code = code
    _forget_doubled_keys(merged, into)
    moved = _move_rows(merged, into)
    index_again(into)
    employer_merged.send(Employer, merged=merged, into=into)
    return moved


def relations() -> set[str]:
    """Return every foreign key to an employer as ``application.model.field``."""
    return {_label(relation) for relation in _related()}


def _related() -> list[Any]:
    """Relations without a name on the employer's side (``related_name="+"``) as well."""
    return [
        found
        for found in Employer._meta.get_fields(include_hidden=True)
        if found.auto_created and not found.concrete and (found.one_to_many or found.one_to_one)
    ]


def _label(relation: Any) -> str:
    return f"{relation.related_model._meta.label_lower}.{relation.field.name}"


def _move_rows(merged: Employer, into: Employer) -> dict[str, int]:
    moved = {}
    for relation in _related():
        if (label := _label(relation)) in MOVED:
            rows = relation.related_model._default_manager.filter(**{relation.field.name: merged})
            moved[label] = rows.update(**{relation.field.name: into})
    return moved


def _forget_doubled_keys(merged: Employer, into: Employer) -> None:
    """Where both imported the same posting, the next import updates the successor's own."""
    own = Vacancy.objects.filter(employer=into).exclude(import_key="").values("import_key")
    Vacancy.objects.filter(employer=merged, import_key__in=own).update(import_key="")
