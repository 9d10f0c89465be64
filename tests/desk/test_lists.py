"""A list of three costs as many queries as a list of one."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest
from django.urls import reverse

from tests.desk.people import Scene, browser, staff_of
from tests.factories import FairFactory

pytestmark = pytest.mark.django_db

LISTS = (
    "desk",
    "desk-fair",
    "desk-session",
    "desk-imports",
    "desk-phone-intent",
    "desk-booths",
    "desk-employers",
    "desk-claims",
    "desk-vacancies",
    "desk-honours",
    "desk-guests",
    "desk-unanswered",
    "desk-messages",
)


@pytest.mark.parametrize("name", LISTS)
def test_queries_do_not_grow(
    name: str, query_count: Callable[[], AbstractContextManager[Any]]
) -> None:
    fair = FairFactory()
    scene = Scene.build(fair)
    client, address = browser(staff_of(fair)), scene.addresses()[name]
    client.get(address)
    with query_count() as first:
        client.get(address)
    Scene.build(fair)
    Scene.build(fair)
    with query_count() as second:
        client.get(address)
    assert len(second) == len(first), reverse("desk")
