"""Whatever a client sends, the API answers as its description says, and never with a 5xx.

Schemathesis makes requests from docs/openapi.yaml, right ones and wrong ones; half of them name
things that exist, so that they get past the 404. Each is sent by a visitor, by a seeker's browser
and with a manager's token, and rolled back. The same requests every time; raise ``EXAMPLES`` and take
``derandomize`` out to look for more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from django.core.cache import cache
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections, transaction
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from integrations.services import create_token
from tests.permissions.rows import NAMES
from tests.permissions.world import Role, World

pytestmark = [pytest.mark.django_db, pytest.mark.no_cover]

EXAMPLES = 15
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    negative_data_rejection,
]
SNAPSHOT = Path(__file__).resolve().parents[2] / "docs" / "openapi.yaml"

schema = schemathesis.openapi.from_path(SNAPSHOT)
schema.app = get_wsgi_application()
OPERATIONS = [result.ok() for result in schema.get_all_operations()]

Headers = dict[str, str]


def visitor(world: World) -> Headers:
    return {}


def seeker(world: World) -> Headers:
    """A browser: session, and the CSRF token twice."""
    token = "a" * 32
    session = world.client(Role.SEEKER).cookies["sessionid"].value
    return {"Cookie": f"sessionid={session}; csrftoken={token}", "X-CSRFToken": token}


def manager(world: World) -> Headers:
    owner = world.people[Role.MANAGER]
    _token, plain = create_token(owner=owner, name="fuzz", scopes=["read", "write"])
    return {"Authorization": f"Bearer {plain}"}


@pytest.fixture(autouse=True)
def one_connection() -> Iterator[None]:
    """A request neither begins nor ends the transaction of the test."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


def name_real_things(case: Any, world: World) -> None:
    """Let the address and the body name things that exist."""
    for name in case.path_parameters or {}:
        case.path_parameters[name] = str(NAMES[name](world.own))
    if isinstance(case.body, dict):
        real = {"vacancy": world.own.vacancy, "session": world.own.session}
        case.body.update(
            {name: str(row.public_id) for name, row in real.items() if name in case.body}
        )


@pytest.mark.parametrize("who", [visitor, seeker, manager], ids=lambda who: who.__name__)
@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.label)
def test_it_answers_as_described(
    operation: Any, who: Callable[[World], Headers], world: World
) -> None:
    headers = who(world)

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(), real=st.booleans())
    def send(case: Any, real: bool) -> None:
        if real:
            name_real_things(case, world)
        with transaction.atomic():
            response = case.call(headers={**(case.headers or {}), **headers})
            transaction.set_rollback(True)
        cache.clear()
        case.validate_response(response, checks=CHECKS)

    send()
