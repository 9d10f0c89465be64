"""Vacancies: written, submitted, opened, changed, closed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts import audit
from accounts.actor import Actor
from accounts.models import User
from core.db import move
from core.errors import Conflict, DomainError, Invalid
from core.texts import given_reason, require_reason
from core.transactions import write
from employers import rules
from employers.enums import VACANCY_TRANSITIONS, VacancyStatus
from employers.models import Employer, Vacancy, VacancyRevision
from employers.revisions import snapshot_of
from employers.spreadsheet.errors import CellError
from employers.spreadsheet.pay import parse_pay
from employers.spreadsheet.places import parse_place

#: What a form, an import or the API may set; pay and place are read from their text.
CONTENT_FIELDS: Final = (
    "title", "trade", "headcount", "headcount_stated", "duties", "requirements", "place_text",
    "education", "experience_years", "certificates", "valid_until", "pay_text", "pay_scheme",
    "base_pay_text", "total_pay_text", "employment_form", "shift", "board", "couple_room",
    "social_insurance", "shuttle", "deposit_text", "source_url", "source_name",
)  # fmt: skip

MISSING_LABELS: Final[dict[str, str | Promise]] = {
    "headcount": _("How many people are wanted is not stated."),
    "duties": _("The duties are not stated."),
    "requirements": _("The requirements are not stated."),
    "place": _("The place of work is not stated."),
    "pay": _("The pay is not stated."),
    "validity": _("The vacancy has no closing date, or it has passed."),
}
#: The input that states each of them.
FORM_FIELD: Final = {
    "headcount": "headcount", "duties": "duties", "requirements": "requirements",
    "place": "place_text", "pay": "pay_text", "validity": "valid_until",
}  # fmt: skip


@dataclass(slots=True)
class Batch:
    """What became of many vacancies at once: those changed, and the others with the reason."""

    done: list[Vacancy] = field(default_factory=list)
    skipped: list[tuple[Vacancy, DomainError]] = field(default_factory=list)


def create_vacancy(
    *,
    actor: Actor,
    employer: Employer,
    content: Mapping[str, Any],
    publisher: Employer | None = None,
    on_behalf_of: UUID | None = None,
) -> Vacancy:
    """Write a draft. Raises :class:`Invalid` naming the fields that cannot be read."""
    user = actor.require_user()
    vacancy = Vacancy(employer=employer, publisher=publisher or employer)
    _fill(vacancy, content)
    with write():
        vacancy.save()
        audit.record(actor=user, action="vacancy.created", obj=vacancy, on_behalf_of=on_behalf_of)
    return vacancy


def update_vacancy(
    *,
    actor: Actor,
    vacancy: Vacancy,
    content: Mapping[str, Any],
    on_behalf_of: UUID | None = None,
) -> Vacancy:
    """Change the content.

    A material change of an open vacancy makes a new revision and sends the vacancy back to
    review: it leaves the lists, its page shows the last approved revision until staff open it
    again. Any other change of an open vacancy shows at once. Raises :class:`Invalid` for input
    that cannot be read or would leave an open vacancy incomplete, :class:`Conflict` for a closed
    one. An import from the command line has no user behind ``actor``.
    """
    user = actor.user
    with write():
        current = Vacancy.objects.select_for_update(of=("self",)).get(pk=vacancy.pk)
        if not rules.may_edit(current):
            raise Conflict("vacancy_closed", _("This vacancy is closed. Reopen it to change it."))
        before = snapshot_of(current)
        _fill(current, content)
        diff = _diff(before, snapshot_of(current))
        if current.status == VacancyStatus.OPEN:
            _require_complete(current)
            if rules.material_changes(current, before):
                _back_to_review(current, user)
        current.save()
        if diff:
            audit.record(
                actor=user,
                action="vacancy.changed",
                obj=current,
                diff=diff,
                on_behalf_of=on_behalf_of,
            )
    return current


def submit_vacancy(*, actor: Actor, vacancy: Vacancy, on_behalf_of: UUID | None = None) -> Vacancy:
    """Hand a draft to staff. Raises :class:`Invalid` with the missing fields."""
    user = actor.require_user()
    with write():
        vacancy.refresh_from_db()
        _require_complete(vacancy)
        move_vacancy(
            vacancy, VacancyStatus.SUBMITTED, leaving=NOT_SUBMITTED, missing=[], status_reason=""
        )
        audit.record(actor=user, action="vacancy.submitted", obj=vacancy, on_behalf_of=on_behalf_of)
    return vacancy


def review_vacancy(
    *,
    actor: Actor,
    vacancy: Vacancy,
    opens: bool,
    reason: str = "",
    seen: datetime | None = None,
) -> Vacancy:
    """Open a submitted vacancy, or send it back with a reason its employer reads.

    ``seen`` is the ``updated_at`` of what the reviewer looked at: a vacancy that was changed
    meanwhile is a :class:`Conflict`, and so is one that somebody else has decided.
    """
    user = actor.require_user()
    with write():
        vacancy.refresh_from_db()
        if seen is not None and vacancy.updated_at != seen:
            raise Conflict(
                "vacancy_changed", _("The employer has just changed this vacancy. Look again.")
            )
        if opens:
            _open(vacancy, user)
        else:
            reason = require_reason(reason)
            move_vacancy(vacancy, VacancyStatus.REJECTED, status_reason=reason)
            audit.record(actor=user, action="vacancy.rejected", obj=vacancy, reason=reason)
    return vacancy


def close_vacancy(
    *, actor: Actor, vacancy: Vacancy, reason: str = "", on_behalf_of: UUID | None = None
) -> Vacancy:
    """Take a vacancy out; its intents stay and can still be answered."""
    user, reason = actor.require_user(), given_reason(reason)
    with write():
        move_vacancy(vacancy, VacancyStatus.CLOSED, status_reason=reason)
        audit.record(
            actor=user,
            action="vacancy.closed",
            obj=vacancy,
            reason=reason,
            on_behalf_of=on_behalf_of,
        )
    return vacancy


def reopen_vacancy(*, actor: Actor, vacancy: Vacancy, on_behalf_of: UUID | None = None) -> Vacancy:
    """Make a closed vacancy a draft again; it opens through review like any other."""
    user = actor.require_user()
    with write():
        move_vacancy(vacancy, VacancyStatus.DRAFT, status_reason="")
        vacancy.missing = rules.missing_of(vacancy, today=timezone.localdate())
        vacancy.save(update_fields=["missing", "updated_at"])
        audit.record(actor=user, action="vacancy.reopened", obj=vacancy, on_behalf_of=on_behalf_of)
    return vacancy


def submit_many(
    *, actor: Actor, vacancies: Iterable[Vacancy], on_behalf_of: UUID | None = None
) -> Batch:
    """Submit each that can be; tell of the others why not."""
    return _each(
        vacancies,
        lambda vacancy: submit_vacancy(actor=actor, vacancy=vacancy, on_behalf_of=on_behalf_of),
    )


def close_many(
    *, actor: Actor, vacancies: Iterable[Vacancy], on_behalf_of: UUID | None = None
) -> Batch:
    """Close each that can be; tell of the others why not."""
    return _each(
        vacancies,
        lambda vacancy: close_vacancy(actor=actor, vacancy=vacancy, on_behalf_of=on_behalf_of),
    )


def open_many(*, actor: Actor, vacancies: Iterable[Vacancy]) -> Batch:
    """Open drafts and submitted vacancies that state everything; for staff after an import."""
    user = actor.require_user()

    def open_one(vacancy: Vacancy) -> Vacancy:
        with write():
            vacancy.refresh_from_db()
            if vacancy.status != VacancyStatus.SUBMITTED:
                submit_vacancy(actor=actor, vacancy=vacancy)
            return _open(vacancy, user)

    return _each(vacancies, open_one)


# --- the pieces ---------------------------------------------------------------------------------
#: An open vacancy goes back to review by a material change only, never by submitting it.
NOT_SUBMITTED: Final = frozenset({VacancyStatus.DRAFT, VacancyStatus.REJECTED})


def move_vacancy(
    vacancy: Vacancy,
    to: VacancyStatus,
    *,
    leaving: frozenset[VacancyStatus] | None = None,
    **also: Any,
) -> Vacancy:
    """Move to another state by one conditional UPDATE; the loser of a race is told.

    ``leaving`` narrows the states that the transition table allows.
    """
    table: dict[str, frozenset[str]] = (
        {str(to): frozenset(map(str, leaving))} if leaving else VACANCY_TRANSITIONS
    )
    return move(
        vacancy,
        field="status",
        to=to,
        transitions=table,
        conflict=Conflict(
            "vacancy_state_changed",
            _("The vacancy's state has changed meanwhile. Reload and look again."),
        ),
        updated_at=timezone.now(),
        **also,
    )


def _each(vacancies: Iterable[Vacancy], act: Callable[[Vacancy], Vacancy]) -> Batch:
    batch = Batch()
    for vacancy in vacancies:
        try:
            batch.done.append(act(vacancy))
        except DomainError as error:
            batch.skipped.append((vacancy, error))
    return batch


def _open(vacancy: Vacancy, user: User) -> Vacancy:
    """Make public. The state moves first: of two reviewers, one never reaches the revision."""
    if vacancy.employer.status not in rules.MAY_HAVE_OPEN_VACANCIES:
        raise Conflict("employer_not_verified", _("Verify the employer before its vacancies open."))
    _require_complete(vacancy)
    now = timezone.now()
    number = vacancy.revision_number
    shown = vacancy.revisions.filter(number=number).first()
    is_new = shown is None or bool(rules.material_changes(vacancy, shown.snapshot))
    move_vacancy(
        vacancy,
        VacancyStatus.OPEN,
        opened_at=now,
        revision_number=number + is_new,
        missing=[],
        status_reason="",
    )
    if is_new:
        _add_revision(vacancy, user, at=now)
    audit.record(
        actor=user,
        action="vacancy.opened",
        obj=vacancy,
        diff={"revision": [number, vacancy.revision_number]},
    )
    return vacancy


def _back_to_review(vacancy: Vacancy, user: User | None) -> None:
    """Take an open vacancy out of the lists; ``vacancy`` holds content not stored yet."""
    stored = move_vacancy(
        Vacancy(pk=vacancy.pk),
        VacancyStatus.SUBMITTED,
        revision_number=vacancy.revision_number + 1,
    )
    vacancy.status, vacancy.revision_number = stored.status, stored.revision_number
    _add_revision(vacancy, user, at=timezone.now())


def _add_revision(vacancy: Vacancy, user: User | None, *, at: datetime) -> VacancyRevision:
    return VacancyRevision.objects.create(
        vacancy=vacancy,
        number=vacancy.revision_number,
        snapshot=snapshot_of(vacancy),
        created_by=user,
        at=at,
    )


def _require_complete(vacancy: Vacancy) -> None:
    missing = rules.missing_of(vacancy, today=timezone.localdate())
    if missing:
        raise Invalid(
            "vacancy_incomplete",
            _("Something is still missing. Complete the vacancy first."),
            fields={FORM_FIELD[name]: MISSING_LABELS[name] for name in missing},
        )


def _fill(vacancy: Vacancy, content: Mapping[str, Any]) -> None:
    """Put ``content`` into the vacancy, with all that follows from it."""
    unknown = set(content) - set(CONTENT_FIELDS)
    if unknown:
        raise Invalid("unknown_fields", _("Some of the input is not known here."))
    for name, value in content.items():
        setattr(vacancy, name, value.strip() if isinstance(value, str) else value)
    _require_valid(vacancy)
    if vacancy.headcount is not None:
        vacancy.headcount_stated = True
    if "pay_text" in content:
        _read_pay(vacancy)
    if "place_text" in content:
        place = parse_place(vacancy.place_text)
        vacancy.place_text, vacancy.place_code = place.text, place.code
    vacancy.missing = rules.missing_of(vacancy, today=timezone.localdate())
    vacancy.search_text = rules.search_text_of(vacancy)


def _require_valid(vacancy: Vacancy) -> None:
    others = [f.name for f in Vacancy._meta.fields if f.name not in CONTENT_FIELDS]
    try:
        vacancy.clean_fields(exclude=others)
    except ValidationError as error:
        fields = {name: texts[0] for name, texts in error.message_dict.items()}
    else:
        fields = {}
    if vacancy.headcount == 0:
        fields["headcount"] = gettext("Write the headcount as one number, for example 5.")
    if fields:
        raise Invalid("invalid", _("Some of the input is not right."), fields=fields)


def _read_pay(vacancy: Vacancy) -> None:
    try:
        pay = parse_pay(vacancy.pay_text)
    except CellError as error:
        raise Invalid("pay_unreadable", error.message, fields={"pay_text": error.message}) from None
    vacancy.pay_text = pay.text
    vacancy.pay_min_fen, vacancy.pay_max_fen = pay.min_fen, pay.max_fen
    vacancy.pay_unit = pay.unit or ""
    vacancy.pay_negotiable = pay.negotiable
    vacancy.pay_monthly_min_fen = pay.monthly_min_fen
    vacancy.pay_monthly_max_fen = pay.monthly_max_fen


def _diff(before: dict[str, Any], after: dict[str, Any]) -> dict[str, list[Any]]:
    return {
        name: [_short(before[name]), _short(after[name])]
        for name in after
        if before[name] != after[name]
    }


def _short(value: Any) -> Any:
    return value[:200] if isinstance(value, str) else value
