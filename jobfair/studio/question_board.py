"""Questions in the studio: those that wait, by votes or by age, and whose answer is given how."""

from __future__ import annotations

from typing import Any, Final

from django.db.models import QuerySet
from django.utils import timezone

from fairs.selectors import employers_at
from livestream import question_lists
from livestream.enums import QuestionStatus
from livestream.models import Question, Session
from livestream.rules import Standing
from livestream.services.questions import REOPEN_FOR

#: Questions shown at once; the rest follow as these are dealt with.
SHOWN: Final = 40
JUST_ANSWERED: Final = 5
ORDERS: Final = {"votes": ("-vote_count", "created_at"), "age": ("created_at", "pk")}


def question_board(session: Session, standing: Standing, order: str) -> dict[str, Any]:
    """What the studio's page shows of questions that wait: four queries."""
    order = order if order in ORDERS else "votes"
    rows = question_lists.with_votes(Question.objects.filter(session=session))
    rows = rows.select_related("vacancy", "employer")
    waiting = list(rows.filter(status=QuestionStatus.PENDING).order_by(*ORDERS[order])[: SHOWN + 1])
    return {
        "questions": question_lists.mark_pay(waiting[:SHOWN]),
        "more_questions": len(waiting) > SHOWN,
        "order": order,
        "just_answered": _just_answered(rows, standing),
        "held_questions": list(rows.filter(status=QuestionStatus.HELD).order_by("seq")[:SHOWN]),
        "fair_employers": _employers(session) if standing.console else [],
    }


def _just_answered(rows: QuerySet[Question], standing: Standing) -> list[Question]:
    """The newest answers that can still be taken back."""
    if not standing.answers:
        return []
    young = rows.filter(status=QuestionStatus.ANSWERED, answered_at__gt=timezone.now() - REOPEN_FOR)
    beside = young.select_related("answered_by", "answer_employer", "answer_guest")
    return list(beside.order_by("-answered_at")[:JUST_ANSWERED])


def _employers(session: Session) -> list[str]:
    """Whom a question can be sent to, by name."""
    return list(dict.fromkeys(employers_at(session.fair).values_list("name", flat=True)))
