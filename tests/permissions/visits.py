"""Prints who looks at which page of the permission table, with a session for each: for browsers.

Run inside a server's own database (``live_app.shell``); the world is made there.
"""

from __future__ import annotations

import json

from tests.permissions.rows import OK, Row
from tests.permissions.table import TABLE
from tests.permissions.world import Role, World, build

#: Every page that the table lists.
PAGES = [row for row in TABLE if row.method == "GET" and row.is_page and not row.is_api]
#: Who looks at a page: the first of these who may.
LOOKERS = [Role.ANONYMOUS, Role.SEEKER, Role.RECRUITER, Role.MANAGER, Role.OPERATOR]


def looker(row: Row) -> Role:
    """Somebody who may see the page."""
    return next(role for role in LOOKERS if row.expected(role, "own") == OK)


def session_of(world: World, role: Role) -> str:
    cookies = world.client(role).cookies
    return cookies["sessionid"].value if "sessionid" in cookies else ""


def visits(mark: str = "") -> None:
    """Print one JSON object: line of the table → address and session cookie.

    Besides, ``room`` and ``studio`` with sessions of a seeker and of the crew.
    """
    world = build(mark=mark)
    found = {}
    for row in PAGES:
        found[str(row)] = {"url": row.url(world.own), "session": session_of(world, looker(row))}
    room = world.own.session.public_id
    found["room"] = {"url": f"/live/{room}/", "session": session_of(world, Role.SEEKER)}
    found["studio"] = {"url": f"/studio/{room}/", "session": session_of(world, Role.OPERATOR)}
    print(json.dumps(found))  # noqa: T201 - read by the test
