"""What one line of the permission table says, and how it is asked and judged."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from django.http import HttpResponseBase
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from django.urls.resolvers import RegexPattern

from tests.permissions.world import COUNTERPART, Role, Things, World


class Outcome(StrEnum):
    """What somebody gets. ``OK`` is an answer, or a refusal of the content after authorisation."""

    OK = "ok"
    HIDDEN = "404"
    FORBIDDEN = "403"
    SIGN_IN = "sign in"
    SECOND_FACTOR = "second factor"
    NO_METHOD = "405"
    BROKEN = "5xx"


OK, HIDDEN, FORBIDDEN, SIGN_IN = (
    Outcome.OK,
    Outcome.HIDDEN,
    Outcome.FORBIDDEN,
    Outcome.SIGN_IN,
)
PEOPLE = frozenset(Role) - {Role.ANONYMOUS}
EVERYBODY = frozenset(Role)
NOBODY: frozenset[Role] = frozenset()
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")

Content = dict[str, Any]
_NAME = re.compile(r"<(?:\w+:)?(?P<name>\w+)>")
_REGEX_NAME = re.compile(r"\(\?P(<\w+>)[^)]*\)")
#: Attribute of ``Things`` for each name in an address.
NAMES: dict[str, Callable[[Things], Any]] = {
    "slug": lambda t: t.fair.slug,
    "fair": lambda t: t.fair.slug,
    "public_id": lambda t: t.intent.public_id,
    **{
        name: (lambda t, name=name: getattr(t, name).public_id)
        for name in (
            "batch", "booth", "claim", "document", "employer", "guest", "honour", "intent",
            "invitation", "item", "message", "question", "sanction", "session", "vacancy", "word",
        )
    },
    "person": lambda t: t.colleague.public_id,
}  # fmt: skip


@dataclass(frozen=True)
class Row:
    """One method of one address, and who may use it on whose things.

    ``may`` are those who may on their own fair's things (superusers always may, unless
    ``superuser`` says otherwise); ``forbidden`` are told that they may not; everybody else signed
    in gets ``rest`` and visitors get ``anonymous``. On the other fair's things ``other`` may, by
    default the counterparts of ``may``; ``other_forbidden`` are told no and the rest get 404, as
    do all who ask for absent things or for a thing under a parent that is not its own.
    """

    path: str
    method: str
    may: frozenset[Role]
    rest: Outcome = HIDDEN
    anonymous: Outcome = SIGN_IN
    superuser: Outcome = OK
    superuser_other: Outcome | None = None
    forbidden: frozenset[Role] = NOBODY
    other: frozenset[Role] | None = None
    other_forbidden: frozenset[Role] = NOBODY
    #: The last thing in the address belongs to the one before: they must fit.
    nested: bool = True
    body: Content | Callable[[Things], Content] = field(default_factory=dict)
    query: Callable[[Things], str] | None = None
    fixed: dict[str, str] = field(default_factory=dict)
    #: Attributes of ``Things`` where a name in the address stands for another than usual.
    named: dict[str, str] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    #: Answers with a person's whole phone number; that is its purpose.
    shows_phone: bool = False
    #: Those who answer for others need a second factor here.
    second_factor: frozenset[Role] = NOBODY
    #: No page: a download, a part of a page, JSON.
    is_page: bool = True

    def __str__(self) -> str:
        path = _NAME.sub(lambda m: self.fixed.get(m["name"], m[0]), self.path)
        return f"{self.method} /{path}"

    @property
    def is_api(self) -> bool:
        return self.path.startswith("api/")

    @property
    def names(self) -> list[str]:
        """Names in the address that stand for things."""
        return [m["name"] for m in _NAME.finditer(self.path) if m["name"] not in self.fixed]

    def url(self, *things: Things) -> str:
        """The address with one ``Things`` for all names, or one for each."""
        given = list(things) if len(things) > 1 else list(things) * len(self.names)
        values = {
            **self.fixed,
            **{name: self._value(name, t) for name, t in zip(self.names, given, strict=True)},
        }
        url = "/" + _NAME.sub(lambda m: values[m["name"]], self.path)
        return url + (f"?{self.query(things[-1])}" if self.query else "")

    def _value(self, name: str, things: Things) -> str:
        if name in self.named:
            return str(getattr(things, self.named[name]).public_id)
        return str(NAMES[name if name in NAMES else name.removesuffix("_id")](things))

    def ask(self, client: Client, *things: Things) -> HttpResponseBase:
        """Send the request."""
        content = self.body(things[-1]) if callable(self.body) else self.body
        url = self.url(*things)
        if self.method == "GET":
            return client.get(url, headers=self.headers)
        if self.is_api:
            return client.generic(
                self.method, url, data=_json(content), content_type="application/json"
            )
        return getattr(client, self.method.lower())(url, content, headers=self.headers)

    def expected(self, role: Role, whose: str) -> Outcome:
        """What ``role`` gets for its own, the other fair's, absent or mixed-up things."""
        may, forbidden, rest, superuser = self.may, self.forbidden, self.rest, self.superuser
        if whose == "other":
            may = mirrored(may) if self.other is None else self.other
            forbidden, rest = self.other_forbidden, HIDDEN
            superuser = self.superuser_other or superuser
        elif whose != "own":
            may, forbidden, rest, superuser = NOBODY, NOBODY, HIDDEN, HIDDEN
        if role == Role.SUPERUSER:
            return superuser
        if role in may:
            return OK
        if role in forbidden:
            return FORBIDDEN
        if role == Role.ANONYMOUS and Role.ANONYMOUS not in self.may:
            return self.anonymous
        return rest

    @property
    def has_variants(self) -> bool:
        """Whether the address names anything."""
        return bool(self.names) or self.query is not None

    def variants(self, world: World) -> Iterator[tuple[str, tuple[Things, ...]]]:
        """Whose things to ask for, with the things themselves."""
        yield "own", (world.own,)
        if not self.has_variants:
            return
        yield "other", (world.other,)
        yield "absent", (world.absent,)
        if self.nested and len(self.names) > 1:
            head = (world.own,) * (len(self.names) - 1)
            yield "mixed", (*head, world.other)


def mirrored(roles: frozenset[Role]) -> frozenset[Role]:
    """The same roles at the other fair, as far as anybody holds them there."""
    return frozenset(COUNTERPART[role] for role in roles if role in COUNTERPART)


def both(path: str, may: frozenset[Role], **fields: Any) -> list[Row]:
    """A page with a form: GET and POST for the same people."""
    body = fields.pop("body", {})
    page = Row(path, "GET", may, **fields)
    return [page, replace(page, method="POST", body=body)]


def _json(content: Content) -> str:
    return json.dumps(content, default=str)


def outcome_of(response: HttpResponseBase) -> Outcome:
    """Read an answer."""
    status, to = response.status_code, response.get("Location", "")
    if status >= 500:
        return Outcome.BROKEN
    if status == 401 or (status == 302 and to.startswith("/sign-in/?next=")):
        return SIGN_IN
    if (status == 302 and to.startswith("/account/2fa/required/")) or (
        status == 403 and b"second_factor_required" in getattr(response, "content", b"")
    ):
        return Outcome.SECOND_FACTOR
    return {403: FORBIDDEN, 404: HIDDEN, 405: Outcome.NO_METHOD}.get(status, OK)


def patterns(resolver: URLResolver | None = None, prefix: str = "") -> Iterator[str]:
    """Every address of the URL conf as it is written there; without Django's admin.

    One written as a regular expression reads like a path: ``export\\.(?P<form>a|b)$`` is
    ``export.<form>``.
    """
    for entry in (resolver or get_resolver()).url_patterns:
        path = prefix + _readable(entry)
        if isinstance(entry, URLPattern):
            yield path
        elif entry.app_name != "admin":
            yield from patterns(entry, path)


def _readable(entry: URLPattern | URLResolver) -> str:
    if not isinstance(entry.pattern, RegexPattern):
        return str(entry.pattern)
    return _REGEX_NAME.sub(r"\1", str(entry.pattern)).strip("^$").replace("\\", "")
