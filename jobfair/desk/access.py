"""Who may sit at the desk. A stranger learns of no page here: everything is 404 to them."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest

from accounts.actor import actor_of
from accounts.models import User
from core.errors import NotFound
from fairs.enums import StaffRole
from fairs.models import Fair, FairStaff
from livestream.models import Session

REVIEWERS = (StaffRole.MANAGER, StaffRole.REVIEWER)
MANAGERS = (StaffRole.MANAGER,)
COUNTERS = (StaffRole.MANAGER, StaffRole.STATISTICIAN)
MODERATORS = (StaffRole.MANAGER, StaffRole.MODERATOR)


def staff(request: HttpRequest, *roles: StaffRole) -> User:
    """The person asking, if they hold one of ``roles`` (any when none is given) at any fair.

    Employers, vacancies and guests belong to the installation, so a reviewer reviews them all.
    """
    user = actor_of(request).require_user()
    if user.is_superuser:
        return user
    held = FairStaff.objects.filter(person=user, ended_at=None)
    if not (held.filter(role__in=roles) if roles else held).exists():
        raise NotFound
    return user


def moderates(user: User) -> bool:
    """Whether ``user`` keeps order anywhere: as staff of a fair, or at a session's console."""
    if Fair.objects.staffed_by(user, *MODERATORS).exists():
        return True
    return Session.objects.moderated_by(user).exists()


def fair_of(request: HttpRequest, slug: str, *roles: StaffRole) -> Fair:
    """The fair at ``slug`` if the person asking works there in one of ``roles``."""
    user = actor_of(request).require_user()
    fair = Fair.objects.staffed_by(user, *roles).filter(slug=slug).first()
    if fair is None:
        raise NotFound
    return fair


def session_of(request: HttpRequest, public_id: UUID, *roles: StaffRole) -> Session:
    """The session if the person asking works at its fair in one of ``roles``."""
    user = actor_of(request).require_user()
    fairs = Fair.objects.staffed_by(user, *roles)
    rows = Session.objects.filter(public_id=public_id, fair__in=fairs)
    session = rows.select_related("fair").first()
    if session is None:
        raise NotFound
    return session
