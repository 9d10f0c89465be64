"""Writing a seeker's profile."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from accounts import audit
from accounts.actor import Actor
from accounts.models import User
from accounts.services import rename
from core.errors import Invalid
from core.transactions import write
from seekers import consent
from seekers.enums import Group
from seekers.models import GroupDeclaration, SeekerProfile
from seekers.selectors import profile_of


@dataclass(frozen=True, slots=True)
class Answers:
    """Four answers instead of a résumé.

    An empty ``name`` keeps the present one; ``groups`` is ``None`` where they were not asked for.
    """

    name: str = ""
    trade: str = ""
    years: int | None = None
    certificates: str = ""
    groups: Collection[str] | None = None
    groups_consent: str = ""


def save_answers(*, person: User, by: User, answers: Answers) -> SeekerProfile:
    """Replace ``person``'s answers; ``by`` is who typed them.

    Groups need the current consent (``seekers.consent.CURRENT``) unless none is declared; raises
    :class:`Invalid` without it. The audit entry names the fields, not their content.
    """
    _check(answers)
    with write():
        profile, _made = SeekerProfile.objects.get_or_create(person=person)
        profile.trade = answers.trade
        profile.years = answers.years
        profile.certificates = answers.certificates
        profile.save()
        if answers.name:
            rename(actor=Actor(user=person), display_name=answers.name)
        if answers.groups is not None:
            _declare(profile, answers.groups, answers.groups_consent)
        audit.record(actor=by, action="profile.saved", obj=profile)
    return profile


def fill_answers(*, person: User, by: User, answers: Answers) -> SeekerProfile:
    """Put answers that ``person`` gave to ``by`` where they had not given any themselves."""
    known = profile_of(person)
    return save_answers(
        person=person,
        by=by,
        answers=Answers(
            name=person.display_name or answers.name,
            trade=known.trade or answers.trade,
            years=answers.years if known.years is None else known.years,
            certificates=known.certificates or answers.certificates,
        ),
    )


def _check(answers: Answers) -> None:
    if answers.years is not None and not 0 <= answers.years <= 70:
        wrong = _("Between 0 and 70 years.")
        raise Invalid("years_wrong", wrong, fields={"years": wrong})
    if not answers.groups:
        return
    if not set(answers.groups) <= set(Group.values):
        unknown = _("Choose from the list.")
        raise Invalid("group_unknown", unknown, fields={"groups": unknown})
    if answers.groups_consent != consent.CURRENT:
        missing = _("Please tick that you agree, or leave the groups empty.")
        raise Invalid("groups_consent_missing", missing, fields={"groups_consent": missing})


def _declare(profile: SeekerProfile, groups: Collection[str], version: str) -> None:
    """Withdraw what is no longer declared, add what is new; what stays keeps its date."""
    declared = GroupDeclaration.objects.filter(profile=profile)
    declared.exclude(group__in=groups).delete()
    known = set(declared.values_list("group", flat=True))
    GroupDeclaration.objects.bulk_create(
        GroupDeclaration(profile=profile, group=group, consent_version=version)
        for group in sorted(set(groups) - known)
    )
