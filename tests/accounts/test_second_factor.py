"""The second factor: at sign-in, before personal data, before the administration pages."""

from __future__ import annotations

import re
from typing import Any

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from django.test import Client
from django.utils import timezone

from accounts import mfa
from accounts.models import AuditEvent, User
from tests.factories import UserFactory
from tests.support.accounts import (
    SECRET,
    has_totp,
    set_up_totp,
    sign_in_by_sms,
    signed_in,
    totp_code,
)
from tests.support.live import SmsInbox

PHONE = "+8613812345678"
pytestmark = pytest.mark.django_db


@pytest.fixture
def staff() -> User:
    user = UserFactory(phone=PHONE)
    set_up_totp(user)
    return user


def test_sms_alone_does_not_sign_in(client: Client, sms: SmsInbox, staff: User) -> None:
    client.post("/sign-in/", {"phone": PHONE, "next": "/desk/"})
    answer = client.post("/sign-in/code/", {"code": sms.code(PHONE), "next": "/desk/"})
    assert answer["Location"] == "/account/2fa/authenticate/"
    assert "_auth_user_id" not in client.session

    page = client.post("/account/2fa/authenticate/", {"code": "000000"})
    assert page.context["form"].errors
    answer = client.post("/account/2fa/authenticate/", {"code": totp_code()})
    assert answer["Location"] == "/desk/"
    assert client.session["_auth_user_id"] == str(staff.pk)
    assert AuditEvent.objects.filter(action="account.sign_in").count() == 1


def test_authenticator_codes_are_not_guessed(client: Client, sms: SmsInbox, staff: User) -> None:
    sign_in_by_sms(client, sms, PHONE)
    for _ in range(5):
        client.post("/account/2fa/authenticate/", {"code": "000000"})
    client.post("/account/2fa/authenticate/", {"code": totp_code()})
    assert "_auth_user_id" not in client.session


def test_set_up_from_a_page_that_needs_it(client: Client) -> None:
    user = UserFactory()
    signed_in(client, user)
    answer = client.get("/account/2fa/required/?next=/desk/export/", follow=True)
    assert answer.redirect_chain == [("/account/2fa/totp/activate/", 302)]
    page = answer.content.decode()
    assert "data:image/svg+xml" in page
    secret = re.search(r"<code[^>]*>(\w+)</code>", page)
    assert secret is not None
    answer = client.post("/account/2fa/totp/activate/", {"code": totp_code(secret[1])}, follow=True)
    assert has_totp(user)


@pytest.mark.django_db(transaction=True)
def test_setting_up_counts_as_showing(client: Client) -> None:
    user = UserFactory()
    signed_in(client, user)
    page = client.get("/account/2fa/required/?next=/desk/", follow=True).content.decode()
    secret = re.search(r"<code[^>]*>(\w+)</code>", page)
    assert secret is not None
    answer = client.post("/account/2fa/totp/activate/", {"code": totp_code(secret[1])}, follow=True)
    assert answer.redirect_chain == [("/account/2fa/recovery-codes/", 302)]
    assert 'href="/desk/"' in answer.content.decode()
    assert client.get("/account/2fa/required/?next=/desk/")["Location"] == "/desk/"
    assert AuditEvent.objects.filter(action="second_factor.add").count() >= 1


def test_secret_is_not_readable_in_the_database(staff: User) -> None:
    stored = Authenticator.objects.get(user=staff).data["secret"]
    assert SECRET not in stored


class TestRequire:
    def ask(self, rf: Any, client: Client, user: Any) -> User:
        request = rf.get("/")
        request.user = user
        request.session = client.session
        return mfa.require_second_factor(request)

    def test_recent(self, rf: Any, client: Client, staff: User) -> None:
        signed_in(client, staff, second_factor=True)
        assert self.ask(rf, client, staff) == staff

    def test_never_shown(self, rf: Any, client: Client, staff: User) -> None:
        signed_in(client, staff)
        with pytest.raises(mfa.SecondFactorRequired) as refusal:
            self.ask(rf, client, staff)
        assert (refusal.value.code, refusal.value.status) == ("second_factor_required", 403)

    def test_half_a_day_ago(self, rf: Any, client: Client, staff: User) -> None:
        signed_in(client, staff, second_factor=True)
        with (
            time_machine.travel(timezone.now().timestamp() + 12 * 3600 + 1),
            pytest.raises(mfa.SecondFactorRequired),
        ):
            self.ask(rf, client, staff)

    def test_another_account_s_does_not_count(self, rf: Any, client: Client, staff: User) -> None:
        signed_in(client, staff, second_factor=True)
        with pytest.raises(mfa.SecondFactorRequired):
            self.ask(rf, client, UserFactory())


def test_confirming_again_comes_back(client: Client, staff: User) -> None:
    signed_in(client, staff)
    url = client.get("/account/2fa/required/?next=/desk/")["Location"]
    assert url == "/account/2fa/reauthenticate/?next=%2Fdesk%2F"
    assert client.get(url).status_code == 200
    answer = client.post(url, {"code": totp_code(), "next": "/desk/"})
    assert answer["Location"] == "/desk/"
    assert client.get("/account/2fa/required/?next=/desk/")["Location"] == "/desk/"


def test_pages_about_it(client: Client, staff: User) -> None:
    signed_in(client, staff)
    assert client.get("/account/2fa/").status_code == 200
    answer = client.get("/account/2fa/totp/deactivate/")
    assert answer["Location"].startswith("/account/2fa/reauthenticate/")
    client.post(answer["Location"], {"code": totp_code(), "next": "/account/2fa/"})
    for path in ("totp/deactivate/", "recovery-codes/generate/"):
        assert client.get(f"/account/2fa/{path}").status_code == 200
    client.post("/account/2fa/recovery-codes/generate/")
    codes = client.get("/account/2fa/recovery-codes/")
    assert len(codes.context["unused_codes"]) == 10
    assert client.get("/account/2fa/recovery-codes/download/").status_code == 200
    client.post("/account/2fa/totp/deactivate/")
    assert not has_totp(staff)


def test_recovery_code_signs_in(client: Client, sms: SmsInbox, staff: User) -> None:
    from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes

    codes = RecoveryCodes.activate(staff).get_unused_codes()
    sign_in_by_sms(client, sms, PHONE)
    client.post("/account/2fa/authenticate/", {"code": codes[0]})
    assert client.session["_auth_user_id"] == str(staff.pk)


class TestAdministration:
    def test_visitors_sign_in_first(self, client: Client) -> None:
        answer = client.get("/admin/", follow=True)
        assert answer.redirect_chain[-1][0].startswith("/sign-in/?next=")

    def test_others_are_refused(self, client: Client) -> None:
        signed_in(client, UserFactory(), second_factor=True)
        assert client.get("/admin/", follow=True).status_code == 403

    def test_superuser_shows_the_second_factor(self, client: Client) -> None:
        admin = UserFactory(admin=True)
        set_up_totp(admin)
        signed_in(client, admin)
        answer = client.get("/admin/", follow=True)
        assert "/account/2fa/reauthenticate/" in answer.redirect_chain[-1][0]
        client.post(answer.redirect_chain[-1][0], {"code": totp_code(), "next": "/admin/"})
        assert client.get("/admin/").status_code == 200

    def test_no_password_form(self, client: Client) -> None:
        UserFactory(admin=True, phone=PHONE)
        answer = client.post("/admin/login/", {"username": PHONE, "password": "x"})
        assert answer.status_code == 302


def test_empty_answer_to_the_second_step(client: Client, sms: SmsInbox, staff: User) -> None:
    sign_in_by_sms(client, sms, PHONE)
    assert client.post("/account/2fa/authenticate/", {}).status_code == 200
    assert "_auth_user_id" not in client.session
