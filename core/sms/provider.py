"""What both providers have in common: who is configured how, one HTTP request, what came of it.

Neither a phone number nor a value of a message is ever logged; a provider's own words are not
either, because they may repeat them. Its error code and the id of the request are.
"""

from __future__ import annotations

import enum
import json
import logging
import re
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any, ClassVar, Final
from urllib.parse import urlsplit

from django.conf import settings
from django.db import connection

from core.sms.errors import DAY_S, HOUR_S, MINUTE_S, NumberRefused, SmsUnavailable, throttled
from core.sms.templates import CODE, names, parameters, site_name

log = logging.getLogger("core.sms")

#: What ``SMS_TEMPLATES`` says of a message that this installation does not send.
NOT_SENT: Final = "-"
_MAX_ANSWER: Final = 64 * 1024
_WORD: Final = re.compile(r"[\w.-]{1,80}", re.ASCII)
#: A value never looks like the signature of a message, nor does it break its line.
_LOOKS: Final = str.maketrans({"【": "（", "】": "）"})


class Fate(enum.Enum):
    """What became of a message; the first three fates are the number's own limits."""

    MINUTE = MINUTE_S
    HOUR = HOUR_S
    DAY = DAY_S
    TAKEN = "taken"
    NUMBER = "number refused"
    TROUBLE = "provider in trouble"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Request:
    """One POST. ``target`` is path and query."""

    target: str
    headers: Mapping[str, str]
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the provider says. ``words`` are for people and may hold anything."""

    code: str
    request_id: str
    words: str


class Provider(ABC):
    """Sends reviewed templates; subclasses know how one provider wants it written down."""

    name: ClassVar[str]
    endpoint: ClassVar[str]
    required: ClassVar[tuple[str, ...]] = ("SMS_KEY_ID", "SMS_KEY_SECRET", "SMS_SIGN_NAME")

    @abstractmethod
    def request(self, host: str, phone: str, template_id: str, values: dict[str, str]) -> Request:
        """The signed request to ``host`` that sends the template with ``values``, in order."""

    @abstractmethod
    def answer(self, content: dict[str, Any]) -> Answer:
        """Read the provider's JSON; raise ``KeyError`` or the like if it is something else."""

    @abstractmethod
    def fate(self, answer: Answer) -> Fate:
        """Sort the answer's code."""

    def send(self, phone: str, template: str, params: Mapping[str, object], text: str) -> None:
        """Hand the message over.

        Raises ``SmsUnavailable``, :class:`NumberRefused`, or ``RateLimited`` when this number
        has had as many messages as the provider lets through.
        """
        template_id, wanted = settings.SMS_TEMPLATES.get(template, (NOT_SENT, ()))
        if template_id == NOT_SENT:
            log.error("SMS_TEMPLATES names no template for %s", template)
            raise SmsUnavailable
        known = {"site": site_name(), **params}
        if not known.keys() >= set(wanted):
            log.error("SMS_TEMPLATES: %s has no such values: %s", template, ",".join(wanted))
            raise SmsUnavailable
        values = {name: _shown(known[name]) for name in wanted}
        address = urlsplit(settings.SMS_ENDPOINT or self.endpoint)
        request = self.request(address.netloc, phone, template_id, values)
        status, content = _post(address.scheme, address.netloc, request)
        self._settle(template, status, content)

    def _settle(self, template: str, status: int, content: bytes) -> None:
        try:
            answer = self.answer(json.loads(content))
        except (ValueError, LookupError, TypeError, AttributeError):
            log.warning("%s answered %d with something unknown", self.name, status)
            raise SmsUnavailable from None
        fate = self.fate(answer)
        if fate is Fate.TAKEN:
            return
        log.log(
            logging.ERROR if fate is Fate.REFUSED else logging.WARNING,
            "%s did not take a message (template %s, answer %s, request %s)",
            self.name, template, _word(answer.code), _word(answer.request_id),
        )  # fmt: skip
        if fate is Fate.NUMBER:
            raise NumberRefused
        if fate in {Fate.MINUTE, Fate.HOUR, Fate.DAY}:
            raise throttled(fate.value)
        raise SmsUnavailable


def missing(provider: type[Provider]) -> list[str]:
    """The settings without which no code can leave; empty when sign-in works."""
    empty = [name for name in provider.required if not getattr(settings, name)]
    if "code" not in settings.SMS_TEMPLATES.get(CODE, ("", ()))[1]:
        empty.append("SMS_TEMPLATES with code=<template>:code")
    return empty


def mistakes() -> list[str]:
    """What ``SMS_TEMPLATES`` names and we do not have."""
    found = []
    for name, (_id, values) in settings.SMS_TEMPLATES.items():
        if name not in names():
            found.append(f"there is no message named {name}")
        elif unknown := sorted(set(values) - parameters(name)):
            found.append(f"{name} has no {', '.join(unknown)}")
    return found


def _shown(value: object) -> str:
    """The value as a template takes it: one line, no longer than the reviewers allow."""
    return " ".join(str(value).translate(_LOOKS).split())[: settings.SMS_VALUE_CHARS]


def _word(text: str) -> str:
    """A code or an id that may be logged; anything else could be anything."""
    return text if _WORD.fullmatch(text) else "?"


def _post(scheme: str, host: str, request: Request) -> tuple[int, bytes]:
    """Send one request; raise ``SmsUnavailable`` if nothing readable comes back in time."""
    if not connection.in_atomic_block:
        connection.close()  # whoever waits for a provider needs no database meanwhile
    kind = HTTPSConnection if scheme == "https" else HTTPConnection
    line = kind(host, timeout=settings.SMS_TIMEOUT_S)
    try:
        line.request("POST", request.target, request.body, dict(request.headers))
        response = line.getresponse()
        return response.status, response.read(_MAX_ANSWER)
    except (OSError, HTTPException) as error:
        log.warning("the SMS provider at %s cannot be reached: %s", host, type(error).__name__)
        raise SmsUnavailable from None
    finally:
        line.close()
