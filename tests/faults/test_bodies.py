"""Random bodies at every action of the site, sent by people who may use it: no fault of ours.

Two for each action in the suite, FUZZ in all on demand. Actions and people come from the
permission table, so that a new address is tried from its first day.
"""

from __future__ import annotations

import json
import os
import random
from typing import Any

import pytest
from django.core.cache import cache
from django.db import transaction

from core import buckets
from tests.faults.garbage import body, value
from tests.permissions.rows import Row
from tests.permissions.table import TABLE
from tests.permissions.world import Role, World, build

pytestmark = pytest.mark.django_db

ACTIONS = [row for row in TABLE if row.method != "GET"]
EACH = int(os.environ.get("FUZZ", "0")) // len(ACTIONS) or 2


def test_random_bodies(client: Any) -> None:
    world, chance = build(), random.Random(int(os.environ.get("SEED", "1")))
    broken = [
        problem for row in ACTIONS for _ in range(EACH) for problem in attempt(row, world, chance)
    ]
    assert not broken, "\n".join(broken[:20])
    assert client.get("/healthz/nothing/").status_code == 404


def attempt(row: Row, world: World, chance: random.Random) -> list[str]:
    """Ask once, rolled back; what was wrong with the answer."""
    usual = row.body(world.own) if callable(row.body) else row.body
    names = (*usual, "text", "reason", "client_id")
    content: Any = {**usual, **body(chance, names)} if usual else body(chance, names)
    role = chance.choice(sorted(row.may or {Role.SUPERUSER}))
    browser = world.client(role)
    url = row.url(world.own)
    sent: Any
    try:
        with transaction.atomic():
            if row.is_api:
                sent = _json(content, chance)
                answer = browser.generic(row.method, url, sent, content_type="application/json")
            else:
                sent = {name: _typed(content[name]) for name in content}
                answer = browser.post(url, sent, headers=row.headers)
            transaction.set_rollback(True)
    except Exception as error:  # noqa: BLE001 - any crash is a finding
        return [f"{row} as {role}: {type(error).__name__}: {error}; sent {sent!r:.300}"]
    finally:
        cache.clear()
        buckets.forget()
    return [f"{row} as {role}: {answer.status_code}"] if answer.status_code >= 500 else []


def _json(content: dict[str, Any], chance: random.Random) -> bytes:
    match chance.randrange(6):
        case 0:
            return chance.randbytes(chance.randrange(100))
        case 1:
            return json.dumps(value(chance), default=str).encode()
        case 2:
            whole = json.dumps(content, default=str).encode()
            return whole[: chance.randrange(len(whole) + 1)]
    return json.dumps(content, default=str).encode()


def _typed(found: Any) -> str:
    """What a form can carry."""
    text = found if isinstance(found, str) else json.dumps(found, default=str)
    return text.encode("utf-8", "replace").decode()
