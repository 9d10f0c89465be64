"""No address of ours sends anybody to a site of somebody else's."""

from __future__ import annotations

from urllib.parse import quote, urlsplit

import pytest
from django.test import Client

from tests.factories import FairStaffFactory, UserFactory
from tests.support.accounts import set_up_totp, sign_in_by_sms, signed_in
from tests.support.live import SmsInbox

pytestmark = [pytest.mark.django_db, pytest.mark.no_cover]

ELSEWHERE = [
    "https://evil.example/",
    "//evil.example/",
    "///evil.example/",
    "/\\evil.example/",
    "\\\\evil.example/",
    "https:evil.example",
    "http:///evil.example",
    "https://testserver@evil.example/",
    "https://testserver.evil.example/",
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    "data:text/html,<script>",
    "\t//evil.example/",
    " //evil.example/",
    "/%09/evil.example/",
    "/\t/evil.example/",
    "ftp://testserver/",
    "\x01javascript:alert(1)",
]


def assert_stays(location: str) -> None:
    """Judge as a browser does, which drops tabs and reads a backslash as a slash."""
    seen = location.translate({ord(c): None for c in "\t\r\n"}).strip().replace("\\", "/")
    parts = urlsplit(seen)
    assert parts.scheme in {"", "http"}, location
    assert parts.netloc in {"", "testserver"}, location
    assert not seen.startswith("//"), location


@pytest.mark.parametrize("to", ELSEWHERE)
def test_next(to: str, client: Client) -> None:
    """Everything that takes ``next``, from a visitor and from somebody signed in."""
    next_to = f"?next={quote(to, safe='')}"
    somebody = signed_in(Client(), UserFactory(), second_factor=True)
    factor = UserFactory()
    set_up_totp(factor)
    with_factor = signed_in(Client(), factor)
    answers = [
        client.get(f"/sign-in/{next_to}"),
        client.get(f"/sign-in/code/{next_to}"),
        client.post("/sign-in/", {"phone": "13800138000", "next": to}),
        client.post("/i18n/setlang/", {"language": "en", "next": to}),
        client.post(f"/i18n/setlang/{next_to}", {"language": "en"}),
        somebody.get(f"/sign-in/{next_to}"),
        somebody.get(f"/sign-in/code/{next_to}"),
        somebody.get(f"/account/2fa/required/{next_to}"),
        with_factor.get(f"/account/2fa/required/{next_to}"),
        somebody.post("/sign-out/", {"next": to}),
    ]
    for answer in answers:
        if "Location" in answer:
            assert_stays(answer["Location"])
        else:
            assert b'href="javascript' not in answer.content.lower()


@pytest.mark.parametrize("to", ELSEWHERE)
def test_after_the_code(to: str, client: Client, sms: SmsInbox) -> None:
    phone = UserFactory().phone
    client.post("/sign-in/", {"phone": phone})
    answer = client.post("/sign-in/code/", {"code": sms.code(phone), "next": to})
    assert answer.status_code == 302
    assert_stays(answer["Location"])


@pytest.mark.parametrize("to", ELSEWHERE)
def test_after_the_second_factor(to: str, client: Client) -> None:
    """The page that asked is the one named by the browser's ``Referer``: only ours counts."""
    staff = FairStaffFactory()
    signed_in(client, staff.person)
    answer = client.post("/desk/vacancies/open/", {"back": to}, headers={"Referer": to.strip()})
    assert_stays(answer["Location"])


def test_the_way_of_a_code_comes_back_to_where_it_began(client: Client, sms: SmsInbox) -> None:
    phone = UserFactory().phone
    sign_in_by_sms(client, sms, phone)
    assert client.get("/sign-in/?next=/me/profile/")["Location"] == "/me/profile/"
