"""One family of errors for every way into the system.

A service raises a :class:`DomainError`; pages show its message, the REST API turns it into an
RFC 9457 problem document, the socket sends an ``error`` frame. ``code`` is stable and may be
relied on by clients; ``message`` is translated and tells the person what to do.
"""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class DomainError(Exception):
    """Something the caller asked for cannot be done.

    ``fields`` maps field names to messages where the fault lies in particular input.
    """

    status = 400
    socket_code = 4400

    def __init__(
        self,
        code: str,
        message: str | Promise,
        *,
        fields: Mapping[str, str | Promise] | None = None,
    ) -> None:
        super().__init__(code)
        self.code = code
        self.message = message
        self.fields = dict(fields or {})

    def __str__(self) -> str:
        return f"{self.code}: {self.message}"


class Invalid(DomainError):
    """The input is wrong; ``fields`` says where."""


class NotSignedIn(DomainError):
    """The action needs an account."""

    status = 401
    socket_code = 4401

    def __init__(self) -> None:
        super().__init__("not_signed_in", _("Sign in with your phone number first."))


class NotAllowed(DomainError):
    """The actor may see the thing but not do this to it."""

    status = 403
    socket_code = 4403


class NotFound(DomainError):
    """There is no such thing, or the actor may not know of it."""

    status = 404
    socket_code = 4404

    def __init__(self) -> None:
        super().__init__("not_found", _("This page or record does not exist."))


class Conflict(DomainError):
    """The state changed meanwhile, or the same key was used for something else."""

    status = 409
    socket_code = 4409


class RateLimited(DomainError):
    """Too many requests; try again after ``retry_after`` seconds."""

    status = 429
    socket_code = 4429

    def __init__(self, retry_after: int, message: str | Promise | None = None) -> None:
        super().__init__(
            "rate_limited",
            message or _("Too many requests. Please wait a moment and try again."),
        )
        self.retry_after = retry_after
