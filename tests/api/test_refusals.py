"""Where no view answers, the API still does in its own form."""

from __future__ import annotations

from unittest import mock

import pytest
from django.test import Client

from tests.factories import UserFactory
from tests.support.accounts import signed_in

pytestmark = pytest.mark.django_db


def test_an_unknown_address_is_a_problem_document(client: Client) -> None:
    for path in ("/api/v1/nothing/", "/api/v1/fairs/é/", "/api/v1/sessions/1/", "/api/v2/"):
        answer = client.get(path)
        assert answer.status_code == 404
        assert answer["Content-Type"] == "application/problem+json"
        assert answer.json()["code"] == "not_found"


def test_an_unknown_page_is_a_page(client: Client) -> None:
    answer = client.get("/nothing/")
    assert answer.status_code == 404
    assert answer["Content-Type"].startswith("text/html")


@pytest.mark.parametrize(
    ("path", "media_type"), [("/api/v1/fairs/", "application/problem+json"), ("/", "text/html")]
)
def test_a_failure_of_ours_tells_nothing(path: str, media_type: str) -> None:
    client = Client(raise_request_exception=False)
    with mock.patch("fairs.models.FairQuerySet.visible_to", side_effect=RuntimeError("secret")):
        answer = client.get(path)
    assert answer.status_code == 500
    assert answer["Content-Type"].startswith(media_type)
    assert "secret" not in answer.content.decode()


@pytest.mark.parametrize(
    "moment",
    ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "66-07-22", "2026-12-03T14:00:00"],
)
def test_moments_that_no_calendar_holds_are_refused(moment: str, client: Client) -> None:
    answer = signed_in(client, UserFactory()).get("/api/v1/intents/", {"since": moment})
    assert answer.status_code == 400
    assert answer.json()["code"] == "since_wrong"
