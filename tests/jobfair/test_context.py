"""What every page knows: the navigation of each role."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import RequestFactory

from accounts.models import User
from jobfair.context import PATHS, site
from tests.factories import (
    EmployerMemberFactory,
    FairStaffFactory,
    SessionCrewFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db


def urls(user: User | AnonymousUser, path: str = "/") -> list[str]:
    request = RequestFactory().get(path)
    request.user = user
    return [entry["url"] for entry in site(request)["nav"]]


def test_a_visitor_sees_fairs_and_their_own_page() -> None:
    assert urls(AnonymousUser()) == [PATHS["home"], PATHS["me"]]


def test_roles_open_their_consoles() -> None:
    assert urls(UserFactory()) == [PATHS["home"], PATHS["me"]]
    assert PATHS["employer"] in urls(EmployerMemberFactory().person)
    assert PATHS["desk"] in urls(FairStaffFactory().person)
    assert PATHS["desk"] in urls(SessionCrewFactory().person)
    assert PATHS["desk"] in urls(UserFactory(is_superuser=True))


def test_the_current_entry_is_marked() -> None:
    request = RequestFactory().get("/me/intents/")
    request.user = AnonymousUser()
    assert [entry["current"] for entry in site(request)["nav"]] == [False, True]


def test_navigation_costs_one_query_and_nothing_for_visitors(
    query_count: Callable[[], AbstractContextManager[Any]],
) -> None:
    person = FairStaffFactory().person
    with query_count() as queries:
        urls(person)
    assert len(queries) == 1
    with query_count() as queries:
        urls(AnonymousUser())
    assert len(queries) == 0
