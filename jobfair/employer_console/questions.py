"""What viewers ask about the employer's vacancies, over all sessions; answered in writing."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from django.db.models import Count, Max, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from core.errors import NotFound
from employers.models import Vacancy
from jobfair.desk.acting import attempt, page_of, query_of
from jobfair.employer_console.access import Console, in_console, page
from jobfair.requests import uuid_or_404
from livestream import question_lists, services
from livestream.enums import QuestionStatus
from livestream.models import Question, Session
from livestream.services.answers import Voice
from livestream.services.questions import REOPEN_FOR

#: Boxes of the list: what is in each, in which order.
BOXES: Final[dict[str, tuple[Any, str, tuple[str, ...]]]] = {
    "waiting": (
        QuestionStatus.PENDING.label,
        QuestionStatus.PENDING,
        ("created_at", "pk"),
    ),
    "answered": (
        QuestionStatus.ANSWERED.label,
        QuestionStatus.ANSWERED,
        ("-answered_at", "-pk"),
    ),
}


@require_safe
@in_console
def listing(request: HttpRequest, console: Console) -> HttpResponse:
    """The questions, longest waiting first, by session and vacancy if one is chosen."""
    mine = question_lists.to_employer(console.employer)
    context = {
        **_list(request, console),
        "sessions": Session.objects.filter(questions__in=mine.values("pk"))
        .distinct()
        .order_by("-starts_at")[:50],
        "vacancies": Vacancy.objects.filter(questions__in=mine.values("pk"))
        .distinct()
        .order_by("title")[:100],
    }
    return page(request, console, "questions.html", "questions", **context)


@require_safe
@in_console
def rows(request: HttpRequest, console: Console) -> HttpResponse:
    """The list alone, for the page that looks for news: 204 while ``?stamp=`` is current."""
    if request.GET.get("stamp") == _stamp(question_lists.to_employer(console.employer)):
        return HttpResponse(status=204)
    context = {"console": console, "employer": console.employer, **_list(request, console)}
    return render(request, "employer_console/_questions_list.html", context)


def _list(request: HttpRequest, console: Console) -> dict[str, Any]:
    found = question_lists.to_employer(console.employer)
    stamp = _stamp(found)
    session, vacancy = (request.GET.get(name, "") for name in ("session", "vacancy"))
    if session:
        found = found.filter(session__public_id=uuid_or_404(session))
    if vacancy:
        found = found.filter(vacancy__public_id=uuid_or_404(vacancy))
    box = request.GET.get("box", "")
    box = box if box in BOXES else "waiting"
    _label, status, order = BOXES[box]
    counts = found.order_by().aggregate(
        **{
            name: Count("pk", filter=Q(status=state), distinct=True)
            for name, (_l, state, _o) in BOXES.items()
        }
    )
    page_obj = page_of(request, found.filter(status=status).order_by(*order))
    return {
        "page_obj": page_obj,
        "questions": question_lists.mark_pay(page_obj),
        "reopens_from": timezone.now() - REOPEN_FOR,
        "box": box,
        "boxes": [
            {"name": name, "label": label, "count": counts[name], "current": name == box}
            for name, (label, _state, _order) in BOXES.items()
        ],
        "chosen_session": session,
        "chosen_vacancy": vacancy,
        "filters": query_of(session=session, vacancy=vacancy),
        "query": query_of(box=box, session=session, vacancy=vacancy),
        "stamp": stamp,
        "waiting": counts["waiting"],
    }


def _stamp(found: QuerySet[Question]) -> str:
    """Changes whenever a question arrives, is answered or is taken away, or its answer is."""
    state = found.order_by().aggregate(
        n=Count("pk", distinct=True),
        waiting=Count("pk", distinct=True, filter=Q(status=QuestionStatus.PENDING)),
        asked=Max("created_at"),
        answered=Max("answered_at"),
    )
    last = max((at for at in (state["asked"], state["answered"]) if at), default=None)
    return f"{state['n']}-{state['waiting']}-{last.timestamp() if last else 0:.6f}"


@require_POST
@in_console
def answer(request: HttpRequest, console: Console, question: UUID) -> HttpResponse:
    """Answer in writing; staff who act for the employer do so on its behalf."""
    row = _question(console, question)
    voice = Voice(employer=console.employer) if console.role is None else None
    filters = {name: request.POST.get(name, "") for name in ("session", "vacancy")}
    return attempt(
        request,
        lambda: services.answer_question(
            actor=console.actor, question=row, text=request.POST.get("text", ""), voice=voice
        ),
        done=_("Answered. Everybody in the room reads it, and who asked is told."),
        back=f"{console.url('employer-questions')}?{query_of(**filters)}",
    )


@require_POST
@in_console
def reopen(request: HttpRequest, console: Console, question: UUID) -> HttpResponse:
    """Take an answer back that was given by mistake, for some minutes."""
    row = _question(console, question)
    return attempt(
        request,
        lambda: services.reopen_question(actor=console.actor, question=row),
        done=_("The answer has been taken back. The question waits again."),
        back=console.url("employer-questions"),
    )


def _question(console: Console, public_id: UUID) -> Question:
    mine = Question.objects.filter(employer=console.employer, public_id=public_id)
    row = mine.select_related("session__fair", "employer", "author", "answer_employer").first()
    if row is None:
        raise NotFound
    return row
