"""Pages of a person with an account stay out of caches; requests are measured."""

from __future__ import annotations

import pytest
from django.test import Client
from prometheus_client import REGISTRY

from tests.factories import EmployerMemberFactory, FairStaffFactory, UserFactory

pytestmark = pytest.mark.django_db


def test_consoles_and_the_api_are_kept_by_nobody(client: Client) -> None:
    member = EmployerMemberFactory()
    client.force_login(member.person)
    for path in (
        f"/employer/{member.employer.public_id}/",
        f"/api/v1/intents/?as=employer:{member.employer.public_id}",
    ):
        answer = client.get(path)
        assert answer.status_code == 200
        assert answer["Cache-Control"] == "private, no-store", path
    client.force_login(FairStaffFactory().person)
    assert client.get("/desk/")["Cache-Control"] == "private, no-store"


def test_a_public_page_of_somebody_signed_in_is_theirs(client: Client) -> None:
    client.force_login(UserFactory())
    assert client.get("/")["Cache-Control"] == "private, no-cache"
    assert "no-store" in client.get("/me/")["Cache-Control"]  # what the view says stays


def test_visitors_get_pages_as_they_are(client: Client) -> None:
    assert not client.get("/").has_header("Cache-Control")


def test_requests_are_measured_by_the_name_of_their_address(client: Client) -> None:
    def counted(route: str, method: str, status: str) -> float:
        labels = {"route": route, "method": method, "status": status}
        return REGISTRY.get_sample_value("jobfair_http_requests_total", labels) or 0.0

    before = counted("home", "GET", "200"), counted("none", "other", "404")
    client.get("/")
    client.generic("BREW", "/no/such/page/")
    assert counted("home", "GET", "200") == before[0] + 1
    assert counted("none", "other", "404") == before[1] + 1
