"""Questions in the studio: those that wait, by votes or by age, and whose answer is given how."""

from __future__ import annotations

from collections import Counter
from typing import Any, Final

from django.db.models import QuerySet
from django.utils import timezone

from employers.models import Employer
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
    employers = addressees(session) if standing.console else {}
    labels: dict[int | None, str] = {row.pk: label for label, row in employers.items()}
    for question in waiting:
        question.sent_to = labels.get(question.employer_id, "")  # type: ignore[attr-defined]
    return {
        "questions": question_lists.mark_pay(waiting[:SHOWN]),
        "more_questions": len(waiting) > SHOWN,
        "order": order,
        "just_answered": _just_answered(rows, standing),
        "held_questions": list(rows.filter(status=QuestionStatus.HELD).order_by("seq")[:SHOWN]),
        "fair_employers": list(employers),
    }


def _just_answered(rows: QuerySet[Question], standing: Standing) -> list[Question]:
    """The newest answers that can still be taken back."""
    if not standing.answers:
        return []
    young = rows.filter(status=QuestionStatus.ANSWERED, answered_at__gt=timezone.now() - REOPEN_FOR)
    beside = young.select_related("answered_by", "answer_employer", "answer_guest")
    return list(beside.order_by("-answered_at")[:JUST_ANSWERED])


def addressees(session: Session) -> dict[str, Employer]:
    """Whom a question can be sent to, by what the list says of them.

    That is the name; of employers that share one also the code, or what else tells them apart.
    """
    employers = list(employers_at(session.fair))
    times = Counter(employer.name for employer in employers)
    return {
        f"{employer.name} · {employer.credit_code or employer.public_id}"
        if times[employer.name] > 1
        else employer.name: employer
        for employer in employers
    }
