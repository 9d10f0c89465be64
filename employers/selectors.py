"""What may be read of employers and vacancies."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Count, Max, Q, QuerySet

from accounts.models import User
from core.errors import NotFound
from employers import rules
from employers.enums import ClaimStatus, EmployerRole, EmployerStatus, VacancyStatus
from employers.models import (
    Employer,
    EmployerClaim,
    EmployerMember,
    EmployerReview,
    Vacancy,
    VacancyRevision,
)
from employers.models.employer import EmployerQuerySet
from employers.models.vacancy import VacancyQuerySet
from employers.revisions import shown

#: Employers that have a page of their own.
_WITH_PAGE = frozenset({EmployerStatus.VERIFIED, EmployerStatus.UNCLAIMED})


def employers_of(user: User) -> QuerySet[Employer]:
    """Employers that ``user`` works for, by name."""
    return EmployerQuerySet(Employer).run_by(user).order_by("name", "pk")


def employer_of(user: User, public_id: UUID) -> tuple[Employer, EmployerRole]:
    """Return an employer that ``user`` works for and their role; a stranger's is not found."""
    member = (
        EmployerMember.objects.filter(person=user, employer__public_id=public_id)
        .exclude(employer__status=EmployerStatus.MERGED)
        .select_related("employer")
        .first()
    )
    if member is None:
        raise NotFound
    return member.employer, EmployerRole(member.role)


def public_employer(public_id: UUID, user: User | None) -> Employer:
    """Return an employer with a public page: verified, imported, or one's own.

    The successor of a merged one stands for it. Raises :class:`NotFound`.
    """
    employer = Employer.objects.filter(public_id=public_id).select_related("merged_into").first()
    if employer is None:
        raise NotFound
    employer = employer.merged_into or employer
    own = user is not None and employer.members.filter(person=user).exists()
    if employer.status not in _WITH_PAGE and not own:
        raise NotFound
    return employer


def open_vacancies(employer: Employer) -> QuerySet[Vacancy]:
    """What the employer offers now, newest first."""
    return (
        VacancyQuerySet(Vacancy)
        .public()
        .for_cards()
        .filter(employer=employer)
        .order_by("-opened_at", "-pk")
    )


@dataclass(frozen=True, slots=True)
class VacancyPage:
    """A vacancy as its page shows it.

    ``content`` is the vacancy, or the last approved revision of it while it is not open.
    ``revision`` is ``None`` only for a vacancy its own employer looks at before it ever opened.
    """

    vacancy: Vacancy
    content: Vacancy
    revision: VacancyRevision | None
    is_open: bool


def vacancy_page(public_id: UUID, user: User | None) -> VacancyPage:
    """Return what a link to the vacancy shows to ``user``. Raises :class:`NotFound`.

    Whoever kept the link of a vacancy that was public sees what was approved last, marked as
    closed or under review; its employer sees it in any state.
    """
    vacancies = VacancyQuerySet(Vacancy)
    vacancy = vacancies.for_cards().filter(public_id=public_id).first()
    if vacancy is None:
        raise NotFound
    is_open = vacancies.public().filter(pk=vacancy.pk).exists()
    revision = approved_revision(vacancy)
    own = user is not None and vacancies.run_by(user).filter(pk=vacancy.pk).exists()
    hidden = vacancy.employer.status == EmployerStatus.SUSPENDED
    if not is_open and not own and (revision is None or hidden):
        raise NotFound
    if is_open or revision is None or vacancy.status == VacancyStatus.OPEN:
        return VacancyPage(vacancy, vacancy, revision, is_open)
    return VacancyPage(vacancy, shown(revision), revision, is_open)


def approved_revision(vacancy: Vacancy) -> VacancyRevision | None:
    """Return the revision that staff opened last; one that waits for review is younger."""
    if vacancy.opened_at is None:
        return None
    return vacancy.revisions.filter(at__lte=vacancy.opened_at).order_by("-number").first()


def vacancies_of(employer: Employer, *, status: str = "", text: str = "") -> QuerySet[Vacancy]:
    """The console's table: every vacancy of the employer, last changed first."""
    found = Vacancy.objects.filter(Q(employer=employer) | Q(publisher=employer)).select_related(
        "employer", "publisher"
    )
    if status in VacancyStatus.values:
        found = found.filter(status=status)
    if text:
        found = found.filter(Q(title__icontains=text) | Q(trade__icontains=text))
    return found.order_by("-updated_at", "-pk")


def vacancy_counts(employer: Employer) -> dict[str, int]:
    """How many vacancies of the employer are in each state."""
    rows = (
        Vacancy.objects.filter(Q(employer=employer) | Q(publisher=employer))
        .values("status")
        .annotate(n=Count("pk"))
        .order_by()
    )
    return {row["status"]: row["n"] for row in rows}


# --- verification -------------------------------------------------------------------------------
def approvals(employer: Employer) -> list[EmployerReview]:
    """Yes votes since staff last said no: those that count for the two-person rule."""
    rejected = employer.reviews.filter(verified=False).aggregate(last=Max("pk"))["last"] or 0
    return list(employer.reviews.filter(verified=True, pk__gt=rejected).order_by("pk"))


def code_on_file(employer: Employer) -> str:
    """Return the credit code: its own, or that of the imported employer it claims, or ``""``."""
    if employer.credit_code:
        return employer.credit_code
    claimed = (
        EmployerClaim.objects.filter(
            claimant=employer, status=ClaimStatus.PENDING, unclaimed__credit_code__isnull=False
        )
        .values_list("unclaimed__credit_code", flat=True)
        .first()
    )
    return claimed or ""


def pending_claims() -> QuerySet[EmployerClaim]:
    """Claims that staff have to decide, with what they need to compare."""
    return (
        EmployerClaim.objects.filter(status=ClaimStatus.PENDING)
        .select_related("unclaimed", "claimant", "claimed_by")
        .annotate(vacancies=Count("unclaimed__vacancies"))
        .order_by("created_at")
    )


# --- claims -------------------------------------------------------------------------------------
def unclaimed_like(*, name: str = "", code: str = "", limit: int = 20) -> list[Employer]:
    """Return imported employers that ``name`` or ``code`` may mean, best first."""
    wanted = rules.credit_code(code)
    found = (
        Employer.objects.filter(status=EmployerStatus.UNCLAIMED)
        .filter(_name_match(name) | (Q(credit_code=wanted) if wanted else Q(pk__in=[])))
        .annotate(vacancy_count=Count("vacancies"))
        .order_by("name")[: limit * 2]
    )
    same = _folded(name)
    ranked = sorted(
        found, key=lambda e: (e.credit_code != (wanted or "-"), _folded(e.name) != same, e.name)
    )
    return ranked[:limit]


def _name_match(name: str) -> Q:
    name = name.strip()
    if len(name) < 2:
        return Q(pk__in=[])
    full = name.replace("(", "（").replace(")", "）")
    half = name.replace("（", "(").replace("）", ")")
    return Q(name__icontains=name) | Q(name__icontains=full) | Q(name__icontains=half)


def _folded(name: str) -> str:
    return "".join(unicodedata.normalize("NFKC", name).lower().split())
