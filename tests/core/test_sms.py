"""Text messages: what is written down, what is not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from core import sms as messages
from core.phones import mask, normalise_mobile, spoken
from tests.support.live import SmsInbox

PHONE = "+8613812345678"


def test_codes_are_json_lines(sms: SmsInbox, capsys: pytest.CaptureFixture[str]) -> None:
    messages.send(PHONE, messages.CODE, {"code": "012345", "minutes": 5})
    messages.send(PHONE, messages.INVITATION, {"by": "王", "url": "/sign-in/"})
    lines = Path(sms.path).read_text().splitlines()
    [row] = [json.loads(line) for line in lines]
    assert (row["phone"], row["code"], sorted(row)) == (PHONE, "012345", ["at", "code", "phone"])
    out = capsys.readouterr().out
    assert "012345" in out
    assert "王邀请您" in out
    assert PHONE not in out


def test_no_backend(settings: Any) -> None:
    settings.SMS_BACKEND = ""
    with pytest.raises(messages.SmsUnavailable) as refusal:
        messages.send(PHONE, messages.CODE, {"code": "012345", "minutes": 5})
    assert (refusal.value.code, refusal.value.status) == ("sms_unavailable", 503)


def test_console_refuses_real_use(settings: Any, sms: SmsInbox) -> None:
    settings.DEMO = settings.TESTING = False
    with pytest.raises(RuntimeError):
        messages.send(PHONE, messages.CODE, {"code": "012345", "minutes": 5})
    assert not sms.path.exists()


def test_wrong_use_is_a_bug() -> None:
    with pytest.raises(KeyError):
        messages.send(PHONE, "nothing", {})
    with pytest.raises(KeyError):
        messages.send(PHONE, messages.CODE, {})


def test_other_countries_when_allowed(settings: Any) -> None:
    settings.PHONE_REGIONS = ["CN", "HK"]
    assert normalise_mobile("00852 9123 4567") == "+85291234567"
    assert spoken("+85291234567") == "+852 9123 4567"
    assert (spoken(PHONE), mask(PHONE)) == ("138 1234 5678", "138****5678")
