"""Every page of the permission table, full of hostile text: no code of its own, nothing let out.

Then every form on every page is filled with hostile text and sent, with its own CSRF token, and
the page that answers is read in the same way.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urljoin, urlsplit

import pytest
from django.test import Client

from tests.permissions.rows import OK, Row
from tests.permissions.table import TABLE
from tests.permissions.test_matrix import rolled_back
from tests.permissions.world import Role, World
from tests.security.markup import MARK, Field, Form, Page

pytestmark = [pytest.mark.django_db, pytest.mark.no_cover]

PAGES = [row for row in TABLE if row.method == "GET" and row.is_page and not row.is_api]
#: Who looks at a page: the first of these who may, and visitors where they may.
LOOKERS = [Role.SEEKER, Role.RECRUITER, Role.MANAGER, Role.REVIEWER, Role.OPERATOR]


def lookers(row: Row) -> list[Role]:
    visitors = [Role.ANONYMOUS] if row.expected(Role.ANONYMOUS, "own") == OK else []
    return visitors + [role for role in LOOKERS if row.expected(role, "own") == OK][:2]


def looked_at(row: Row, world: World, role: Role, **client: Any) -> tuple[Any, Client]:
    browser = world.client(role)
    browser.handler.enforce_csrf_checks = client.get("enforce_csrf_checks", False)
    response: Any = row.ask(browser, world.own)
    while response.status_code in {301, 302}:
        response = browser.get(response["Location"])
    return response, browser


def policy(response: Any) -> dict[str, list[str]]:
    """The answer's Content-Security-Policy by directive."""
    parts = [part.split() for part in response["Content-Security-Policy"].split(";")]
    return {part[0]: part[1:] for part in parts if part}


def assert_safe(response: Any) -> Page:
    """Headers and markup of one page."""
    rules = policy(response)
    assert rules["default-src"] == ["'self'"]
    assert rules["object-src"] == ["'none'"]
    assert rules["frame-ancestors"] == ["'none'"]
    for kind in ("script-src", "style-src", "default-src"):
        assert not {"'unsafe-inline'", "'unsafe-eval'", "*", "data:"} & set(rules.get(kind, []))
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["X-Frame-Options"] == "DENY"
    assert response["Referrer-Policy"] == "strict-origin-when-cross-origin"
    assert response["Cross-Origin-Opener-Policy"] == "same-origin"
    page = Page(response.getvalue().decode())
    assert not page.problems
    return page


@pytest.mark.parametrize("row", PAGES, ids=str)
def test_no_code_of_its_own_and_nothing_let_out(row: Row, hostile_world: World) -> None:
    for role in lookers(row):
        with rolled_back():
            response, _browser = looked_at(row, hostile_world, role)
        assert response.status_code == 200
        if response["Content-Type"].startswith("text/html"):
            assert_safe(response)


def test_the_mark_is_really_there(hostile_world: World) -> None:
    """The pages show hostile text as text; a world without it would prove nothing."""
    marked = 0
    for row in PAGES:
        with rolled_back():
            response, _browser = looked_at(row, hostile_world, lookers(row)[-1])
        marked += MARK in Page(response.getvalue().decode()).text
    assert marked > len(PAGES) / 2


@pytest.mark.parametrize("name", ["403", "404", "500", "403_csrf", "429", "error"])
def test_pages_of_refusal(name: str, client: Client) -> None:
    from django.template.loader import render_to_string
    from django.test import RequestFactory

    assert not Page(render_to_string(f"{name}.html", {}, RequestFactory().get("/"))).problems


#: Forms of the frame of every page.
EVERYWHERE = {"/i18n/setlang/", "/sign-out/"}


# --- forms --------------------------------------------------------------------------------------


def filled(field: Field) -> str | None:
    """Hostile text where a person may type any; what fits where they choose."""
    if field.kind in {"hidden", "checkbox", "radio", "button", "submit"}:
        return field.value
    if field.kind == "select":
        return next((value for value in reversed(field.options) if value), "")
    if field.kind == "file":
        return None
    typed = {"number": "3", "date": "2027-03-01", "datetime-local": "2027-03-01T10:00"}
    return typed.get(field.kind, MARK)


def answers(form: Form) -> dict[str, Any]:
    """The form as somebody sends it who fills in everything."""
    values: dict[str, Any] = {}
    for field in form.fields:
        value = filled(field)
        if value is not None:
            values[field.name] = value
    return values


def send(browser: Client, page: str, form: Form) -> Any:
    """Send the form and follow where it leads."""
    url = urljoin(page, form.action) if form.action else page
    response: Any = browser.post(url, answers(form))
    for _hop in range(4):
        if response.status_code not in {301, 302}:
            break
        to = urlsplit(response["Location"])
        assert not to.netloc, f"leads away: {response['Location']}"
        response = browser.get(urljoin(url, response["Location"]))
    return response


def forms_of(row: Row, response: Any) -> list[Form]:
    """What can be sent from the page; what stands on every page is sent from two of them."""
    found = [form for form in Page(response.getvalue().decode()).forms if form.method == "post"]
    return [form for form in found if row.path in {"", "me/"} or form.action not in EVERYWHERE]


@pytest.mark.parametrize("row", PAGES, ids=str)
def test_every_form_takes_hostile_text(row: Row, hostile_world: World) -> None:
    role = lookers(row)[-1]
    number = 0
    while True:
        with rolled_back():
            response, browser = looked_at(row, hostile_world, role, enforce_csrf_checks=True)
            forms = forms_of(row, response)
            if number >= len(forms):
                break
            got = send(browser, response.request["PATH_INFO"], forms[number])
            assert got.status_code not in {403, 404, 405}, forms[number]
            if got["Content-Type"].startswith("text/html"):
                assert_safe(got)
        number += 1
