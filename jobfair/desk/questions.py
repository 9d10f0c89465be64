"""Questions over all rooms: what waits, for how long, at whom; and how long answers took."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Final
from uuid import UUID

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_POST

from accounts.models import User
from core import waiting
from core.errors import NotFound
from fairs.models import Fair
from jobfair.desk.acting import attempt, page_of, query_of
from jobfair.desk.room_messages import moderating
from jobfair.requests import decision_of, signed_in_actor, uuid_or_404
from livestream import question_lists, services
from livestream.enums import QuestionStatus
from livestream.models import Session
from livestream.services.answers import CREW, Voice

#: Boxes of the list: name, and which states are in it in which order.
BOXES: Final[dict[str, tuple[Any, QuestionStatus, tuple[str, ...]]]] = {
    "waiting": (_("Unanswered"), QuestionStatus.PENDING, ("created_at", "pk")),
    "held": (_("To be looked at"), QuestionStatus.HELD, ("created_at", "pk")),
    "answered": (_("Answered"), QuestionStatus.ANSWERED, ("-answered_at", "-pk")),
    "aside": (_("Set aside"), QuestionStatus.DISMISSED, ("-dismissed_at", "-pk")),
}


@require_GET
def listing(request: HttpRequest) -> HttpResponse:
    """Questions of the rooms one moderates, longest waiting first, with each addressee's line.

    ``?fair=`` and ``?employer=`` (an id, or ``host``) narrow the list; the lines are of the fair.
    """
    user = moderating(request)
    rooms = Session.objects.moderated_by(user)
    slug, to = request.GET.get("fair", ""), request.GET.get("employer", "")
    asked = request.GET.get("box", "")
    box = asked if asked in BOXES else "waiting"
    rows = question_lists.of_rooms(rooms)
    if slug:
        rows = rows.filter(session__fair__slug=slug)
    scores = question_lists.scores(rows)
    waits = rows.exclude(answered_at=None).values_list("created_at", "answered_at")
    median = question_lists.median_of(
        answered - at for at, answered in waits.order_by() if answered is not None
    )
    _label, status, order = BOXES[box]
    found = question_lists.with_votes(rows.filter(_to(to), status=status)).order_by(*order)
    page_obj = page_of(request, found)
    page = {
        "page_obj": page_obj,
        "questions": question_lists.mark_pay(page_obj),
        "may_answer": _manages(user, page_obj.object_list),
        "scores": [(score, _length(score.median_wait)) for score in scores],
        "asked": sum(score.asked for score in scores),
        "waiting": sum(score.waiting for score in scores),
        "median": _length(median),
        "fairs": Fair.objects.filter(sessions__in=rooms).distinct().order_by("-starts_at"),
        "slug": slug,
        "to": to,
        "box": box,
        "boxes": [(name, label) for name, (label, _status, _order) in BOXES.items()],
        "filters": query_of(fair=slug, employer=to),
        "query": query_of(box=box, fair=slug, employer=to),
        "of_fair": query_of(box=box, fair=slug),
    }
    return render(request, "desk/questions.html", page)


def _to(who: str) -> Q:
    if who == "host":
        return Q(employer=None)
    return Q(employer__public_id=uuid_or_404(who)) if who else Q()


def _length(span: Any) -> str:
    return waiting.length(span) if span is not None else ""


def _manages(user: User, questions: Any) -> set[int]:
    """Keys of the questions in whose rooms ``user`` may answer and route."""
    sessions = Session.objects.filter(pk__in={row.session_id for row in questions})
    own = set(sessions.console_of(user).values_list("pk", flat=True))
    return {row.pk for row in questions if row.session_id in own}


@require_POST
def decide(request: HttpRequest, question_id: UUID) -> HttpResponse:
    """``decision``: answer (for its employer, or as the crew), host, release or aside."""
    mine = question_lists.of_rooms(Session.objects.moderated_by(moderating(request)))
    question = mine.select_related("author").filter(public_id=question_id).first()
    if question is None:
        raise NotFound
    text = request.POST.get("text", "")
    on: dict[str, Any] = {"actor": signed_in_actor(request), "question": question}
    voice = CREW if question.employer is None else Voice(employer=question.employer)
    acts: dict[str, tuple[Callable[[], object], str | Promise]] = {
        "answer": (
            partial(services.answer_question, **on, text=text, voice=voice),
            _("Answered."),
        ),
        "host": (partial(services.route_question, **on, employer=None), _("Sent to the host.")),
        "release": (partial(services.release_question, **on), _("The question is shown.")),
        "aside": (
            partial(services.dismiss_question, **on, reason=text),
            _("Set aside. Who asked reads the reason."),
        ),
    }
    act, done = acts[decision_of(request, *acts)]
    filters = {name: request.POST.get(name, "") for name in ("box", "fair", "employer")}
    back = f"{reverse('desk-questions')}?{query_of(**filters)}"
    return attempt(request, act, done=done, back=back)
