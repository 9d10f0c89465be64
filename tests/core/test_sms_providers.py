"""Aliyun and Tencent: signatures as published, requests as documented, what their answers mean."""

from __future__ import annotations

import hashlib
import json
import logging
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from accounts.checks import messages_have_templates, people_can_sign_in
from core import sms as messages
from core.errors import RateLimited
from core.sms import aliyun, tencent

PHONE = "+8613812345678"
CODE = "271828"
SECRET = "a-secret-nobody-logs"


class Stand(ThreadingHTTPServer):
    """A provider on loopback: says ``reply``, keeps what it was asked."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Counter)
        self.reply: tuple[int, bytes] = (200, b"")
        self.silent = threading.Event()
        self.asked: list[tuple[str, dict[str, str], bytes]] = []

    def say(self, content: object, status: int = 200) -> None:
        self.reply = (status, json.dumps(content).encode())


class Counter(BaseHTTPRequestHandler):
    server: Stand

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.server.asked.append((self.path, headers, body))
        if self.server.silent.is_set():
            return  # the line closes without a word
        status, content = self.server.reply
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_request(self, *args: object) -> None:
        """Print nothing."""


@pytest.fixture(scope="module")
def stand() -> Iterator[Stand]:
    server = Stand()
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture(autouse=True)
def configured(stand: Stand, settings: Any, caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    stand.asked.clear()
    stand.silent.clear()
    settings.SMS_ENDPOINT = f"http://127.0.0.1:{stand.server_address[1]}"
    settings.SMS_KEY_ID, settings.SMS_KEY_SECRET = "key-id", SECRET
    settings.SMS_SIGN_NAME, settings.SMS_APP_ID = "云聘会", "1400006666"
    settings.SMS_TEMPLATES = {
        "code": ("SMS_1", ("code",)),
        "matched": ("SMS_2", ("vacancy", "employer")),
        "declined": ("-", ()),
    }
    caplog.set_level(logging.DEBUG)
    yield
    written = "\n".join(map(logging.Formatter().format, caplog.get_records("call")))
    for secret in (PHONE, PHONE[3:], CODE, SECRET):
        assert secret not in written


def send_code() -> None:
    messages.send(PHONE, messages.CODE, {"code": CODE, "minutes": 5})


def tencent_says(code: str) -> dict[str, object]:
    status = {"Code": code, "Message": f"about {PHONE}", "PhoneNumber": PHONE, "Fee": 1}
    return {"Response": {"SendStatusSet": [status], "RequestId": "a0aabda6-cf91"}}


def aliyun_says(code: str, words: str = "") -> dict[str, str]:
    return {"Code": code, "Message": words or f"about {PHONE}", "RequestId": "F655A8D5"}


# --- signatures, against the examples in the providers' documentation ----------------------------


def test_aliyun_signs_as_documented() -> None:
    query = aliyun.canonical_query(
        {
            "RegionId": "cn-shanghai",
            "ImageId": "win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd",
        }
    )
    headers = {
        "host": "ecs.cn-shanghai.aliyuncs.com",
        "x-acs-action": "RunInstances",
        "x-acs-content-sha256": hashlib.sha256(b"").hexdigest(),
        "x-acs-date": "2023-10-26T10:22:32Z",
        "x-acs-signature-nonce": "3156853299f313e23d1673dc12e1703d",
        "x-acs-version": "2014-05-26",
    }
    assert aliyun.authorization(query, headers, "YourAccessKeyId", "YourAccessKeySecret") == (
        "ACS3-HMAC-SHA256 Credential=YourAccessKeyId,"
        "SignedHeaders=host;x-acs-action;x-acs-content-sha256;x-acs-date;"
        "x-acs-signature-nonce;x-acs-version,"
        "Signature=06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0"
    )
    odd = aliyun.canonical_query({"b": "a b+*/~云", "A": "{}"})
    assert odd == "A=%7B%7D&b=a%20b%2B%2A%2F~%E4%BA%91"


def test_tencent_signs_as_documented() -> None:
    body = (
        rb'{"Limit": 1, "Filters": [{"Values": ["\u672a\u547d\u540d"], "Name": "instance-name"}]}'
    )
    assert tencent.authorization(
        "cvm", "cvm.tencentcloudapi.com", body, 1551113065,
        "AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE", "Gu5t9xGARNpq86cd98joQYCN3EXAMPLE",
    ) == (
        "TC3-HMAC-SHA256 Credential=AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE/2019-02-25/cvm/"
        "tc3_request, SignedHeaders=content-type;host, "
        "Signature=72e494ea809ad7a8c8f7a4507b9bddcbaa8e581f516e8da2f66e2c5a96525168"
    )  # fmt: skip


# --- requests ------------------------------------------------------------------------------------


def test_aliyun_request(stand: Stand, settings: Any) -> None:
    settings.SMS_BACKEND = "aliyun"
    stand.say(aliyun_says("OK"))
    long = "【某银行】\n宁德时代新能源科技股份有限公司福建分公司"
    messages.send(PHONE, messages.MATCHED, {"employer": long, "vacancy": "电工", "url": "/me/"})
    [(target, headers, body)] = stand.asked
    query = {name: values[0] for name, values in parse_qs(urlsplit(target).query).items()}
    assert query.keys() == {"PhoneNumbers", "SignName", "TemplateCode", "TemplateParam"}
    assert query["PhoneNumbers"] == "13812345678"
    assert (query["SignName"], query["TemplateCode"]) == ("云聘会", "SMS_2")
    values = {"vacancy": "电工", "employer": "（某银行） 宁德时代新能源科技股份有限公"}
    assert json.loads(query["TemplateParam"]) == values
    assert len(values["employer"]) == settings.SMS_VALUE_CHARS
    assert (headers["x-acs-action"], headers["x-acs-version"]) == ("SendSms", "2017-05-25")
    assert body == b""
    signed = {name: headers[name] for name in headers if name.startswith(("host", "x-acs-"))}
    assert headers["authorization"] == aliyun.authorization(
        urlsplit(target).query, signed, "key-id", SECRET
    )


def test_tencent_request(stand: Stand, settings: Any) -> None:
    settings.SMS_BACKEND = "tencent"
    stand.say(tencent_says("Ok"))
    send_code()
    [(target, headers, body)] = stand.asked
    assert json.loads(body) == {
        "PhoneNumberSet": [PHONE],
        "SmsSdkAppId": "1400006666",
        "SignName": "云聘会",
        "TemplateId": "SMS_1",
        "TemplateParamSet": [CODE],
    }
    assert target == "/"
    assert (headers["x-tc-action"], headers["x-tc-version"]) == ("SendSms", "2021-01-11")
    assert headers["x-tc-region"] == "ap-guangzhou"
    at = int(headers["x-tc-timestamp"])
    host = settings.SMS_ENDPOINT.removeprefix("http://")
    signed = tencent.authorization("sms", host, body, at, "key-id", SECRET)
    assert (headers["host"], headers["authorization"]) == (host, signed)


# --- answers -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("backend", "reply", "wait_s"),
    [
        ("aliyun", aliyun_says("isv.BUSINESS_LIMIT_CONTROL", "触发分钟级流控Permits:1"), 60),
        ("aliyun", aliyun_says("isv.BUSINESS_LIMIT_CONTROL", "触发小时级流控Permits:5"), 3600),
        ("aliyun", aliyun_says("isv.BUSINESS_LIMIT_CONTROL", "触发天级流控Permits:10"), 86400),
        ("aliyun", aliyun_says("Throttling.User"), 60),
        ("tencent", tencent_says("LimitExceeded.PhoneNumberThirtySecondLimit"), 60),
        ("tencent", tencent_says("LimitExceeded.PhoneNumberDailyLimit"), 86400),
        ("tencent", {"Response": {"Error": {"Code": "RequestLimitExceeded"}}}, 60),
    ],
)
def test_throttled(stand: Stand, settings: Any, backend: str, reply: object, wait_s: int) -> None:
    settings.SMS_BACKEND = backend
    stand.say(reply, 400 if backend == "aliyun" else 200)
    with pytest.raises(RateLimited) as refusal:
        send_code()
    assert refusal.value.retry_after == wait_s
    assert ("明天" in str(refusal.value.message)) == (wait_s == 86400)


@pytest.mark.parametrize(
    ("backend", "reply"),
    [
        ("aliyun", aliyun_says("isv.MOBILE_NUMBER_ILLEGAL")),
        ("tencent", tencent_says("InvalidParameterValue.IncorrectPhoneNumber")),
        ("tencent", tencent_says("FailedOperation.PhoneNumberInBlacklist")),
    ],
)
def test_wrong_number(stand: Stand, settings: Any, backend: str, reply: object) -> None:
    settings.SMS_BACKEND = backend
    stand.say(reply)
    with pytest.raises(messages.NumberRefused) as refusal:
        send_code()
    assert (refusal.value.code, list(refusal.value.fields)) == ("phone_invalid", ["phone"])


@pytest.mark.parametrize(
    ("backend", "reply", "level", "code"),
    [
        ("aliyun", aliyun_says("isv.SMS_SIGNATURE_ILLEGAL"), "ERROR", "isv.SMS_SIGNATURE_ILLEGAL"),
        ("aliyun", aliyun_says("SignatureDoesNotMatch"), "ERROR", "SignatureDoesNotMatch"),
        ("aliyun", aliyun_says("isv.AMOUNT_NOT_ENOUGH"), "ERROR", "isv.AMOUNT_NOT_ENOUGH"),
        ("aliyun", aliyun_says("ServiceUnavailable"), "WARNING", "ServiceUnavailable"),
        ("aliyun", aliyun_says(f"no {PHONE}"), "ERROR", "answer ?"),
        (
            "tencent",
            {"Response": {"Error": {"Code": "AuthFailure.SignatureFailure", "Message": SECRET}}},
            "ERROR",
            "AuthFailure.SignatureFailure",
        ),
        ("tencent", tencent_says("InternalError.Timeout"), "WARNING", "InternalError.Timeout"),
        ("tencent", {"Response": {"SendStatusSet": []}}, "WARNING", "something unknown"),
        ("aliyun", ["garbage", PHONE], "WARNING", "something unknown"),
    ],
)
def test_refused(
    stand: Stand,
    settings: Any,
    caplog: pytest.LogCaptureFixture,
    backend: str,
    reply: object,
    level: str,
    code: str,
) -> None:
    """What the operator has to mend is an error in the log; the person is told to come again."""
    settings.SMS_BACKEND = backend
    stand.say(reply)
    with pytest.raises(messages.SmsUnavailable):
        send_code()
    [line] = [record for record in caplog.records if record.name == "core.sms"]
    assert line.levelname == level
    assert code in line.getMessage()


@pytest.mark.parametrize("backend", ["aliyun", "tencent"])
def test_nothing_readable_comes_back(stand: Stand, settings: Any, backend: str) -> None:
    settings.SMS_BACKEND = backend
    for content in (b"", b"<html>502 Bad Gateway</html>", b"\xff" * 200_000):
        stand.reply = (502, content)
        with pytest.raises(messages.SmsUnavailable):
            send_code()
    stand.silent.set()
    with pytest.raises(messages.SmsUnavailable):
        send_code()


def test_waiting_ends(settings: Any) -> None:
    settings.SMS_BACKEND, settings.SMS_TIMEOUT_S = "tencent", 0.05
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        settings.SMS_ENDPOINT = f"http://127.0.0.1:{deaf.getsockname()[1]}"
        with pytest.raises(messages.SmsUnavailable):
            send_code()
    with pytest.raises(messages.SmsUnavailable):  # nobody there any more
        send_code()


# --- configuration -------------------------------------------------------------------------------


def test_the_checks_say_what_is_missing(settings: Any) -> None:
    settings.DEMO, settings.SMS_BACKEND = False, "tencent"
    assert people_can_sign_in(None) == []
    [caution] = messages_have_templates(None)
    assert caution.id == "accounts.W002"
    assert "invitation, interview, answered:" in caution.msg
    settings.SMS_KEY_SECRET = settings.SMS_APP_ID = ""
    settings.SMS_TEMPLATES = {"code": ("1", ()), "codes": ("2", ()), "matched": ("3", ("pay",))}
    [error] = people_can_sign_in(None)
    assert error.id == "accounts.E003"
    for word in ("SMS_KEY_SECRET", "SMS_APP_ID", "code=<template>:code"):
        assert word in error.msg
    mistakes = [issue.msg for issue in messages_have_templates(None) if issue.id[-4:] == "E004"]
    assert mistakes == [
        "SMS_TEMPLATES: there is no message named codes.",
        "SMS_TEMPLATES: matched has no pay.",
    ]
    with pytest.raises(messages.SmsUnavailable):
        send_code()


@pytest.mark.parametrize("template", [messages.DECLINED, messages.ANSWERED])
def test_messages_without_a_template_stay_here(stand: Stand, settings: Any, template: str) -> None:
    settings.SMS_BACKEND = "aliyun"
    assert not messages.has_template(template)
    params = dict.fromkeys(("employer", "vacancy", "url", "who", "question"), "x")
    with pytest.raises(messages.SmsUnavailable):
        messages.send(PHONE, template, params)
    assert stand.asked == []
