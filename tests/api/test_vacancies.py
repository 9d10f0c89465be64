"""GET /vacancies/ and /vacancies/{id}/."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from employers import rules, services
from employers.models import Vacancy
from tests.factories import EmployerMemberFactory, VacancyFactory, actor

pytestmark = pytest.mark.django_db


def test_the_list_is_searched_and_filtered(client: Client, query_count: Any) -> None:
    row = VacancyFactory(title="铆工", place_code="4401")
    Vacancy.objects.update(search_text=rules.search_text_of(row))
    VacancyFactory(title="普工", status="closed")

    def listed(**params: str) -> list[str]:
        answer = client.get("/api/v1/vacancies/", params)
        assert answer.status_code == 200
        return [found["title"] for found in answer.json()["results"]]

    assert listed() == listed(q="铆", place="44", pay_min="8000") == ["铆工"]
    assert listed(place="11") == []
    with query_count() as one:
        listed()
    VacancyFactory.create_batch(2)
    with query_count() as three:
        assert len(listed()) == 3
    assert len(one) == len(three) == 1


def test_a_filter_that_cannot_be_read_is_a_problem(client: Client) -> None:
    answer = client.get("/api/v1/vacancies/", {"pay_min": "much"})
    assert answer.status_code == 400
    assert answer["Content-Type"] == "application/problem+json"
    assert "pay_min" in answer.json()["fields"]


def test_one_in_full_with_the_revision_it_shows(client: Client) -> None:
    row = VacancyFactory(duties="焊接")
    url = f"/api/v1/vacancies/{row.public_id}/"
    assert client.get(url).json()["open"] is True
    services.update_vacancy(actor=actor(), vacancy=row, content={"duties": "切割"})
    shown = client.get(url).json()
    assert (shown["open"], shown["revision"], shown["duties"]) == (False, 1, "焊接")


def test_drafts_are_for_their_employer_alone(client: Client) -> None:
    row = VacancyFactory(status="draft", opened_at=None, revision_number=0)
    url = f"/api/v1/vacancies/{row.public_id}/"
    assert client.get(url).status_code == 404
    assert client.get(f"/api/v1/vacancies/{uuid4()}/").status_code == 404
    client.force_login(
        EmployerMemberFactory(employer=row.employer).person,
        backend="django.contrib.auth.backends.ModelBackend",
    )
    assert client.get(url).json()["revision"] is None
