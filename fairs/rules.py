"""Who may do what at a fair. Superusers may do everything that staff may."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from accounts.models import User
from core.errors import NotAllowed, NotFound
from employers.models import Employer, EmployerMember
from fairs.enums import StaffRole
from fairs.models import Fair, FairStaff


def holds_role(user: User | None, fair: Fair, *roles: StaffRole) -> bool:
    """Whether ``user`` works at ``fair`` in one of ``roles`` (any when none is given)."""
    if user is None:
        return False
    return type(fair).objects.staffed_by(user, *roles).filter(pk=fair.pk).exists()


def require_role(user: User, fair: Fair, *roles: StaffRole) -> None:
    """Let through who works at ``fair`` in one of ``roles``.

    Others get :class:`NotAllowed` where they may see the fair and :class:`NotFound` where not.
    """
    if holds_role(user, fair, *roles):
        return
    if not Fair.objects.visible_to(user).filter(pk=fair.pk).exists():
        raise NotFound
    raise NotAllowed("not_fair_staff", _("Only this fair's staff may do that."))


def is_organiser(user: User | None) -> bool:
    """Whether ``user`` manages any fair of this installation, and so may create another."""
    if user is None:
        return False
    if user.is_superuser:
        return True
    return FairStaff.objects.filter(person=user, ended_at=None, role=StaffRole.MANAGER).exists()


def require_organiser(user: User) -> None:
    """Let through who may create fairs and guests."""
    if not is_organiser(user):
        raise NotAllowed("not_organiser", _("Only the organiser's managers may do that."))


def may_block(user: User, person: User) -> bool:
    """Whether ``user`` may block the account of ``person`` for the whole installation, or lift it.

    For managers of any fair, except of themselves and of people who work at a fair; those only an
    administrator blocks, and nobody an administrator.
    """
    if person == user or person.is_superuser:
        return False
    if user.is_superuser:
        return True
    works = FairStaff.objects.filter(person=person, ended_at=None)
    return is_organiser(user) and not works.exists()


def speaks_for(user: User | None, employer: Employer) -> bool:
    """Whether ``user`` is a member of ``employer``."""
    return (
        user is not None and EmployerMember.objects.filter(person=user, employer=employer).exists()
    )
