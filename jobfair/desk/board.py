"""Today's board: what is live, what waits, and the fairs one works at."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from accounts.actor import actor_of
from accounts.models import User
from core.errors import NotFound
from fairs.enums import BoothStatus
from fairs.models import Fair
from fairs.rules import is_organiser
from jobfair.desk.access import COUNTERS, REVIEWERS
from jobfair.desk.navigation import entries_of
from livestream.enums import OPEN_SESSIONS
from livestream.models import Session

SHOWN = 20


@dataclass(frozen=True, slots=True)
class FairCard:
    """A fair one works at, and what one may do there."""

    fair: Fair
    may_import: bool
    may_count: bool


@dataclass(frozen=True, slots=True)
class SessionLine:
    """A session that is on or comes next, and whether its console is one's own."""

    session: Session
    has_console: bool


@require_GET
def board(request: HttpRequest) -> HttpResponse:
    """The desk's first page. Crew without a staff role see the sessions they work at."""
    user = actor_of(request).require_user()
    worked = Session.objects.worked_by(user)
    places = entries_of(user)
    page = {
        "desk_places": places,
        "tiles": [entry for entry in places if entry.count is not None],
        "fairs": _fairs(user),
        "sessions": _sessions(user),
        "may_create": is_organiser(user),
        "today": timezone.localdate(),
    }
    if not (page["fairs"] or page["may_create"] or worked.exists()):
        raise NotFound
    return render(request, "desk/board.html", page)


def _fairs(user: User) -> list[FairCard]:
    fairs = Fair.objects.staffed_by(user).annotate(
        booth_count=Count("booths", filter=Q(booths__status=BoothStatus.APPROVED), distinct=True),
        session_count=Count("sessions", filter=Q(sessions__rehearsal_of=None), distinct=True),
    )
    importing = set(Fair.objects.staffed_by(user, *REVIEWERS).values_list("pk", flat=True))
    counting = set(Fair.objects.staffed_by(user, *COUNTERS).values_list("pk", flat=True))
    return [
        FairCard(fair, fair.pk in importing, fair.pk in counting)
        for fair in fairs.order_by("-starts_at")[:SHOWN]
    ]


def _sessions(user: User) -> list[SessionLine]:
    rows = (
        Session.objects.worked_by(user)
        .filter(status__in=OPEN_SESSIONS)
        .select_related("fair")
        .order_by("starts_at")[:SHOWN]
    )
    consoles = set(
        Session.objects.console_of(user)
        .filter(pk__in=[row.pk for row in rows])
        .values_list("pk", flat=True)
    )
    return [SessionLine(row, row.pk in consoles) for row in rows]
