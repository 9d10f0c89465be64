"""Setting up a session: its facts, crew, guests and run-sheet."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.enums import InvitationScope
from core.errors import DomainError, NotFound
from employers.models import Vacancy
from jobfair.desk import roles
from jobfair.desk.access import MANAGERS, fair_of, session_of
from jobfair.desk.acting import attempt, explain, refuse, told
from jobfair.desk.forms import CrewForm, GuestListForm, RunSheetForm, SessionForm
from jobfair.requests import signed_in_actor
from livestream.enums import OPEN_SESSIONS, ItemStatus
from livestream.models import RunSheetItem, Session
from livestream.rules import presentable
from livestream.services import people, rehearsals, run_sheet, sessions


@dataclass(frozen=True, slots=True)
class Step:
    """A step of the run-sheet and when it is due to begin (``None`` for one left out)."""

    item: RunSheetItem
    at: datetime | None


@require_http_methods(["GET", "POST"])
def create(request: HttpRequest, slug: str) -> HttpResponse:
    """Plan a session of the fair."""
    fair = fair_of(request, slug, *MANAGERS)
    form = SessionForm(request.POST or None, instance=Session(fair=fair))
    if request.method == "POST" and form.is_valid():
        try:
            session = sessions.create_session(
                actor=signed_in_actor(request), fair=fair, **form.cleaned_data
            )
        except DomainError as error:
            explain(form, error)
        else:
            messages.success(request, _("The session is planned. Now its crew and run-sheet."))
            return HttpResponseRedirect(_home(session))
    back = reverse("desk-fair", args=[fair.slug])
    return render(
        request, "desk/session_form.html", {"form": form, "heading": _("New session"), "back": back}
    )


@require_GET
def overview(request: HttpRequest, session_id: UUID) -> HttpResponse:
    """Everything about one session, and where to change it."""
    return _show(request, session_of(request, session_id, *MANAGERS))


def _show(request: HttpRequest, session: Session, **forms: object) -> HttpResponse:
    guests = [row.guest for row in session.guest_list.select_related("guest")]
    items = session.run_sheet.select_related("employer").prefetch_related("presenters", "vacancies")
    steps = _timed(session, list(items))
    crew = session.crew.filter(ended_at=None)
    page = {
        "session": session,
        "crew": crew.select_related("person", "employer").order_by("role", "id"),
        "may_change_crew": session.rehearsal_of_id is None,
        "invited": roles.promised(InvitationScope.SESSION, session.public_id),
        "guests": guests,
        "steps": steps,
        "minutes": sum(step.item.planned_minutes for step in steps if step.at),
        "crew_form": CrewForm(session=session),
        "guests_form": GuestListForm(initial={"guests": [guest.public_id for guest in guests]}),
        "item_form": RunSheetForm(session=session, offered=_offered(session)),
        "room_url": request.build_absolute_uri(session.get_absolute_url()),
        "rehearsals": session.rehearsals.order_by("-starts_at"),
        "may_rehearse": session.rehearsal_of_id is None and session.status in OPEN_SESSIONS,
    }
    return render(request, "desk/session.html", page | forms)


def _timed(session: Session, items: list[RunSheetItem]) -> list[Step]:
    """The steps with the time each is due, one after the other from the session's start."""
    at, steps = session.starts_at, []
    for item in items:
        skipped = item.status == ItemStatus.SKIPPED
        steps.append(Step(item, None if skipped else at))
        at += timedelta(minutes=0 if skipped else item.planned_minutes)
    return steps


@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, session_id: UUID) -> HttpResponse:
    """Change a session's facts."""
    session = session_of(request, session_id, *MANAGERS)
    form = SessionForm(request.POST or None, instance=session)
    if request.method == "POST" and form.is_valid():
        changes = {name: form.cleaned_data[name] for name in form.changed_data}
        fresh = Session.objects.select_related("fair").get(pk=session.pk)
        try:
            sessions.update_session(actor=signed_in_actor(request), session=fresh, changes=changes)
        except DomainError as error:
            explain(form, error)
        else:
            messages.success(request, _("Saved."))
            return HttpResponseRedirect(_home(fresh))
    page = {"form": form, "heading": session.title, "back": _home(session)}
    return render(request, "desk/session_form.html", page)


@require_POST
def rehearse(request: HttpRequest, session_id: UUID) -> HttpResponse:
    """Open the session's rehearsal, or the one that is not over, and go to its studio."""
    session = session_of(request, session_id, *MANAGERS)
    try:
        made = rehearsals.create_rehearsal(actor=signed_in_actor(request), session=session)
    except DomainError as error:
        messages.error(request, told(error))
        return HttpResponseRedirect(_home(session))
    return HttpResponseRedirect(reverse("studio", args=[made.public_id]))


@require_POST
def delete_rehearsal(request: HttpRequest, session_id: UUID) -> HttpResponse:
    """Delete a rehearsal; back to the session it was of."""
    rehearsal = session_of(request, session_id, *MANAGERS)
    return attempt(
        request,
        lambda: rehearsals.delete_rehearsal(actor=signed_in_actor(request), rehearsal=rehearsal),
        done=_("The rehearsal has been deleted."),
        back=_home(rehearsal.rehearsal_of or rehearsal),
    )


@require_POST
def invite_crew(request: HttpRequest, session_id: UUID) -> HttpResponse:
    """Promise a role at the session to a phone number."""
    session = session_of(request, session_id, *MANAGERS)
    form = CrewForm(request.POST, session=session)
    act = partial(people.invite_crew, session=session)
    return roles.invite(request, form, act, back=_home(session))


@require_POST
def end_crew(request: HttpRequest, session_id: UUID) -> HttpResponse:
    """End somebody's role at the session."""
    session = session_of(request, session_id, *MANAGERS)
    act = partial(people.end_crew, session=session)
    return roles.end(request, session.crew.all(), act, back=_home(session))


@require_POST
def revoke_crew(request: HttpRequest, session_id: UUID) -> HttpResponse:
    """Take an open invitation back."""
    session = session_of(request, session_id, *MANAGERS)
    return roles.revoke(request, InvitationScope.SESSION, session.public_id, back=_home(session))


@require_POST
def set_guests(request: HttpRequest, session_id: UUID) -> HttpResponse:
    """Announce who goes on air."""
    session = session_of(request, session_id, *MANAGERS)
    form = GuestListForm(request.POST)
    if not form.is_valid():
        return refuse(request, form, _home(session))
    return attempt(
        request,
        lambda: people.set_guests(
            actor=signed_in_actor(request),
            session=session,
            guests=list(form.cleaned_data["guests"]),
        ),
        done=_("Saved."),
        back=_home(session),
    )


@require_POST
def add_item(request: HttpRequest, session_id: UUID) -> HttpResponse:
    """Add a step to the run-sheet."""
    session = session_of(request, session_id, *MANAGERS)
    form = RunSheetForm(request.POST, session=session, offered=_offered(session))
    if not form.is_valid():
        return _show(request, session, item_form=form)
    chosen = form.cleaned_data
    vacancies = list(chosen["vacancies"])
    try:
        run_sheet.add_item(
            actor=signed_in_actor(request),
            session=session,
            kind=chosen["kind"],
            title=chosen["title"],
            planned_minutes=chosen["planned_minutes"],
            employer=vacancies[0].employer if vacancies else None,
            presenters=chosen["presenters"],
            vacancies=vacancies,
        )
    except DomainError as error:
        explain(form, error)
        return _show(request, session, item_form=form)
    messages.success(request, _("The step has been added."))
    return HttpResponseRedirect(_home(session) + "#run-sheet")


@require_POST
def move_item(request: HttpRequest, session_id: UUID, item_id: UUID) -> HttpResponse:
    """Move a step up or down, leave it out, or plan it again."""
    session = session_of(request, session_id, *MANAGERS)
    item = RunSheetItem.objects.filter(session=session, public_id=item_id).first()
    if item is None:
        raise NotFound
    actor, move = signed_in_actor(request), request.POST.get("move")
    acts = {
        "up": lambda: run_sheet.move_item(actor=actor, item=item, up=True),
        "down": lambda: run_sheet.move_item(actor=actor, item=item, up=False),
        "skip": lambda: run_sheet.skip_item(actor=actor, item=item),
        "restore": lambda: run_sheet.restore_item(actor=actor, item=item),
    }
    if move not in acts:
        raise NotFound
    back = _home(session) + "#run-sheet"
    return attempt(request, acts[move], done=_("Saved."), back=back)


def _home(session: Session) -> str:
    return reverse("desk-session", args=[session.public_id])


def _offered(session: Session) -> QuerySet[Vacancy]:
    return presentable(session).select_related("employer").order_by("employer__name", "title")
