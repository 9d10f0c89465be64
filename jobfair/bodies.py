"""What a request may bring: so many bytes, in so many seconds.

Django writes a whole body into a temporary file before it looks at the host, the path or who asks,
so nothing inside it can refuse one. nginx has the same limits (``client_max_body_size``); these
hold where a process is reached past it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any, Final

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from core.errors import DomainError

Scope = dict[str, Any]
Message = Any
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Any, Receive, Send], Awaitable[None]]

#: Where a folder of licences is uploaded (employers.licence_folder).
DESK: Final = "/desk/"
#: In the scope of a request whose body was refused: why, a :class:`DomainError`.
REFUSED: Final = "jobfair.body_refused"
_MB: Final = 1024 * 1024


class BodyTooLarge(DomainError):
    """More than :func:`largest` bytes."""

    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE.value

    def __init__(self) -> None:
        text = _("This is too large to be sent. Send smaller files, or fewer at a time.")
        super().__init__("body_too_large", text)


class BodyTooSlow(DomainError):
    """Not all there after ``BODY_SECONDS``."""

    status = HTTPStatus.REQUEST_TIMEOUT.value

    def __init__(self) -> None:
        text = _("Sending took too long. Try again where the connection is better.")
        super().__init__("body_too_slow", text)


def largest(path: str) -> int:
    """The bytes a body may have at an address."""
    most: int = settings.BODY_DESK_MB if path.startswith(DESK) else settings.BODY_MB
    return most * _MB


def refused(scope: Scope) -> DomainError | None:
    """Why the body of a request was refused, if it was."""
    return scope.get(REFUSED)


class Bodies:
    """Counts and times the bodies that the application reads.

    Of one that is refused no more is read: the application is told that it ends there and, by
    :func:`refused`, why. The connection ends with the answer, for the rest may still be coming.
    """

    def __init__(self, application: Application) -> None:
        self._application = application

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One HTTP request."""
        body = _Body(scope, receive)

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start" and refused(scope) is not None:
                headers = [*message.get("headers", ()), (b"connection", b"close")]
                message = {**message, "headers": headers}
            await send(message)

        await self._application(scope, body.receive, answer)


class _Body:
    def __init__(self, scope: Scope, receive: Receive) -> None:
        self._scope = scope
        self._receive = receive
        self._most = largest(scope["path"])
        self._read = 0
        self._by = asyncio.get_running_loop().time() + settings.BODY_SECONDS
        self._ended = False

    async def receive(self) -> Message:
        """ASGI's ``receive``, up to the limits."""
        if refused(self._scope) is not None:
            return await asyncio.Future()  # nothing more comes: whoever waits is cancelled
        if self._ended:
            return await self._receive()
        if _announced(self._scope) > self._most:
            return self._refuse(BodyTooLarge())
        try:
            async with asyncio.timeout_at(self._by):
                message = await self._receive()
        except TimeoutError:
            return self._refuse(BodyTooSlow())
        if message["type"] == "http.request":
            self._read += len(message.get("body", b""))
            self._ended = not message.get("more_body", False)
            if self._read > self._most:
                return self._refuse(BodyTooLarge())
        return message

    def _refuse(self, why: DomainError) -> Message:
        self._scope[REFUSED] = why
        return {"type": "http.request", "body": b"", "more_body": False}


def _announced(scope: Scope) -> int:
    """The bytes that a request says it brings; 0 where it does not say."""
    told = dict(scope["headers"]).get(b"content-length", b"")
    return int(told) if told.isdigit() else 0
