"""The inbox: who applied, what they said of themselves, and the employer's answer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

from django import forms
from django.contrib import messages
from django.db.models import Count, Max, Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from accounts.mfa import require_to_reveal
from core.errors import DomainError, NotFound
from core.phones import spoken
from intents import ladder
from intents.enums import EventKind, Level, Outcome
from intents.models import Intent, IntentEvent
from jobfair.desk.acting import attempt, page_of, told
from jobfair.employer_console.access import Console, in_console, page
from jobfair.employer_console.clock import Clock, clock_of

#: Boxes of the inbox: what is in each.
BOXES: Final[dict[str, tuple[Any, Q]]] = {
    "waiting": (
        gettext_lazy("To answer"),
        Q(outcome=Outcome.LIVE, level=Level.EXPRESSED),
    ),
    "matched": (
        gettext_lazy("Accepted"),
        Q(outcome=Outcome.LIVE, level__gte=Level.MATCHED),
    ),
    "ended": (gettext_lazy("Ended"), ~Q(outcome=Outcome.LIVE)),
}
#: Reasons in one tap; the seeker reads them as they are.
REASONS: Final = (
    gettext_lazy("This vacancy has been filled. Thank you for applying."),
    gettext_lazy("We are looking for more years in the trade."),
    gettext_lazy("This job needs a certificate that you have not listed."),
    gettext_lazy("The place or the shifts would not suit you."),
)
_NEXT_STEPS: Final = (
    Level.INTERVIEW_BOOKED,
    Level.INTERVIEWED,
    Level.OFFERED,
    Level.HIRED,
    Level.RETAINED,
)


@dataclass(frozen=True, slots=True)
class Line:
    """One intent in the list."""

    intent: Intent
    clock: Clock | None
    is_current: bool


class AdvanceForm(forms.Form):
    """The next step, with its day."""

    to = forms.TypedChoiceField(label=gettext_lazy("What happened?"), choices=[], coerce=int)
    effective_on = forms.DateField(
        label=gettext_lazy("Date"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text=gettext_lazy("The day of the interview, or the first day at work."),
    )
    evidence = forms.CharField(
        label=gettext_lazy("Note"),
        max_length=300,
        required=False,
        help_text=gettext_lazy("Place and time of the interview, or the number of the contract."),
    )

    def __init__(self, intent: Intent, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["to"]
        assert isinstance(field, forms.TypedChoiceField)  # noqa: S101 - for the type checker
        field.choices = [
            (int(level), level.label)
            for level in _NEXT_STEPS
            if level > intent.level or level == intent.level == Level.INTERVIEW_BOOKED
        ]


def intents_of(console: Console) -> QuerySet[Intent]:
    """The intents of this console, newest first, through the person's visibility."""
    return (
        Intent.objects.answered_by(console.user)
        .filter(vacancy__employer=console.employer)
        .select_related("vacancy", "session", "fair", "seeker")
        .order_by("-created_at", "-pk")
    )


def intent_of(console: Console, public_id: UUID) -> Intent:
    """One of them, or :class:`NotFound`."""
    intent = intents_of(console).filter(public_id=public_id).first()
    if intent is None:
        raise NotFound
    return intent


@require_safe
@in_console
def inbox(request: HttpRequest, console: Console, intent: UUID | None = None) -> HttpResponse:
    """List and detail. On a phone the detail is a page of its own."""
    rows = intents_of(console)
    shown = intent_of(console, intent) if intent else None
    context = {**_list(request, console, rows, shown), **_detail(console, shown)}
    return page(request, console, "inbox.html", "inbox", **context)


@require_safe
@in_console
def inbox_list(request: HttpRequest, console: Console) -> HttpResponse:
    """The list alone, for the page that looks for news: 204 while ``?stamp=`` is current."""
    rows = intents_of(console)
    if request.GET.get("stamp") == _stamp(rows):
        return HttpResponse(status=204)
    current = request.GET.get("current", "")
    shown = next((row for row in rows[:200] if str(row.public_id) == current), None)
    return render(
        request,
        "employer_console/_inbox_list.html",
        {"console": console, **_list(request, console, rows, shown)},
    )


def _list(
    request: HttpRequest, console: Console, rows: QuerySet[Intent], shown: Intent | None
) -> dict[str, Any]:
    asked = request.GET.get("box", "")
    box = asked if asked in BOXES else _box_of(shown) if shown else "waiting"
    stamp = _stamp(rows)
    counts = rows.order_by().aggregate(
        **{name: Count("pk", filter=condition) for name, (_label, condition) in BOXES.items()}
    )
    found = page_of(request, rows.filter(BOXES[box][1]))
    now = timezone.now()
    return {
        "lines": [
            Line(
                row,
                clock_of(row.created_at, now=now) if _waits(row) else None,
                shown is not None and row.pk == shown.pk,
            )
            for row in found
        ],
        "page_obj": found,
        "box": box,
        "boxes": [
            {"name": name, "label": label, "count": counts[name], "current": name == box}
            for name, (label, _condition) in BOXES.items()
        ],
        "stamp": stamp,
        "waiting": counts["waiting"],
    }


def _detail(console: Console, intent: Intent | None) -> dict[str, Any]:
    if intent is None:
        return {"intent": None}
    events = list(IntentEvent.objects.filter(intent=intent).select_related("actor"))
    return {
        "intent": intent,
        "clock": clock_of(intent.created_at) if _waits(intent) else None,
        "steps": [_step(event) for event in events],
        "may_answer": _waits(intent),
        "may_undo": _matched(intent)
        and intent.level == Level.MATCHED
        and intent.revealed_at is None,
        "may_reveal": _matched(intent),
        "may_decline_later": _matched(intent) and intent.level < Level.HIRED,
        "advance": AdvanceForm(intent) if _matched(intent) else None,
        "reasons": REASONS,
    }


def _step(event: IntentEvent) -> dict[str, Any]:
    who = str(event.actor) if event.actor and event.kind != EventKind.EXPRESSED else ""
    parts = [
        who,
        f"{event.effective_on:%Y-%m-%d}" if event.effective_on else "",
        event.reason,
        event.evidence,
    ]
    return {
        "title": EventKind(event.kind).label,
        "date": event.at,
        "note": " · ".join(part for part in parts if part),
        "state": "bad"
        if event.kind in {EventKind.DECLINED, EventKind.WITHDRAWN, EventKind.LAPSED}
        else "done",
    }


def _waits(intent: Intent) -> bool:
    return intent.is_live and intent.level == Level.EXPRESSED


def _matched(intent: Intent) -> bool:
    return intent.is_live and intent.level >= Level.MATCHED


def _box_of(intent: Intent) -> str:
    if not intent.is_live:
        return "ended"
    return "waiting" if intent.level == Level.EXPRESSED else "matched"


def _stamp(rows: QuerySet[Intent]) -> str:
    """Changes whenever an intent arrives or changes."""
    state = rows.order_by().aggregate(n=Count("pk"), last=Max("updated_at"))
    last = state["last"]
    return f"{state['n']}-{last.timestamp() if last else 0:.6f}"


# --- answers ------------------------------------------------------------------------------------
@require_POST
@in_console
def accept(request: HttpRequest, console: Console, intent: UUID) -> HttpResponse:
    """达成初步就业意向."""
    row = intent_of(console, intent)
    return attempt(
        request,
        lambda: ladder.accept_intent(actor=console.actor, intent=row),
        done=_("Accepted. The seeker has been told. You can undo it until you view the phone."),
        back=console.url("employer-intent", intent),
    )


@require_POST
@in_console
def undo(request: HttpRequest, console: Console, intent: UUID) -> HttpResponse:
    """Take the acceptance back."""
    row = intent_of(console, intent)
    return attempt(
        request,
        lambda: ladder.undo_accept(actor=console.actor, intent=row),
        done=_("The acceptance has been taken back."),
        back=console.url("employer-intent", intent),
    )


@require_POST
@in_console
def decline(request: HttpRequest, console: Console, intent: UUID) -> HttpResponse:
    """Decline, with a reason from the list or in own words."""
    row = intent_of(console, intent)
    reason = request.POST.get("other", "").strip() or request.POST.get("reason", "").strip()
    seen = request.POST.get("seen_level", "")
    level = next((level for level in Level if str(level.value) == seen), None)
    return attempt(
        request,
        lambda: ladder.decline_intent(
            actor=console.actor, intent=row, reason=reason[:300], seen_level=level
        ),
        done=_("Declined. The seeker reads your reason."),
        back=console.url("employer-intent", intent),
    )


@require_POST
@in_console
def reveal(request: HttpRequest, console: Console, intent: UUID) -> HttpResponse:
    """查看电话: audited each time; the number is in this answer alone."""
    row = intent_of(console, intent)
    require_to_reveal(request, is_member=console.role is not None)
    try:
        phone = ladder.reveal_contact(actor=console.actor, intent=row)
    except DomainError as error:
        messages.error(request, told(error))
        return HttpResponseRedirect(console.url("employer-intent", intent))
    rows = intents_of(console)
    context = {
        **_list(request, console, rows, row),
        **_detail(console, row),
        "phone": spoken(phone),
        "phone_link": phone,
    }
    response = page(request, console, "inbox.html", "inbox", **context)
    response["Cache-Control"] = "private, no-store"
    return response


@require_POST
@in_console
def advance(request: HttpRequest, console: Console, intent: UUID) -> HttpResponse:
    """Note an interview, an offer, a hire or staying on."""
    row = intent_of(console, intent)
    form = AdvanceForm(row, request.POST)
    back = console.url("employer-intent", intent)
    if not form.is_valid():
        messages.error(request, " ".join(str(e[0]) for e in form.errors.values()))
        return HttpResponseRedirect(back)
    on: date | None = form.cleaned_data["effective_on"]
    return attempt(
        request,
        lambda: ladder.advance_intent(
            actor=console.actor,
            intent=row,
            to=Level(form.cleaned_data["to"]),
            effective_on=on,
            evidence=form.cleaned_data["evidence"],
        ),
        done=_("Noted."),
        back=back,
    )
