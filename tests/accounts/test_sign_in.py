"""Sign-in by phone and code, through the pages, reading the real message."""

from __future__ import annotations

import threading
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.utils import timezone

from accounts.models import AuditEvent, Device, DeviceMerge, User
from accounts.services import block_account
from core.errors import DomainError
from core.sms.errors import NumberRefused, throttled
from tests.factories import UserFactory, actor
from tests.support.accounts import sign_in_by_sms, signed_in
from tests.support.live import SmsInbox

PHONE = "+8613812345678"
pytestmark = pytest.mark.django_db


def ask(client: Client, phone: str = "13812345678", **more: str) -> Any:
    return client.post("/sign-in/", {"phone": phone, **more})


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06d}"


def test_new_number_becomes_a_verified_account(client: Client, sms: SmsInbox) -> None:
    page = client.get("/sign-in/")
    assert page.status_code == 200
    assert ask(client, "138 1234-5678")["Location"] == "/sign-in/code/"
    user = User.objects.get()
    assert (user.phone, user.phone_verified_at, user.has_usable_password()) == (PHONE, None, False)

    page = client.get("/sign-in/code/")
    assert "138 1234 5678" in page.content.decode()
    answer = client.post("/sign-in/code/", {"code": sms.code(PHONE)})

    assert answer["Location"] == "/"
    user.refresh_from_db()
    assert user.phone_verified_at is not None
    assert client.session["_auth_user_id"] == str(user.pk)
    assert AuditEvent.objects.filter(action="account.sign_in", actor=user).count() == 1


def test_known_number_signs_in_to_the_same_account(client: Client, sms: SmsInbox) -> None:
    user = UserFactory(phone=PHONE, display_name="李师傅")
    sign_in_by_sms(client, sms, "13812345678")
    assert client.session["_auth_user_id"] == str(user.pk)
    assert User.objects.count() == 1


@pytest.mark.parametrize(
    "typed",
    [
        "１３８１２３４５６７８",
        "+86 138 1234 5678",
        "0086-138-1234-5678",
        "8613812345678",
        "+8613812345678",
    ],
)
def test_numbers_as_people_write_them(client: Client, sms: SmsInbox, typed: str) -> None:
    assert ask(client, typed).status_code == 302
    assert User.objects.get().phone == PHONE


@pytest.mark.parametrize(
    "typed",
    ["", "12345", "12345678901", "0512-62881234", "+85291234567", "电话", "4001234567", "1" * 99],
)
def test_other_numbers_are_explained(client: Client, sms: SmsInbox, typed: str) -> None:
    page = ask(client, typed)
    assert page.status_code == 200
    assert page.context["form"].errors["phone"]
    assert not User.objects.exists()


def test_code_in_full_width_digits_and_with_blanks(client: Client, sms: SmsInbox) -> None:
    ask(client)
    code = sms.code(PHONE)
    wide = "".join(chr(ord(c) - ord("0") + ord("０")) for c in code)
    assert client.post("/sign-in/code/", {"code": f" {wide[:3]} {wide[3:]}"}).status_code == 302
    assert "_auth_user_id" in client.session


def test_three_tries_per_code(client: Client, sms: SmsInbox) -> None:
    ask(client)
    code = sms.code(PHONE)
    page = client.post("/sign-in/code/", {"code": wrong(code)})
    assert "2" in page.context["form"].errors["code"][0]
    client.post("/sign-in/code/", {"code": wrong(code)})
    assert client.post("/sign-in/code/", {"code": wrong(code)})["Location"] == "/sign-in/"
    client.post("/sign-in/code/", {"code": code})
    assert "_auth_user_id" not in client.session


@pytest.mark.django_db(transaction=True)
@pytest.mark.both_databases
def test_tries_at_once_do_not_multiply(client: Client, sms: SmsInbox) -> None:
    ask(client)
    code = sms.code(PHONE)
    cookie = client.cookies["sessionid"].value
    barrier = threading.Barrier(8)
    said: list[Any] = []

    def guess() -> None:
        mine = Client()
        mine.cookies["sessionid"] = cookie
        barrier.wait()
        said.append(mine.post("/sign-in/code/", {"code": wrong(code)}))
        connection.close()

    threads = [threading.Thread(target=guess) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    client.post("/sign-in/code/", {"code": code})
    assert "_auth_user_id" not in client.session


def test_code_expires(client: Client, sms: SmsInbox) -> None:
    with time_machine.travel(timezone.now(), tick=False) as clock:
        ask(client)
        clock.shift(301)
        answer = client.post("/sign-in/code/", {"code": sms.code(PHONE)})
    assert answer["Location"] == "/sign-in/"
    assert "_auth_user_id" not in client.session


def test_code_works_once(client: Client, sms: SmsInbox) -> None:
    ask(client)
    code = sms.code(PHONE)
    cookie = client.cookies["sessionid"].value
    client.post("/sign-in/code/", {"code": code})
    thief = Client()
    thief.cookies["sessionid"] = cookie
    thief.post("/sign-in/code/", {"code": code})
    assert "_auth_user_id" not in thief.session


def test_code_works_only_where_it_was_asked_for(client: Client, sms: SmsInbox) -> None:
    ask(client)
    other = Client()
    other.post("/sign-in/code/", {"code": sms.code(PHONE)})
    assert "_auth_user_id" not in other.session


@pytest.mark.django_db(transaction=True)
@pytest.mark.both_databases
def test_asking_at_once_makes_one_account(sms: SmsInbox) -> None:
    barrier = threading.Barrier(6)
    answers: list[int] = []

    def run() -> None:
        barrier.wait()
        answers.append(ask(Client()).status_code)
        connection.close()

    threads = [threading.Thread(target=run) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert User.objects.count() == 1
    assert answers.count(302) == 3
    assert answers.count(429) == 3
    assert len(sms.messages(PHONE)) == 3


class TestCaps:
    def test_again_after_a_minute(self, client: Client, sms: SmsInbox) -> None:
        with time_machine.travel(timezone.now(), tick=False) as clock:
            ask(client)
            answer = ask(client)
            assert answer["Location"] == "/sign-in/code/"
            assert len(sms.messages(PHONE)) == 1
            clock.shift(61)
            ask(client)
        assert len(sms.messages(PHONE)) == 2

    def test_ten_a_day_per_phone(self, sms: SmsInbox) -> None:
        with time_machine.travel(timezone.now(), tick=False) as clock:
            for _ in range(12):
                ask(Client())
                clock.shift(75)
            assert len(sms.messages(PHONE)) == 10
            page = ask(Client())
            assert page.status_code == 429
            assert "明天" in page.context["form"].non_field_errors()[0]

    def test_three_a_minute_per_browser(self, client: Client, sms: SmsInbox) -> None:
        statuses = [ask(client, f"1391234567{n}").status_code for n in range(5)]
        assert statuses == [302, 302, 302, 429, 429]

    def test_ten_a_day_per_browser(self, client: Client, sms: SmsInbox) -> None:
        statuses = []
        with time_machine.travel(timezone.now(), tick=False) as clock:
            for n in range(12):
                statuses.append(ask(client, f"139123456{n:02d}").status_code)
                clock.shift(75)
        assert statuses == [302] * 10 + [429] * 2

    def test_budget_of_the_hour(self, sms: SmsInbox, settings: Any) -> None:
        settings.SMS_PER_HOUR = 2
        statuses = [ask(Client(), f"1391234567{n}").status_code for n in range(3)]
        assert statuses == [302, 302, 429]
        assert User.objects.count() == 2

    def test_an_address_alone_never_blocks(self, sms: SmsInbox) -> None:
        statuses = {ask(Client(), f"139123456{n:02d}").status_code for n in range(30)}
        assert statuses == {302}


def test_no_backend_is_said(client: Client, settings: Any) -> None:
    settings.SMS_BACKEND = ""
    page = ask(client)
    assert page.status_code == 503
    assert page.context["form"].non_field_errors()


def test_what_the_provider_refuses_is_said(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: object) -> None:
        raise errors.pop()

    errors: list[DomainError] = [throttled(3600), NumberRefused()]
    monkeypatch.setattr("core.sms.send", refuse)
    page = ask(client)
    assert page.status_code == 400
    assert "换一个号码" in page.content.decode()
    page = ask(Client())
    assert (page.status_code, page["Retry-After"]) == (429, "3600")
    assert "一小时后" in page.content.decode()


class TestNext:
    def test_comes_back(self, client: Client, sms: SmsInbox) -> None:
        page = client.get("/sign-in/?next=/fairs/spring/%3Fc%3Dposter")
        assert 'value="/fairs/spring/?c=poster"' in page.content.decode()
        answer = ask(client, next="/fairs/spring/?c=poster")
        assert answer["Location"] == "/sign-in/code/?next=%2Ffairs%2Fspring%2F%3Fc%3Dposter"
        answer = client.post(
            "/sign-in/code/", {"code": sms.code(PHONE), "next": "/fairs/spring/?c=poster"}
        )
        assert answer["Location"] == "/fairs/spring/?c=poster"

    @pytest.mark.parametrize(
        "evil", ["https://evil.example/", "//evil.example", "javascript:alert(1)"]
    )
    def test_leads_nowhere_else(self, client: Client, sms: SmsInbox, evil: str) -> None:
        ask(client, next=evil)
        answer = client.post("/sign-in/code/", {"code": sms.code(PHONE), "next": evil})
        assert answer["Location"] == "/"

    @pytest.mark.parametrize("strange", ["foo", "account", "admin:index", "//evil.example"])
    def test_a_word_is_no_address(self, client: Client, strange: str) -> None:
        client.force_login(UserFactory())
        assert client.get("/sign-in/", {"next": strange})["Location"] == "/"

    def test_signed_in_goes_on(self, client: Client) -> None:
        signed_in(client, UserFactory())
        assert client.get("/sign-in/?next=/me/")["Location"] == "/me/"


def test_session_is_kept(client: Client, sms: SmsInbox) -> None:
    client.get("/sign-in/?c=poster-7")
    session = client.session
    session["draft"] = {"vacancy": "x"}
    session.save()
    before = session.session_key
    sign_in_by_sms(client, sms, PHONE)
    assert client.session["entry_channel"] == "poster-7"
    assert client.session["draft"] == {"vacancy": "x"}
    assert client.session.session_key != before


def test_device_becomes_the_accounts(client: Client, sms: SmsInbox) -> None:
    client.get("/sign-in/?c=poster-7")
    sign_in_by_sms(client, sms, PHONE)
    merge = DeviceMerge.objects.get()
    assert merge.user.phone == PHONE
    assert merge.device.channel_code == "poster-7"

    client.post("/sign-out/")
    with time_machine.travel(timezone.now().timestamp() + 100):
        sign_in_by_sms(client, sms, PHONE)
    assert DeviceMerge.objects.count() == Device.objects.count() == 1


def test_signing_out_keeps_the_channel(client: Client, sms: SmsInbox) -> None:
    client.get("/sign-in/?c=poster-7")
    sign_in_by_sms(client, sms, PHONE)
    client.post("/sign-out/", {"next": "/sign-in/"})
    assert "_auth_user_id" not in client.session
    assert client.session["entry_channel"] == "poster-7"
    assert client.get("/sign-out/").status_code == 405


def test_blocked_account_is_told_after_the_code(client: Client, sms: SmsInbox) -> None:
    user = UserFactory(phone=PHONE)
    block_account(actor=actor(UserFactory(admin=True)), user=user, reason="广告")
    ask(client)
    answer = client.post("/sign-in/code/", {"code": sms.code(PHONE)}, follow=True)
    assert "_auth_user_id" not in client.session
    assert "封禁" in answer.content.decode() or "停用" in answer.content.decode()


def test_forms_are_csrf_protected() -> None:
    client = Client(enforce_csrf_checks=True)
    assert client.post("/sign-in/", {"phone": PHONE}).status_code == 403


def test_signed_in_people_get_no_code(client: Client, sms: SmsInbox) -> None:
    signed_in(client, UserFactory())
    ask(client)
    assert not sms.messages(PHONE)
