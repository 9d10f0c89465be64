"""Sign-in from inside a page: the endpoints behind the sheet."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from rest_framework.request import Request
from rest_framework.test import APIRequestFactory

from accounts.api import actor_from
from accounts.models import DeviceMerge, User
from tests.factories import UserFactory
from tests.support.accounts import set_up_totp, signed_in
from tests.support.live import SmsInbox

PHONE = "+8613812345678"
pytestmark = pytest.mark.django_db


def post(client: Client, path: str, **body: Any) -> Any:
    return client.post(f"/api/v1/auth/{path}/", body, content_type="application/json")


def test_signs_in(client: Client, sms: SmsInbox) -> None:
    sent = post(client, "code", phone="138 1234 5678")
    assert sent.status_code == 200
    assert sent.json() == {"phone": "138 1234 5678", "expires_in": 300, "resend_in": 60}
    answer = post(
        client, "verify", phone="13812345678", code=sms.code(PHONE), display_name=" 李 师傅 "
    )
    user = User.objects.get()
    assert answer.status_code == 200
    assert answer.json()["user"] == {
        "public_id": str(user.public_id),
        "display_name": "李 师傅",
        "masked_phone": "138****5678",
        "has_second_factor": False,
    }
    assert DeviceMerge.objects.get().user == user


def test_new_csrf_token_is_given(sms: SmsInbox) -> None:
    client = Client(enforce_csrf_checks=True)
    client.get("/sign-in/")
    token = client.cookies["csrftoken"].value
    headers = {"X-CSRFToken": token}

    def send(path: str, body: dict[str, str]) -> Any:
        return client.post(
            f"/api/v1/auth/{path}/", body, content_type="application/json", headers=headers
        )

    assert send("code", {"phone": PHONE}).status_code == 200
    answer = send("verify", {"phone": PHONE, "code": sms.code(PHONE)})
    assert client.cookies["csrftoken"].value != token
    client.post("/sign-out/", headers={"X-CSRFToken": answer.json()["csrf_token"]})
    assert "_auth_user_id" not in client.session


def test_visitors_need_the_csrf_token() -> None:
    answer = post(Client(enforce_csrf_checks=True), "code", phone=PHONE)
    assert answer.status_code == 403
    assert answer["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "invalid"),
        ({"phone": 13812345678}, "invalid"),
        ({"phone": PHONE, "extra": 1}, "invalid"),
        ({"phone": "123"}, "phone_invalid"),
    ],
)
def test_bad_input_is_a_problem(client: Client, body: dict[str, Any], code: str) -> None:
    answer = post(client, "code", **body)
    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert answer.json()["fields"]


def test_too_soon_says_when(client: Client, sms: SmsInbox) -> None:
    post(client, "code", phone=PHONE)
    answer = post(client, "code", phone=PHONE)
    assert (answer.status_code, answer.json()["code"]) == (429, "rate_limited")
    assert 0 < int(answer["Retry-After"]) <= 61


def test_wrong_code_says_tries_left(client: Client, sms: SmsInbox) -> None:
    post(client, "code", phone=PHONE)
    bad = f"{(int(sms.code(PHONE)) + 1) % 1_000_000:06d}"
    answer = post(client, "verify", phone=PHONE, code=bad)
    assert (answer.status_code, answer.json()["code"]) == (400, "wrong_code")
    assert answer.json()["fields"]["code"] == ["验证码不正确，还可以试 2 次。"]
    assert "_auth_user_id" not in client.session


def test_code_of_another_number(client: Client, sms: SmsInbox) -> None:
    UserFactory(phone="+8613900001111")
    post(client, "code", phone=PHONE)
    answer = post(client, "verify", phone="13900001111", code=sms.code(PHONE))
    assert answer.json()["code"] == "code_expired"


def test_name_with_a_number_is_refused_before_anything(client: Client, sms: SmsInbox) -> None:
    post(client, "code", phone=PHONE)
    answer = post(
        client, "verify", phone=PHONE, code=sms.code(PHONE), display_name="加我 138-1234-5678"
    )
    assert (answer.status_code, answer.json()["code"]) == (400, "name_invalid")
    assert "_auth_user_id" not in client.session


def test_signed_in_already(client: Client) -> None:
    signed_in(client, UserFactory())
    answer = post(client, "code", phone=PHONE)
    assert (answer.status_code, answer.json()["code"]) == (409, "already_signed_in")


def test_authenticator_is_asked_for(client: Client, sms: SmsInbox) -> None:
    set_up_totp(UserFactory(phone=PHONE))
    post(client, "code", phone=PHONE)
    answer = post(client, "verify", phone=PHONE, code=sms.code(PHONE))
    assert (answer.status_code, answer.json()["code"]) == (403, "second_factor_pending")
    assert "_auth_user_id" not in client.session
    assert client.get("/account/2fa/authenticate/").status_code == 200


def test_actor_behind_a_token_has_no_device() -> None:
    user = UserFactory()
    request = Request(APIRequestFactory().get("/"))
    request.user, request.auth = user, object()
    assert actor_from(request).user == user
    assert actor_from(request).device_key == ""
