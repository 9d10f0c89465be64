"""Another site's form or script, sent with the browser's own cookies, does nothing."""

from __future__ import annotations

import pytest
from django.test import Client

from core.ids import new_id
from integrations.services import create_token
from tests.permissions.rows import OK, Row
from tests.permissions.table import TABLE
from tests.permissions.test_matrix import rolled_back
from tests.permissions.world import Role, World

pytestmark = [pytest.mark.django_db, pytest.mark.no_cover]

POSTS = [row for row in TABLE if row.method in {"POST", "DELETE"}]


@pytest.mark.parametrize("row", POSTS, ids=str)
def test_a_forged_request_changes_nothing(row: Row, world: World) -> None:
    """A browser's session alone, without the token, is another site's doing."""
    may = [role for role in Role if row.expected(role, "own") == OK and role != Role.ANONYMOUS]
    for role in [*may[:1], *([Role.ANONYMOUS] if Role.ANONYMOUS in row.may else [])]:
        browser = world.client(role)
        browser.handler.enforce_csrf_checks = True
        with rolled_back() as written:
            response = row.ask(browser, world.own)
        assert response.status_code == 403, role
        assert not written


def test_a_token_of_another_system_needs_no_csrf_token(world: World) -> None:
    _token, plain = create_token(owner=world.people[Role.SEEKER], name="app", scopes=["write"])
    browser = Client(enforce_csrf_checks=True)
    with rolled_back():
        response = browser.post(
            f"/api/v1/sessions/{world.own.session.public_id}/messages/",
            {"client_id": str(new_id()), "text": "你好"},
            content_type="application/json",
            headers={"Authorization": f"Bearer {plain}"},
        )
    assert response.status_code == 201
