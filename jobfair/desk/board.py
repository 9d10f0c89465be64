"""Today's board: what is live, what waits, and the fairs one works at."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from accounts.models import User
from core.errors import NotFound
from employers.enums import ClaimStatus, EmployerStatus, VacancyStatus
from employers.models import Employer, EmployerClaim, Vacancy
from fairs.enums import BoothStatus, StaffRole
from fairs.models import Booth, Fair
from fairs.rules import is_organiser
from intents.enums import Level, Outcome
from intents.models import Intent
from jobfair.desk.access import REVIEWERS, actor_of
from livestream.enums import HonourStatus, MessageStatus, SessionStatus
from livestream.models import Honour, Message, Session


@dataclass(frozen=True, slots=True)
class Tile:
    """One thing that waits, and where to deal with it."""

    label: str
    count: int
    url: str
    icon: str


@require_GET
def board(request: HttpRequest) -> HttpResponse:
    """The desk's first page. Crew without a staff role see the sessions they work at."""
    user = actor_of(request).require_user()
    fairs = Fair.objects.staffed_by(user).annotate(
        booth_count=Count("booths", filter=Q(booths__status=BoothStatus.APPROVED), distinct=True),
        session_count=Count("sessions", distinct=True),
    )
    sessions = (
        Session.objects.worked_by(user)
        .filter(status__in=(SessionStatus.LIVE, SessionStatus.SCHEDULED))
        .select_related("fair")
    )
    page = {
        "tiles": _tiles(user),
        "fairs": fairs.order_by("-starts_at")[:20],
        "sessions": sessions.order_by("starts_at")[:20],
        "may_create": is_organiser(user),
    }
    if not page["tiles"] and not page["sessions"] and not page["may_create"]:
        raise NotFound
    return render(request, "desk/board.html", page)


def _tiles(user: User) -> list[Tile]:
    tiles = []
    if Fair.objects.staffed_by(user, *REVIEWERS).exists() or user.is_superuser:
        tiles += _review_tiles()
    managed = Fair.objects.staffed_by(user, StaffRole.MANAGER)
    if managed.exists():
        booths = Booth.objects.filter(fair__in=managed, status=BoothStatus.APPLIED)
        unanswered = Intent.objects.filter(
            fair__in=managed, outcome=Outcome.LIVE, level=Level.EXPRESSED
        )
        tiles.append(Tile(_("Booths to approve"), booths.count(), reverse("desk-booths"), "grid"))
        tiles.append(
            Tile(_("Unanswered intents"), unanswered.count(), reverse("desk-unanswered"), "clock")
        )
    moderated = Fair.objects.staffed_by(user, StaffRole.MANAGER, StaffRole.MODERATOR)
    if moderated.exists():
        held = Message.objects.filter(session__fair__in=moderated, status=MessageStatus.HELD)
        tiles.append(Tile(_("Messages held"), held.count(), reverse("desk-messages"), "chat"))
    return tiles


def _review_tiles() -> list[Tile]:
    return [
        Tile(
            _("Employers to verify"),
            Employer.objects.filter(status=EmployerStatus.SUBMITTED).count(),
            reverse("desk-employers"),
            "building",
        ),
        Tile(
            _("Claims to decide"),
            EmployerClaim.objects.filter(status=ClaimStatus.PENDING).count(),
            reverse("desk-claims"),
            "flag",
        ),
        Tile(
            _("Vacancies to review"),
            Vacancy.objects.filter(status=VacancyStatus.SUBMITTED).count(),
            reverse("desk-vacancies"),
            "briefcase",
        ),
        Tile(
            _("Honours to confirm"),
            Honour.objects.filter(status=HonourStatus.SUBMITTED).count(),
            reverse("desk-honours"),
            "medal",
        ),
    ]
