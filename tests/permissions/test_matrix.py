"""Every address × every role × own, the other fair's, absent and mixed-up things.

One test, or two, for each line of the table. Besides the outcome it holds that somebody who was refused has
changed nothing, and that no answer carries a whole phone number (except where that is its purpose).
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

import pytest
from django.core.cache import cache
from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse

from tests.permissions.rows import METHODS, NOBODY, OK, Outcome, Row, outcome_of, patterns
from tests.permissions.table import TABLE
from tests.permissions.world import Role, Things, World
from tests.support.accounts import signed_in

pytestmark = pytest.mark.django_db

#: What a refused request may write: the browser's own session and device.
_HARMLESS = re.compile(r'"?(django_session|accounts_device)"?')
_WRITE = re.compile(r"^\s*(INSERT|UPDATE|DELETE)\b", re.IGNORECASE)
#: Chinese mobile numbers, however they are grouped.
_MOBILE = re.compile(r"(?<!\d)(?:\+?86)?[ -]?(1\d{2}[ -]?\d{4}[ -]?\d{4})(?!\d)")


@pytest.fixture(autouse=True, scope="module")
def plain_refusals() -> Iterator[None]:
    """Refusals without their page and log line: there are thousands, all with the same page."""
    requests = logging.getLogger("django.request")
    with mock.patch("jobfair.middleware.render", unrendered):
        requests.setLevel(logging.CRITICAL)
        yield
    requests.setLevel(logging.NOTSET)


def unrendered(request: HttpRequest, name: str, page: Any, *, status: int) -> HttpResponse:
    return HttpResponse(str(page["error"]), status=status)


def test_every_address_is_listed() -> None:
    """A new address needs lines in tests/permissions/table.py that say who may use it."""
    listed = {row.path for row in TABLE}
    unlisted = sorted(set(patterns()) - listed)
    assert not unlisted, f"not in tests/permissions/table.py: {unlisted}"


def test_the_table_lists_nothing_that_is_gone() -> None:
    gone = sorted({row.path for row in TABLE} - set(patterns()))
    assert not gone, f"in tests/permissions/table.py, but no address: {gone}"


def test_no_line_is_there_twice() -> None:
    lines = [str(row) for row in TABLE]
    assert sorted(lines) == sorted(set(lines))


@contextmanager
def rolled_back() -> Iterator[list[str]]:
    """A request that leaves no trace; gives the statements by which it changed something."""
    written: list[str] = []

    def note(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        if _WRITE.match(sql) and not _HARMLESS.search(sql.split("WHERE", maxsplit=1)[0]):
            written.append(sql[:120])
        return execute(sql, params, many, context)

    with transaction.atomic(), connection.execute_wrapper(note):
        yield written
        transaction.set_rollback(True)
    cache.clear()


def whole_phones(response: Any, phones: frozenset[str]) -> set[str]:
    """Numbers of accounts that stand in the answer whole, in any grouping."""
    text = response.getvalue().decode("utf-8", "replace")
    found = {"+86" + re.sub(r"\D", "", number) for number in _MOBILE.findall(text)}
    return found & phones


def attempt(row: Row, world: World, role: Role, whose: str, *things: Things) -> list[str]:
    """Ask once; what was wrong with the answer."""
    wanted = row.expected(role, whose)
    with rolled_back() as written:
        try:
            response = row.ask(world.client(role), *things)
        except Exception as error:  # noqa: BLE001 - any crash is a finding of this line
            return [f"{role}, {whose}: {type(error).__name__}: {error}"]
        problems = []
        got = outcome_of(response)
        if got != wanted:
            problems.append(f"{role}, {whose}: {got} instead of {wanted}")
        if got != OK and written:
            problems.append(f"{role}, {whose}: refused, but wrote {written[0]}")
        shown = whole_phones(response, world.phones)
        if shown and not (row.shows_phone and wanted == OK):
            problems.append(f"{role}, {whose}: shows {shown}")
    return problems


@pytest.mark.parametrize("row", TABLE, ids=str)
def test_who_may(row: Row, world: World) -> None:
    """With one's own things."""
    hold_for_everybody(row, world, {"own"})


@pytest.mark.no_cover  # the same code again, three times over
@pytest.mark.parametrize("row", [row for row in TABLE if row.has_variants], ids=str)
def test_who_may_elsewhere(row: Row, world: World) -> None:
    """With things of another fair, things that do not exist, and a mixture."""
    hold_for_everybody(row, world, {"other", "absent", "mixed"})


def hold_for_everybody(row: Row, world: World, wanted: set[str]) -> None:
    problems = [
        problem
        for whose, things in row.variants(world)
        if whose in wanted
        for role in Role
        for problem in attempt(row, world, role, whose, *things)
    ]
    assert not problems, f"{row}\n" + "\n".join(problems)


#: Pages of packages, which take PUT for POST or say 404 first.
_NOT_OURS = ("account/2fa/", "i18n/")


@pytest.mark.parametrize(
    "path",
    sorted(
        {row.path for row in TABLE if not row.path.startswith(_NOT_OURS)}
        | {"account/2fa/required/"}
    ),
)
def test_other_methods_are_refused(path: str, world: World) -> None:
    """405, even to the superuser."""
    rows = [row for row in TABLE if row.path == path]
    for method in set(METHODS) - {row.method for row in rows}:
        row = Row(path, method, NOBODY, fixed=rows[0].fixed, query=rows[0].query)
        with rolled_back():
            got = outcome_of(row.ask(world.client(Role.SUPERUSER), world.own))
        assert got == Outcome.NO_METHOD, f"{row}: {got}"


@pytest.mark.parametrize("row", [row for row in TABLE if row.second_factor], ids=str)
def test_others_data_needs_a_second_factor(row: Row, world: World) -> None:
    """Whoever acts for others shows the second factor first, and nothing is done before."""
    for role in row.second_factor | {Role.SUPERUSER}:
        with rolled_back() as written:
            client = signed_in(world.client(Role.ANONYMOUS), world.people[role])
            written.clear()
            response = row.ask(client, world.own)
            assert outcome_of(response) == Outcome.SECOND_FACTOR, role
            assert not written
            assert not whole_phones(response, world.phones)
