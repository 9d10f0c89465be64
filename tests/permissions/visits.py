"""Prints who looks at which page of the permission table, with a session for each: for browsers.

Run inside a server's own database (``live_app.shell``); the world is made there.
"""

from __future__ import annotations

import json

from tests.permissions.rows import OK, Row
from tests.permissions.table import TABLE
from tests.permissions.world import Role, build

#: Every page that the table lists.
PAGES = [row for row in TABLE if row.method == "GET" and row.is_page and not row.is_api]
#: Who looks at a page: the first of these who may.
LOOKERS = [Role.ANONYMOUS, Role.SEEKER, Role.RECRUITER, Role.MANAGER, Role.OPERATOR]


def looker(row: Row) -> Role:
    """Somebody who may see the page."""
    return next(role for role in LOOKERS if row.expected(role, "own") == OK)


def visits() -> None:
    """Print one JSON object: line of the table → address and session cookie."""
    world = build()
    found = {}
    for row in PAGES:
        cookies = world.client(looker(row)).cookies
        session = cookies["sessionid"].value if "sessionid" in cookies else ""
        found[str(row)] = {"url": row.url(world.own), "session": session}
    print(json.dumps(found))  # noqa: T201 - read by the test
