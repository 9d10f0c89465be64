"""Employers, their members, documents and claims; vacancies and their revisions."""

from employers.models.employer import (
    Employer,
    EmployerClaim,
    EmployerDocument,
    EmployerMember,
    EmployerReview,
)
from employers.models.vacancy import Vacancy, VacancyRevision

__all__ = [
    "Employer",
    "EmployerClaim",
    "EmployerDocument",
    "EmployerMember",
    "EmployerReview",
    "Vacancy",
    "VacancyRevision",
]
