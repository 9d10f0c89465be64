"""Questions in the room: the list that everybody fetches, one's own, asking and voting."""

from __future__ import annotations

import json
from typing import Any, Final
from uuid import UUID

from django.contrib import messages
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from accounts.actor import actor_of
from core.errors import DomainError, Invalid, NotFound
from core.ids import read_id
from employers.models import Vacancy
from jobfair.pages.room import back, session_of
from jobfair.requests import client_id, tell, wants_json
from livestream import question_lists, services
from livestream.enums import QuestionStatus
from livestream.models import Question, QuestionVote, Session

#: Everybody gets the same list for so long; votes are that much late at most.
SHARED_S: Final = 5
MOST_PAGES: Final = 20


@require_GET
def listing(request: HttpRequest, session: UUID, page: int) -> HttpResponse:
    """A page of a public room's list with its votes, the same for everybody.

    ``{questions, more}``. Made once in 5 seconds however many ask; caches may keep it as long.
    """
    del request
    name = f"room-questions:{session.hex}:{page}"
    text = cache.get(name)
    if text is None:
        found = Session.objects.visible_to(None).filter(public_id=session).first()
        if found is None:
            raise NotFound
        text = _page(found, page)
        cache.set(name, text, SHARED_S)
    headers = {
        "Cache-Control": f"public, max-age={SHARED_S}",
        "Access-Control-Allow-Origin": "*",
    }
    return HttpResponse(text, content_type="application/json; charset=utf-8", headers=headers)


@never_cache
@require_GET
def crew_listing(request: HttpRequest, session: UUID, page: int) -> HttpResponse:
    """The same of a room that only some may see: a rehearsal's, for its crew."""
    text = _page(session_of(request, session), page)
    return HttpResponse(text, content_type="application/json; charset=utf-8")


def _page(session: Session, page: int) -> str:
    if not 1 <= page <= MOST_PAGES:
        raise NotFound
    return json.dumps(question_lists.public_page(session, page), ensure_ascii=False)


@never_cache
@require_GET
def mine(request: HttpRequest, session: UUID) -> JsonResponse:
    """What became of one's own questions here, and which ones one has voted for."""
    user = actor_of(request).require_user()
    found = session_of(request, session)
    rows = question_lists.own(user, found)[: question_lists.OWN]
    voted = QuestionVote.objects.filter(person=user, question__session=found)
    return JsonResponse(
        {
            "questions": [_own(row) for row in rows],
            "voted": [str(key) for key in voted.values_list("question__public_id", flat=True)],
        }
    )


def _own(question: Question) -> dict[str, Any]:
    return {
        "id": str(question.public_id),
        "seq": question.seq,
        "text": question.text,
        "state": question.status,
        "label": str(QuestionStatus(question.status).label),
        "reason": question.dismissed_reason,
    }


@require_POST
def ask(request: HttpRequest, session: UUID) -> HttpResponse:
    """Ask a question from the form, about the room or about a vacancy."""
    actor_of(request).require_user()
    found = session_of(request, session)
    try:
        question, _created = services.ask_question(
            actor=actor_of(request),
            session=found,
            client_id=client_id(request),
            text=request.POST.get("text", ""),
            vacancy=_vacancy(request.POST.get("vacancy", "")),
        )
    except DomainError as error:
        if answer := tell(request, error):
            return answer
        return back(request, found, "p-questions")
    if wants_json(request):
        return JsonResponse(_own(question), status=201)
    if question.status == QuestionStatus.HELD:
        messages.info(request, _("A moderator looks at your question first."))
    else:
        messages.success(request, _("Your question has arrived. The host and the crew can see it."))
    return back(request, found, "p-questions")


def _vacancy(raw: str) -> Vacancy | None:
    if not raw:
        return None
    wanted = read_id(raw)
    found = Vacancy.objects.public().filter(public_id=wanted).first() if wanted else None
    if found is None:
        words = _("This vacancy is not open any more.")
        raise Invalid("question_vacancy", words, fields={"vacancy": words})
    return found


@require_POST
def vote(request: HttpRequest, session: UUID, question: UUID) -> HttpResponse:
    """Vote for a question, or take the vote back."""
    user = actor_of(request).require_user()
    found = session_of(request, session)
    row = Question.objects.shown().filter(session=found, public_id=question).first()
    if row is None:
        raise NotFound
    voted = not row.votes.filter(person=user).exists()
    try:
        change = services.vote if voted else services.unvote
        votes = change(actor=actor_of(request), question=row)
    except DomainError as error:
        if answer := tell(request, error):
            return answer
        return back(request, found, "p-questions")
    if wants_json(request):
        return JsonResponse({"votes": votes, "voted": voted})
    return back(request, found, "p-questions")
