"""Tencent Cloud 短信: SendSms of 2021-01-11, signed by TC3-HMAC-SHA256.

https://www.tencentcloud.com/zh/document/api/1021/34193 (signature)
https://cloud.tencent.com/document/api/382/55981 (SendSms)
"""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from datetime import UTC, datetime
from typing import Any, ClassVar, Final

from django.conf import settings

from core.sms.provider import Answer, Fate, Provider, Request

_ALGORITHM: Final = "TC3-HMAC-SHA256"
_JSON: Final = "application/json; charset=utf-8"
_FATES: Final = {
    "Ok": Fate.TAKEN,
    "LimitExceeded.PhoneNumberThirtySecondLimit": Fate.MINUTE,
    "LimitExceeded.DeliveryFrequencyLimit": Fate.MINUTE,
    "LimitExceeded.PhoneNumberOneHourLimit": Fate.HOUR,
    "LimitExceeded.PhoneNumberDailyLimit": Fate.DAY,
    "LimitExceeded.PhoneNumberSameContentDailyLimit": Fate.DAY,
    "InvalidParameterValue.IncorrectPhoneNumber": Fate.NUMBER,
    "FailedOperation.PhoneNumberInBlacklist": Fate.NUMBER,
    "FailedOperation.PhoneNumberOnBlacklist": Fate.NUMBER,
    "InternalError": Fate.TROUBLE,
    "InternalError.OtherError": Fate.TROUBLE,
    "InternalError.SendAndRecvFail": Fate.TROUBLE,
    "InternalError.Timeout": Fate.TROUBLE,
    "InternalError.UnknownError": Fate.TROUBLE,
}


class TencentBackend(Provider):
    """Sends by Tencent Cloud. Template values are numbered: ``{1}``."""

    name = "tencent"
    endpoint: ClassVar[str] = "https://sms.tencentcloudapi.com"
    required: ClassVar[tuple[str, ...]] = (*Provider.required, "SMS_APP_ID")

    def request(self, host: str, phone: str, template_id: str, values: dict[str, str]) -> Request:
        content = {
            "PhoneNumberSet": [phone],
            "SmsSdkAppId": settings.SMS_APP_ID,
            "SignName": settings.SMS_SIGN_NAME,
            "TemplateId": template_id,
            "TemplateParamSet": list(values.values()),
        }
        body = json.dumps(content).encode()
        at = int(time.time())
        headers = {
            "Authorization": authorization(
                "sms", host, body, at, settings.SMS_KEY_ID, settings.SMS_KEY_SECRET
            ),
            "Content-Type": _JSON,
            "Host": host,
            "X-TC-Action": "SendSms",
            "X-TC-Region": settings.SMS_REGION,
            "X-TC-Timestamp": str(at),
            "X-TC-Version": "2021-01-11",
        }
        return Request("/", headers, body)

    def answer(self, content: dict[str, Any]) -> Answer:
        response = content["Response"]
        told = response.get("Error") or response["SendStatusSet"][0]
        words = told.get("Message", "")
        return Answer(str(told["Code"]), str(response.get("RequestId", "")), str(words))

    def fate(self, answer: Answer) -> Fate:
        if answer.code.startswith("RequestLimitExceeded"):
            return Fate.MINUTE
        return _FATES.get(answer.code, Fate.REFUSED)


def authorization(service: str, host: str, body: bytes, at: int, key_id: str, secret: str) -> str:
    """The Authorization header of a POST of JSON to ``/``; ``at`` is X-TC-Timestamp."""
    names = "content-type;host"
    payload = hashlib.sha256(body).hexdigest()
    request = f"POST\n/\n\ncontent-type:{_JSON}\nhost:{host}\n\n{names}\n{payload}"
    date = datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d")
    scope = f"{date}/{service}/tc3_request"
    text = f"{_ALGORITHM}\n{at}\n{scope}\n{hashlib.sha256(request.encode()).hexdigest()}"
    key = f"TC3{secret}".encode()
    for part in (date, service, "tc3_request", text):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return f"{_ALGORITHM} Credential={key_id}/{scope}, SignedHeaders={names}, Signature={key.hex()}"
