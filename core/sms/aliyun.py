"""Alibaba Cloud 短信服务: SendSms of 2017-05-25, signed by ACS3-HMAC-SHA256 ("V3").

https://help.aliyun.com/zh/sdk/product-overview/v3-request-structure-and-signature
https://help.aliyun.com/zh/sms/developer-reference/api-dysmsapi-2017-05-25-sendsms
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, ClassVar, Final
from urllib.parse import quote, urlencode

from django.conf import settings

from core.sms.provider import Answer, Fate, Provider, Request

_ALGORITHM: Final = "ACS3-HMAC-SHA256"
_EMPTY: Final = hashlib.sha256(b"").hexdigest()
#: The limit of one number is told in words only: 分钟级, 小时级 or 天级流控.
_LIMIT: Final = "isv.BUSINESS_LIMIT_CONTROL"
_SPANS: Final = {"天级": Fate.DAY, "小时级": Fate.HOUR}
_FATES: Final = {
    "OK": Fate.TAKEN,
    _LIMIT: Fate.MINUTE,
    "Throttling": Fate.MINUTE,
    "isv.MOBILE_NUMBER_ILLEGAL": Fate.NUMBER,
    "isp.SYSTEM_ERROR": Fate.TROUBLE,
    "InternalError": Fate.TROUBLE,
    "ServiceUnavailable": Fate.TROUBLE,
    "SignatureNonceUsed": Fate.TROUBLE,
}


class AliyunBackend(Provider):
    """Sends by Alibaba Cloud. Template values are named: ``${code}``."""

    name = "aliyun"
    endpoint: ClassVar[str] = "https://dysmsapi.aliyuncs.com"

    def request(self, host: str, phone: str, template_id: str, values: dict[str, str]) -> Request:
        query = canonical_query(
            {
                "PhoneNumbers": phone.removeprefix("+86").removeprefix("+"),
                "SignName": settings.SMS_SIGN_NAME,
                "TemplateCode": template_id,
                "TemplateParam": json.dumps(values, ensure_ascii=False),
            }
        )
        headers = {
            "host": host,
            "x-acs-action": "SendSms",
            "x-acs-content-sha256": _EMPTY,
            "x-acs-date": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "x-acs-signature-nonce": secrets.token_hex(16),
            "x-acs-version": "2017-05-25",
        }
        signed = authorization(query, headers, settings.SMS_KEY_ID, settings.SMS_KEY_SECRET)
        headers |= {"authorization": signed, "accept": "application/json"}
        return Request(f"/?{query}", headers)

    def answer(self, content: dict[str, Any]) -> Answer:
        words = content.get("Message", "")
        return Answer(str(content["Code"]), str(content.get("RequestId", "")), str(words))

    def fate(self, answer: Answer) -> Fate:
        if answer.code == _LIMIT:
            spans = (fate for word, fate in _SPANS.items() if word in answer.words)
            return next(spans, Fate.MINUTE)
        whole = answer.code.startswith(("isv.", "isp."))
        family = answer.code if whole else answer.code.partition(".")[0]
        return _FATES.get(family, Fate.REFUSED)


def canonical_query(parameters: Mapping[str, str]) -> str:
    """Names sorted, everything but letters, digits and ``-_.~`` percent-encoded."""
    return urlencode(sorted(parameters.items()), quote_via=quote)


def authorization(query: str, headers: Mapping[str, str], key_id: str, secret: str) -> str:
    """The Authorization header of a POST to ``/`` without a body; all ``headers`` are signed."""
    lines = "".join(f"{name}:{headers[name].strip()}\n" for name in sorted(headers))
    names = ";".join(sorted(headers))
    request = f"POST\n/\n{query}\n{lines}\n{names}\n{headers['x-acs-content-sha256']}"
    text = f"{_ALGORITHM}\n{hashlib.sha256(request.encode()).hexdigest()}"
    signature = hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()
    return f"{_ALGORITHM} Credential={key_id},SignedHeaders={names},Signature={signature}"
