"""Refusals as RFC 9457 documents, for the scripts of pages as for the REST API."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import RequestFactory

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
