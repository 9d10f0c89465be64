"""The second factor: who has one, and who has shown it lately."""

from __future__ import annotations

import time
from typing import Any
from urllib.parse import urlencode

from allauth.account.internal.flows.login import get_authentication_records
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.http import HttpRequest
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _
from rest_framework.request import Request

from accounts.models import User
from core.errors import NotAllowed, NotSignedIn

ADMINISTRATORS_ONLY = _("These pages are for the administrator of this installation.")


class SecondFactorRequired(NotAllowed):
    """The account must show its second factor (again) before it may do this."""

    def __init__(self) -> None:
        super().__init__(
            "second_factor_required",
            _("Confirm with your authenticator app first: this touches personal data."),
        )


def has_second_factor(user: User) -> bool:
    """Whether the account has an authenticator app set up."""
    return bool(Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP).exists())


def passed_recently(request: HttpRequest | Request) -> bool:
    """Whether this browser showed the second factor within ``settings.SECOND_FACTOR_HOURS``.

    Only a browser session can: a token has no person holding an authenticator behind it.
    """
    http_request = request._request if isinstance(request, Request) else request
    records: list[dict[str, Any]] = get_authentication_records(http_request, http_request.user)
    since = time.time() - settings.SECOND_FACTOR_HOURS * 3600
    return any(record["method"] == "mfa" and record["at"] >= since for record in records)


def require_second_factor(request: HttpRequest | Request) -> User:
    """Return the account behind ``request`` if it has shown its second factor lately.

    Raises :class:`NotSignedIn` or :class:`SecondFactorRequired`; pages then lead the person
    through :func:`confirmation_url` and back.
    """
    http_request = request._request if isinstance(request, Request) else request
    if not isinstance(request.user, User):
        raise NotSignedIn
    if http_request.user != request.user or not passed_recently(http_request):
        raise SecondFactorRequired
    return request.user


def require_to_reveal(request: HttpRequest | Request, *, is_member: bool) -> None:
    """Ask for the second factor before somebody's phone number is shown.

    Staff always show it; a member of the employer that the number was shared with
    (``is_member``) where ``settings.SECOND_FACTOR_FOR_EMPLOYERS`` says so.
    """
    if not is_member or settings.SECOND_FACTOR_FOR_EMPLOYERS:
        require_second_factor(request)


def confirmation_url(request: HttpRequest) -> str:
    """Return where the person confirms (or first sets up) the second factor, and comes back.

    What was sent by a form is not sent again: the person comes back to the page with the form.
    """
    path = request.get_full_path()
    if request.method not in {"GET", "HEAD"}:
        path = request.headers.get("Referer", "")
    query = urlencode({REDIRECT_FIELD_NAME: safe_path(request, path)})
    return f"{reverse('second-factor')}?{query}"


def return_path(request: HttpRequest) -> str:
    """The page named by ``next``, if it is one of ours, else the home page."""
    given = request.POST.get(REDIRECT_FIELD_NAME) or request.GET.get(REDIRECT_FIELD_NAME, "")
    return safe_path(request, given)


def safe_path(request: HttpRequest, url: str) -> str:
    """Return ``url`` if it is a path or an address of this site, else ``/``.

    Never a bare word: ``redirect`` would look it up as the name of a view.
    """
    allowed = url.startswith(("/", "http://", "https://")) and url_has_allowed_host_and_scheme(
        url, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return url if allowed else "/"
