"""Who is asking: an account, or a device without one."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest

from accounts.models import User
from core.errors import NotSignedIn


@dataclass(frozen=True, slots=True)
class Actor:
    """The person behind a request, socket or command.

    ``key`` is the pseudonymous person key used in logs: the account's, else the device's, else
    empty. ``channel_code`` is the entry channel the device first came through.
    """

    user: User | None = None
    device_key: str = ""
    channel_code: str = ""

    @property
    def key(self) -> str:
        return self.user.actor_key if self.user else self.device_key

    def require_user(self) -> User:
        """Return the signed-in account or raise :class:`NotSignedIn`."""
        if self.user is None:
            raise NotSignedIn
        return self.user


ANONYMOUS = Actor()


def actor_of(request: HttpRequest) -> Actor:
    """Who asks, as :class:`~accounts.middleware.ActorMiddleware` found out."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    return actor
