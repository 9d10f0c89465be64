"""Whose console it is. A stranger's employer is 404; staff of its fair act on its behalf."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, Concatenate, ParamSpec
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.actor import Actor, actor_of
from accounts.models import User
from core.errors import NotFound
from employers import selectors
from employers.enums import EmployerRole, EmployerStatus
from employers.models import Employer
from fairs.enums import BoothStatus, StaffRole
from fairs.models import Booth, Fair
from intents.enums import Level, Outcome
from intents.models import Intent
from livestream import question_lists
from livestream.enums import QuestionStatus

P = ParamSpec("P")

#: Entries with a count of what waits, and the name by which scripts keep it true.
_COUNTED = {"inbox": "inbox", "questions": "questions"}
STAFF_ROLES = (StaffRole.MANAGER, StaffRole.REVIEWER)


@dataclass(frozen=True, slots=True)
class Console:
    """One employer's console as one person sees it; ``role`` is None for staff acting for it."""

    actor: Actor
    user: User
    employer: Employer
    role: EmployerRole | None

    @property
    def on_behalf_of(self) -> UUID | None:
        return self.employer.public_id if self.role is None else None

    @property
    def is_owner(self) -> bool:
        return self.role in {EmployerRole.OWNER, None}

    def url(self, name: str, *args: object) -> str:
        """The address of one of this console's pages."""
        return reverse(name, args=[self.employer.public_id, *args])


def console_of(request: HttpRequest, employer: UUID) -> Console:
    """The console of ``employer`` for the person asking, or :class:`NotFound`."""
    actor = actor_of(request)
    user = actor.require_user()
    try:
        found, role = selectors.employer_of(user, employer)
    except NotFound:
        return Console(actor, user, _acted_for(user, employer), None)
    return Console(actor, user, found, role)


def _acted_for(user: User, public_id: UUID) -> Employer:
    """An employer that takes part in a fair whose manager or reviewer ``user`` is."""
    fairs = Fair.objects.staffed_by(user, *STAFF_ROLES)
    booths = Booth.objects.filter(fair__in=fairs).exclude(status=BoothStatus.DECLINED)
    employers = Employer.objects.known().filter(public_id=public_id)
    if not user.is_superuser:
        employers = employers.filter(pk__in=booths.values("employer"))
    employer = employers.first()
    if employer is None:
        raise NotFound
    return employer


def in_console(
    view: Callable[Concatenate[HttpRequest, Console, P], HttpResponse],
) -> Callable[..., HttpResponse]:
    """Give the view the console that its address names."""

    @wraps(view)
    def authorised(
        request: HttpRequest, employer: UUID, *args: P.args, **kwargs: P.kwargs
    ) -> HttpResponse:
        return view(request, console_of(request, employer), *args, **kwargs)

    return authorised


def page(
    request: HttpRequest, console: Console, template: str, current: str, **context: Any
) -> HttpResponse:
    """Render one of the console's pages; ``current`` names its entry in the navigation."""
    shown = {
        "console": console,
        "employer": console.employer,
        "entries": entries(console, current),
        "many_employers": selectors.employers_of(console.user).count() > 1,
        **context,
    }
    return render(request, f"employer_console/{template}", shown)


def waiting(console: Console) -> int:
    """How many intents wait for this employer's answer."""
    return (
        Intent.objects.answered_by(console.user)
        .filter(vacancy__employer=console.employer, outcome=Outcome.LIVE, level=Level.EXPRESSED)
        .count()
    )


def waiting_questions(console: Console) -> int:
    """How many questions wait for this employer's answer."""
    mine = question_lists.to_employer(console.employer)
    return mine.filter(status=QuestionStatus.PENDING).count()


def entries(console: Console, current: str) -> list[dict[str, Any]]:
    """The console's navigation."""
    verified = console.employer.status == EmployerStatus.VERIFIED
    rows = [
        ("inbox", "employer-inbox", _("Applications"), "users", waiting(console)),
        (
            "questions",
            "employer-questions",
            _("Questions"),
            "question",
            waiting_questions(console),
        ),
        ("vacancies", "employer-vacancies", _("Vacancies"), "briefcase", 0),
        ("fairs", "employer-fairs", _("Job fairs"), "calendar", 0),
        ("import", "employer-import", _("Spreadsheet"), "upload", 0),
        ("profile", "employer-profile", _("Profile"), "building", 0),
        ("setup", "employer-setup", _("Verification"), "verified" if verified else "shield", 0),
        ("team", "employer-team", _("Team"), "user", 0),
    ]
    return [
        {
            "url": console.url(name),
            "label": label,
            "icon": icon,
            "count": count,
            "counted": _COUNTED.get(key, ""),
            "current": key == current,
        }
        for key, name, label, icon, count in rows
    ]
