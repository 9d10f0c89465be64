"""Reading fairs, for pages and the API."""

from __future__ import annotations

from django.db.models import Count, Q, QuerySet

from accounts.models import User
from core.errors import NotFound
from employers.enums import EmployerStatus, VacancyStatus
from employers.models import Employer, Vacancy
from employers.models.vacancy import VacancyQuerySet
from fairs.enums import BoothStatus, FairStatus
from fairs.models import Booth, Fair


def fair_for(user: User | None, slug: str) -> Fair:
    """The fair at ``slug`` as ``user`` may see it, with its partners, or :class:`NotFound`."""
    fair = Fair.objects.visible_to(user).filter(slug=slug).prefetch_related("partners").first()
    if fair is None:
        raise NotFound
    return fair


def listed_fairs(user: User | None) -> QuerySet[Fair]:
    """Fairs for the home page and the API: newest first."""
    visible: QuerySet[Fair] = Fair.objects.visible_to(user)
    return visible.exclude(status=FairStatus.ARCHIVED).prefetch_related("partners")


def booths_of(fair: Fair) -> QuerySet[Booth]:
    """Approved booths with their employer and ``open_vacancies``, the number of open vacancies."""
    return (
        Booth.objects.filter(fair=fair, status=BoothStatus.APPROVED)
        .exclude(employer__status=EmployerStatus.SUSPENDED)
        .select_related("employer")
        .annotate(
            open_vacancies=Count("brought", filter=Q(brought__vacancy__status=VacancyStatus.OPEN))
        )
        .order_by("position", "id")
    )


def employers_at(fair: Fair) -> QuerySet[Employer]:
    """Employers with an approved booth at the fair, by name."""
    found = Employer.objects.filter(booths__fair=fair, booths__status=BoothStatus.APPROVED)
    return found.order_by("name", "id")


def vacancies_at(fair: Fair) -> VacancyQuerySet:
    """Open vacancies that admitted booths brought to the fair, each once."""
    public: VacancyQuerySet = Vacancy.objects.public()
    return public.filter(brought_to__fair=fair.pk, brought_to__booth__status=BoothStatus.APPROVED)
