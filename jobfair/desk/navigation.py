"""The desk's navigation: the queues one may clear, with what waits in each."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import User
from employers.enums import ClaimStatus, EmployerStatus, VacancyStatus
from employers.models import Employer, EmployerClaim, Vacancy
from fairs.enums import BoothStatus, StaffRole
from fairs.models import Booth, Fair
from intents.enums import Level, Outcome
from intents.models import Intent
from jobfair.desk.access import MANAGERS, MODERATORS, REVIEWERS, moderates
from livestream.enums import HonourStatus, MessageStatus
from livestream.models import Honour, Message, Question, Session


@dataclass(frozen=True, slots=True)
class Entry:
    """One place of the desk; ``count`` things wait there, ``None`` where nothing ever waits."""

    label: str
    url: str
    icon: str
    count: int | None = None
    task: str = ""


def entries_of(user: User) -> list[Entry]:
    """What ``user`` finds at the desk, in the order of a day's work."""
    return [Entry(_("Today"), reverse("desk"), "grid"), *_queues(user)]


def _queues(user: User) -> Iterator[Entry]:
    if _works(user, *REVIEWERS):
        yield from _reviewing()
    if _works(user, *MANAGERS):
        yield from _managing(user)
    if moderates(user):
        rooms = Session.objects.moderated_by(user)
        held = Message.objects.filter(
            session__in=rooms, session__rehearsal_of=None, status=MessageStatus.HELD
        )
        yield _queue(_("Messages"), "desk-messages", "chat", held.count, _("Messages held"))
        asked = Question.objects.waiting().filter(session__in=rooms, session__rehearsal_of=None)
        task = _("Unanswered questions")
        yield _queue(_("Questions"), "desk-questions", "question", asked.count, task)
        yield Entry(_("Mutes and bans"), reverse("desk-sanctions"), "ban")
    if _works(user, *MODERATORS):
        yield Entry(_("Word list"), reverse("desk-words"), "filter")


def _works(user: User, *roles: StaffRole) -> bool:
    return user.is_superuser or Fair.objects.staffed_by(user, *roles).exists()


def _reviewing() -> Iterator[Entry]:
    submitted = Employer.objects.filter(status=EmployerStatus.SUBMITTED)
    claims = EmployerClaim.objects.filter(status=ClaimStatus.PENDING)
    vacancies = Vacancy.objects.filter(status=VacancyStatus.SUBMITTED)
    honours = Honour.objects.filter(status=HonourStatus.SUBMITTED)
    yield _queue(
        _("Employers"), "desk-employers", "building", submitted.count, _("Employers to verify")
    )
    yield _queue(_("Claims"), "desk-claims", "flag", claims.count, _("Claims to decide"))
    yield _queue(
        _("Vacancies"), "desk-vacancies", "briefcase", vacancies.count, _("Vacancies to review")
    )
    yield _queue(_("Honours"), "desk-honours", "medal", honours.count, _("Honours to confirm"))


def _managing(user: User) -> Iterator[Entry]:
    fairs = Fair.objects.staffed_by(user, *MANAGERS)
    booths = Booth.objects.filter(fair__in=fairs, status=BoothStatus.APPLIED)
    waiting = Intent.objects.filter(fair__in=fairs, outcome=Outcome.LIVE, level=Level.EXPRESSED)
    yield _queue(_("Booths"), "desk-booths", "list", booths.count, _("Booths to approve"))
    yield _queue(
        _("Unanswered"), "desk-unanswered", "clock", waiting.count, _("Unanswered intents")
    )
    yield Entry(_("Guests on air"), reverse("desk-guests"), "star")


def _queue(label: str, name: str, icon: str, count: Callable[[], int], task: str) -> Entry:
    return Entry(label, reverse(name), icon, count(), task)
