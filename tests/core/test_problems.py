"""Refusals as RFC 9457 documents, for the scripts of pages as for the REST API."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client, RequestFactory

from core import problems
from core.errors import DomainError, Invalid, RateLimited
from jobfair.requests import tell


def body_of(answer: HttpResponse) -> dict[str, Any]:
    assert answer["Content-Type"] == problems.MEDIA_TYPE
    body: dict[str, Any] = json.loads(answer.content)
    return body


def told(error: DomainError) -> HttpResponse:
    answer = tell(RequestFactory().get("/", headers={"Accept": "application/json"}), error)
    assert answer is not None
    return answer


def test_a_script_is_told_when_to_try_again():
    answer = told(RateLimited(4))
    assert (answer.status_code, answer["Retry-After"]) == (429, "4")
    assert body_of(answer)["code"] == "rate_limited"


@pytest.mark.parametrize("title", ["", "Name: missing"])
def test_a_refusal_names_what_is_wrong_in_each_field(title):
    error = Invalid("invalid", "Some of the input is not right.", fields={"name": "missing"})
    assert body_of(problems.problem(error, title=title)) == {
        "type": "about:blank",
        "status": 400,
        "code": "invalid",
        "title": title or "Some of the input is not right.",
        "fields": {"name": ["missing"]},
    }


def test_json_nested_too_deep_is_a_bad_request(client: Client) -> None:
    body = '{"a":' * 100_000
    client.cookies["csrftoken"] = "a" * 32
    for address in ("/api/v1/auth/code/", "/api/v1/auth/verify/"):
        answer = client.post(address, body, content_type="application/json")
        assert answer.status_code == 400
