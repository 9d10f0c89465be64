"""The fair's front page, and the pages of the workers who go on air."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.core.paginator import Paginator
from django.db.models import Count, Sum
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_GET

from accounts.actor import actor_of
from accounts.models import User
from core.errors import NotFound
from employers.enums import Board, Education, EmploymentForm, Shift
from employers.search import search_vacancies
from employers.spreadsheet.places import area_name
from fairs.enums import FairStatus
from fairs.models import Booth, Fair
from fairs.rules import is_organiser
from fairs.selectors import booths_of, fair_for, vacancies_at
from intents.selectors import mark_states
from livestream import question_lists
from livestream.enums import OVER_SESSIONS, SessionStatus
from livestream.models import Guest, Session
from livestream.realtime.presence import present
from livestream.selectors import Announced, guests_of, sessions_of

PER_PAGE = 24
#: Answered questions on one page of a guest's.
ANSWERS = 10
FEW_BOOTHS = 8
#: Over whatever the calendar says; a draft is not, it has yet to come.
OVER = frozenset({FairStatus.CLOSED, FairStatus.ARCHIVED})
MANY_TRADES = 40


@dataclass(slots=True)
class Slot:
    """One session in the schedule."""

    session: Session
    guests: list[Announced]

    @property
    def is_live(self) -> bool:
        return self.session.status == SessionStatus.LIVE

    @property
    def is_past(self) -> bool:
        return self.session.status in OVER_SESSIONS

    @property
    def people(self) -> list[Guest]:
        return [announced.guest for announced in self.guests]

    @property
    def present(self) -> int:
        return present(self.session.public_id)


@dataclass(slots=True)
class Filter:
    """One choice of the vacancy filters; ``options`` are (value, label)."""

    name: str
    label: str
    options: list[tuple[str, str]]
    value: str

    @property
    def label_of_value(self) -> str:
        return dict(self.options).get(self.value, self.value)


@dataclass(slots=True)
class Chip:
    """A filter set by one tap; ``query`` is the address without or with it."""

    label: str
    query: str
    on: bool


@require_GET
def fair(request: HttpRequest, slug: str) -> HttpResponse:
    """A fair: what is on, who is on, what is offered."""
    user = actor_of(request).user
    found = fair_for(user, slug)
    booths = list(booths_of(found))
    slots = _schedule(found, user)
    filters = _filters(found, booths, request.GET)
    vacancies = vacancies_at(found)
    facts = vacancies.aggregate(
        vacancies=Count("pk"),
        employers=Count("employer", distinct=True),
        headcount=Sum("headcount"),
    )
    page = Paginator(search_vacancies(vacancies.for_cards(), request.GET), PER_PAGE).get_page(
        request.GET.get("page")
    )
    page.object_list = mark_states(user, page.object_list)
    context = {
        "fair": found,
        "organisers": " · ".join(partner.name for partner in found.partners.all()),
        "slots": slots,
        "now": _now(slots),
        "guests": _people(slots),
        "facts": facts,
        "page_obj": page,
        "q": request.GET.get("q", ""),
        "query": _query(request.GET, page=None, filters=None),
        "filters": filters,
        "chosen": [one for one in filters if one.value],
        "filters_open": "filters" in request.GET,
        "chips": _chips(request.GET),
        "is_filtered": any(one.value for one in filters) or bool(request.GET.get("q")),
        "booths": booths if "booths" in request.GET else booths[:FEW_BOOTHS],
        "booth_count": len(booths),
        "is_over": found.ends_at < timezone.now() or found.status in OVER,
        "intent_label": found.intent_label or None,
        "og_title": found.name,
    }
    return render(request, "fairs/fair.html", context)


def _schedule(found: Fair, user: User | None) -> list[Slot]:
    sessions = list(sessions_of(found, user))
    guests = guests_of(sessions) if sessions else {}
    for session in sessions:
        session.fair = found
    return [Slot(session, guests.get(session.pk, [])) for session in sessions]


def _now(slots: list[Slot]) -> Slot | None:
    """What the cover shows: what is live, else what comes next."""
    live = [slot for slot in slots if slot.is_live]
    coming = [slot for slot in slots if slot.session.status == SessionStatus.SCHEDULED]
    return next(iter([*live, *coming]), None)


def _people(slots: list[Slot]) -> list[Announced]:
    by_key = {announced.guest.pk: announced for slot in slots for announced in slot.guests}
    return list(by_key.values())


def _query(params: QueryDict, **changes: str | None) -> str:
    changed = params.copy()
    changed.pop("c", None)
    for name, value in changes.items():
        changed.pop(name, None)
        if value is not None:
            changed[name] = value
    return changed.urlencode()


def _chips(params: QueryDict) -> list[Chip]:
    """The filters most people want, one tap each."""
    quick = [
        ("shift", Shift.DAY.value, str(Shift.DAY.label)),
        ("board", Board.BOTH.value, str(Board.BOTH.label)),
        ("employment_form", EmploymentForm.DIRECT.value, str(EmploymentForm.DIRECT.label)),
        ("experience", "0", _("No experience needed")),
        ("pay_min", "8000", _("From 8,000 a month")),
    ]
    chips = []
    for name, value, label in quick:
        on = params.get(name) == value
        query = _query(params, page=None, filters=None, **{name: None if on else value})
        chips.append(Chip(label, query, on))
    return chips


def _filters(found: Fair, booths: list[Booth], params: QueryDict) -> list[Filter]:
    rows = list(vacancies_at(found).values_list("trade", "place_code").distinct())
    trades = sorted({trade for trade, _code in rows if trade})[:MANY_TRADES]
    places = sorted({code[:4] + "00" for _trade, code in rows if len(code) >= 4})
    every = [
        ("place", _("Place"), [(code.rstrip("0") or code, area_name(code)) for code in places]),
        ("trade", _("Trade"), [(trade, trade) for trade in trades]),
        ("pay_min", _("Pay a month, at least"), _pay_steps()),
        ("education", _("Education, at least"), _labelled(Education)),
        ("experience", _("Your experience"), _experience()),
        ("shift", _("Shifts"), _labelled(Shift)),
        ("board", pgettext("filter", "Board and lodging"), _labelled(Board)),
        ("employment_form", _("Form of employment"), _labelled(EmploymentForm)),
        (
            "employer",
            pgettext("filter", "Employer"),
            [(str(booth.employer.public_id), booth.employer.name) for booth in booths],
        ),
    ]
    return [
        Filter(name, label, options, params.get(name, ""))
        for name, label, options in every
        if options
    ]


def _labelled(choices: Any) -> list[tuple[str, str]]:
    return [(str(value), str(label)) for value, label in choices.choices]


def _pay_steps() -> list[tuple[str, str]]:
    return [(str(step), f"{step:,}") for step in (3000, 5000, 6000, 8000, 10000, 15000)]


def _experience() -> list[tuple[str, str]]:
    years = [(str(n), _("%(n)d years") % {"n": n}) for n in (1, 3, 5, 10)]
    return [("0", _("None")), *years]


@require_GET
def guest(request: HttpRequest, guest: UUID) -> HttpResponse:
    """A worker who goes on air: trade, story, honours, sessions, what they answered."""
    user = actor_of(request).user
    sessions = Session.objects.visible_to(user).filter(
        rehearsal_of=None, guest_list__guest__public_id=guest
    )
    appearances = list(sessions.select_related("fair").order_by("-starts_at"))
    found = Guest.objects.filter(public_id=guest).select_related("employer").first()
    if found is None or not (appearances or is_organiser(user)):
        raise NotFound
    answers = question_lists.answered_by_guest(found, user)
    context = {
        "guest": found,
        "honours": found.honours.shown().order_by("-year"),
        "appearances": appearances,
        "page_obj": Paginator(answers, ANSWERS).get_page(request.GET.get("page")),
        "og_title": found.name,
    }
    return render(request, "fairs/guest.html", context)
