"""What vacancies are found by, when their employer's name changes."""

from __future__ import annotations

from employers import rules
from employers.models import Employer, Vacancy


def index_again(employer: Employer) -> None:
    """Write the search text of the employer's vacancies anew, in the caller's transaction."""
    vacancies = list(Vacancy.objects.filter(employer=employer).select_related("employer"))
    for vacancy in vacancies:
        vacancy.search_text = rules.search_text_of(vacancy)
    Vacancy.objects.bulk_update(vacancies, ["search_text"], batch_size=200)
