"""A wish between the first tap and its record: kept in the browser's session while a code travels.

Reading is lenient: what a page reports about where the tap came from is dropped where it makes no
sense; only the vacancy is needed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpRequest

from accounts.models import User
from core.errors import NotFound
from core.ids import new_id, read_id
from core.moments import read_moment
from core.numbers import MOST_EXACT, whole_number
from employers.models import Vacancy
from intents import consent
from intents.enums import MomentSource
from intents.selectors import applicable, moment_of
from livestream.models import Session

KEY = "intent_draft"


@dataclass(frozen=True, slots=True)
class Draft:
    """What ``express_intent`` takes, from a form, an address or the session."""

    vacancy: Vacancy
    client_id: UUID
    consent_version: str
    session: Session | None
    pin_seq: int | None
    seen_raw: datetime | None
    seen_estimated: bool
    call_me: bool

    @property
    def fields(self) -> dict[str, str]:
        """The draft as the values of hidden fields; what is not known is left out."""
        values = {
            "vacancy": str(self.vacancy.public_id),
            "client_id": str(self.client_id),
            "consent_version": self.consent_version,
            "session": str(self.session.public_id) if self.session else "",
            "pin_seq": str(self.pin_seq or ""),
            "seen_at": self.seen_raw.isoformat() if self.seen_raw else "",
            "seen_estimated": "1" if self.seen_estimated else "",
            "call_me": "1" if self.call_me else "",
        }
        return {name: value for name, value in values.items() if value}

    @property
    def hidden(self) -> dict[str, str]:
        """The hidden fields of a form that asks about a call itself."""
        return {name: value for name, value in self.fields.items() if name != "call_me"}

    @property
    def query(self) -> str:
        return urlencode(self.fields)

    @property
    def consent_text(self) -> str:
        """The sentence of today's consent, naming this employer and vacancy."""
        return consent.sentence(employer=self.vacancy.employer.name, vacancy=self.vacancy.title)


def read(values: Mapping[str, Any], user: User | None) -> Draft:
    """Return the draft in ``values``; :class:`NotFound` without a vacancy that was ever open.

    At the first tap, a page without a player's clock gets the best estimate of the moment.
    """
    vacancy_id = read_id(str(values.get("vacancy")))
    vacancy = applicable(vacancy_id) if vacancy_id else None
    if vacancy is None:
        raise NotFound
    session = _session(read_id(str(values.get("session"))), user)
    seq = whole_number(str(values.get("pin_seq")), MOST_EXACT) if session else None
    seen, estimated = _moment(session, values)
    return Draft(
        vacancy=vacancy,
        client_id=read_id(str(values.get("client_id"))) or new_id(),
        consent_version=str(values.get("consent_version") or consent.CURRENT),
        session=session,
        pin_seq=seq or None,
        seen_raw=seen,
        seen_estimated=estimated,
        call_me=bool(values.get("call_me")),
    )


def keep(request: HttpRequest, draft: Draft) -> None:
    """Keep the draft until the code arrives."""
    request.session[KEY] = draft.fields


def kept(request: HttpRequest, user: User | None) -> Draft | None:
    """The draft this browser keeps, if its vacancy still exists."""
    values = request.session.get(KEY)
    if not values:
        return None
    try:
        return read(values, user)
    except NotFound:
        return None


def drop(request: HttpRequest) -> None:
    """Forget the draft: it was recorded."""
    request.session.pop(KEY, None)


def _session(public_id: UUID | None, user: User | None) -> Session | None:
    if public_id is None:
        return None
    return Session.objects.visible_to(user).filter(public_id=public_id).first()


def _moment(session: Session | None, values: Mapping[str, Any]) -> tuple[datetime | None, bool]:
    if session is None:
        return None, False
    seen = read_moment(str(values.get("seen_at") or ""))
    if seen is not None:
        return seen, bool(values.get("seen_estimated"))
    guess = moment_of(session, None)
    return guess.at, guess.source == MomentSource.ESTIMATED
