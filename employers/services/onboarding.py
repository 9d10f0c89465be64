"""Employers: registered, described, submitted, reviewed, suspended."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts import audit
from accounts.actor import Actor
from accounts.models import User
from core import ratelimit
from core.db import move
from core.errors import Conflict, Invalid
from core.texts import given_reason, require_reason
from core.transactions import write
from employers import rules, selectors
from employers.enums import (
    EMPLOYER_TRANSITIONS,
    ClaimStatus,
    DocumentKind,
    EmployerKind,
    EmployerRole,
    EmployerStatus,
)
from employers.indexing import index_again
from employers.models import Employer, EmployerClaim, EmployerMember, EmployerReview

_REGISTRATIONS_PER_DAY: Final = 5
_DAY_S: Final = 24 * 3600

UNMET_LABELS: Final[dict[str, str | Promise]] = {
    "credit_code": _("Give the unified social credit code."),
    "business_licence": _("Upload a picture or PDF of the business licence."),
    "hr_licence": _("An agency gives its HR service licence: number, valid date and a picture."),
}


def register_employer(
    *, actor: Actor, name: str, credit_code: str = "", kind: str = EmployerKind.DIRECT
) -> Employer:
    """Register a new employer as a draft, with ``actor`` as its owner.

    A code that an imported, unclaimed employer carries starts a claim on that employer instead of
    being taken from it. Raises :class:`Invalid` for a code of the wrong shape and
    :class:`Conflict` for one that is registered already. At most five a day per person.
    """
    user = actor.require_user()
    ratelimit.take(f"register-employer:{user.pk}", limit=_REGISTRATIONS_PER_DAY, period_s=_DAY_S)
    code = rules.credit_code(credit_code)
    with write():
        imported = _check_code(code, owner=None)
        employer = Employer(
            name=name.strip(), credit_code=None if imported else code or None, kind=kind
        )
        _require_valid(employer)
        employer.save()
        EmployerMember.objects.create(employer=employer, person=user, role=EmployerRole.OWNER)
        audit.record(actor=user, action="employer.registered", obj=employer)
        if imported:
            _claim_by_code(user, employer, imported)
    return employer


def update_profile(
    *,
    actor: Actor,
    employer: Employer,
    values: Mapping[str, Any],
    on_behalf_of: UUID | None = None,
) -> Employer:
    """Change the profile. Name, code and licence are fixed from submission on.

    Raises :class:`Conflict` for a fixed fact, :class:`Invalid` for input that is not right.
    """
    user = actor.require_user()
    with write():
        current = Employer.objects.select_for_update().get(pk=employer.pk)
        changed = [name for name in values if getattr(current, name, None) != _of(values, name)]
        _check_fields(current, values, changed)
        for name in changed:
            setattr(current, name, _of(values, name))
        if "credit_code" in changed:
            imported = _check_code(current.credit_code or "", owner=current)
            if imported:
                current.credit_code = None
                _claim_by_code(user, current, imported)
        _require_valid(current)
        current.save()
        if "name" in changed:
            index_again(current)
        if changed:
            audit.record(
                actor=user,
                action="employer.changed",
                obj=current,
                diff={"fields": changed},
                on_behalf_of=on_behalf_of,
            )
    return current


def submit_employer(
    *, actor: Actor, employer: Employer, on_behalf_of: UUID | None = None
) -> Employer:
    """Hand the employer to staff for verification. Raises :class:`Invalid` with what is unmet."""
    user = actor.require_user()
    with write():
        employer.refresh_from_db()
        unmet = unmet_of(employer)
        if unmet:
            raise Invalid(
                "employer_incomplete",
                _("Something is still missing before staff can check it."),
                fields={name: UNMET_LABELS[name] for name in unmet},
            )
        _move(employer, EmployerStatus.SUBMITTED, status_reason="")
        audit.record(
            actor=user, action="employer.submitted", obj=employer, on_behalf_of=on_behalf_of
        )
    return employer


def review_employer(
    *,
    actor: Actor,
    employer: Employer,
    verified: bool,
    reason: str = "",
    two_person: bool = False,
    exception_reason: str = "",
) -> Employer:
    """Verify a submitted employer, or send it back with a reason it reads.

    With ``two_person`` the first yes is kept and a second person's yes verifies; unless
    ``exception_reason`` says why one person is enough, which is recorded. Whoever looks second at
    their own yes gets a :class:`Conflict`. A verified employer is due again after six months.
    """
    user = actor.require_user()
    reason = given_reason(reason) if verified else require_reason(reason)
    exception_reason = given_reason(exception_reason, field="exception_reason")
    with write():
        Employer.objects.select_for_update().get(pk=employer.pk)
        employer.refresh_from_db()
        if employer.status != EmployerStatus.SUBMITTED:
            raise _state_changed()
        alone = two_person and verified and not exception_reason
        others = selectors.approvals(employer) if alone else []
        if any(review.reviewer_id == user.pk for review in others):
            raise Conflict("second_person_needed", _("A second person has to confirm this."))
        EmployerReview.objects.create(
            employer=employer,
            verified=verified,
            reviewer=user,
            reason=reason,
            exception_reason=exception_reason if two_person else "",
        )
        if not verified:
            _move(employer, EmployerStatus.REJECTED, status_reason=reason)
        elif not alone or others:
            _verify(employer)
        audit.record(
            actor=user,
            action="employer.verified" if verified else "employer.rejected",
            obj=employer,
            reason=reason or exception_reason,
            diff={"status": [EmployerStatus.SUBMITTED, employer.status]},
        )
    return employer


def confirm_recheck(*, actor: Actor, employer: Employer) -> Employer:
    """Record that staff looked at a verified employer again; due in six months."""
    user = actor.require_user()
    with write():
        due = rules.months_later(timezone.localdate(), rules.RECHECK_MONTHS)
        changed = Employer.objects.filter(pk=employer.pk, status=EmployerStatus.VERIFIED).update(
            recheck_due=due
        )
        if not changed:
            raise _state_changed()
        EmployerReview.objects.create(employer=employer, verified=True, reviewer=user)
        audit.record(actor=user, action="employer.rechecked", obj=employer)
        employer.refresh_from_db()
    return employer


def suspend_employer(*, actor: Actor, employer: Employer, reason: str) -> Employer:
    """Take a verified employer and its vacancies off every page; members keep their console."""
    user = actor.require_user()
    reason = require_reason(reason)
    with write():
        _move(employer, EmployerStatus.SUSPENDED, status_reason=reason)
        audit.record(actor=user, action="employer.suspended", obj=employer, reason=reason)
    return employer


def reinstate_employer(*, actor: Actor, employer: Employer, reason: str = "") -> Employer:
    """End a suspension."""
    user, reason = actor.require_user(), given_reason(reason)
    with write():
        employer.refresh_from_db()
        if employer.status != EmployerStatus.SUSPENDED:
            raise _state_changed()
        _verify(employer)
        EmployerReview.objects.create(
            employer=employer, verified=True, reviewer=user, reason=reason
        )
        audit.record(actor=user, action="employer.reinstated", obj=employer, reason=reason)
    return employer


def unmet_of(employer: Employer) -> list[str]:
    """Return what an employer still owes before it can be submitted, as ``UNMET_LABELS`` keys."""
    held = set(employer.documents.values_list("kind", flat=True))
    unmet = []
    if not selectors.code_on_file(employer):
        unmet.append("credit_code")
    if DocumentKind.BUSINESS_LICENCE not in held:
        unmet.append("business_licence")
    if employer.kind == EmployerKind.AGENCY and not (
        employer.hr_licence_no
        and employer.hr_licence_expires
        and employer.hr_licence_expires >= timezone.localdate()
        and DocumentKind.HR_LICENCE in held
    ):
        unmet.append("hr_licence")
    return unmet


# --- the pieces ---------------------------------------------------------------------------------
def _verify(employer: Employer) -> None:
    _move(
        employer,
        EmployerStatus.VERIFIED,
        verified_at=timezone.now(),
        recheck_due=rules.months_later(timezone.localdate(), rules.RECHECK_MONTHS),
        status_reason="",
    )


def _move(employer: Employer, to: EmployerStatus, **also: Any) -> Employer:
    return move(
        employer,
        field="status",
        to=to,
        transitions=EMPLOYER_TRANSITIONS,
        conflict=_state_changed(),
        **also,
    )


def _state_changed() -> Conflict:
    return Conflict(
        "employer_state_changed",
        _("The employer's state has changed meanwhile. Reload and look again."),
    )


def _check_code(code: str, *, owner: Employer | None) -> Employer | None:
    """Return the imported employer that carries ``code``, if any; refuse a code taken or bad."""
    if not code:
        return None
    if not rules.has_code_shape(code):
        raise Invalid(
            "credit_code_shape",
            _("A unified social credit code has 18 characters."),
            fields={"credit_code": _("18 digits and capital letters, without I, O, S, V, Z.")},
        )
    holder = Employer.objects.filter(credit_code=code).first()
    if holder is None or (owner and holder.pk == owner.pk):
        return None
    if holder.status == EmployerStatus.UNCLAIMED:
        return holder
    raise Conflict(
        "credit_code_taken",
        _("This employer is registered already. Ask a colleague there to invite you."),
        fields={"credit_code": _("This code is registered already.")},
    )


def _claim_by_code(user: User, employer: Employer, imported: Employer) -> None:
    claim, created = EmployerClaim.objects.get_or_create(
        unclaimed=imported,
        claimant=employer,
        status=ClaimStatus.PENDING,
        defaults={"claimed_by": user},
    )
    if created:
        audit.record(actor=user, action="employer.claimed", obj=claim)


def _of(values: Mapping[str, Any], name: str) -> Any:
    """The value as it is stored."""
    value = values[name]
    if name == "credit_code":
        return rules.credit_code(value or "") or None
    return value.strip() if isinstance(value, str) else value


def _check_fields(current: Employer, values: Mapping[str, Any], changed: list[str]) -> None:
    known = (*rules.IDENTITY_FIELDS, *rules.PROFILE_FIELDS)
    if set(values) - set(known):
        raise Invalid("unknown_fields", _("Some of the input is not known here."))
    if not rules.identity_open(current) and set(changed) & set(rules.IDENTITY_FIELDS):
        raise Conflict(
            "identity_fixed",
            _("Name, code and licence are fixed while and after staff check them. Ask the staff."),
        )


def _require_valid(employer: Employer) -> None:
    fields = ("name", "kind", *rules.PROFILE_FIELDS, "hr_licence_no", "hr_licence_expires")
    others = [f.name for f in Employer._meta.fields if f.name not in fields]
    try:
        employer.clean_fields(exclude=others)
    except ValidationError as error:
        raise Invalid(
            "invalid",
            _("Some of the input is not right."),
            fields={name: texts[0] for name, texts in error.message_dict.items()},
        ) from None
