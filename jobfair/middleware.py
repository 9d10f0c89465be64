"""Turns refusals into pages, and keeps personal pages out of caches."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render

from accounts.mfa import SecondFactorRequired, confirmation_url
from core.errors import DomainError, NotSignedIn, RateLimited


class DomainErrorMiddleware:
    """Shows a :class:`DomainError` that a page view let through; asks for sign-in where needed."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if isinstance(error, NotSignedIn):
            query = urlencode({"next": request.get_full_path()})
            return HttpResponseRedirect(f"{settings.LOGIN_URL}?{query}")
        if isinstance(error, SecondFactorRequired):
            return HttpResponseRedirect(confirmation_url(request))
        if not isinstance(error, DomainError):
            return None
        name = "404.html" if error.status == 404 else "error.html"
        response = render(request, name, {"error": error}, status=error.status)
        if isinstance(error, RateLimited):
            response["Retry-After"] = str(error.retry_after)
        return response


class PersonalPagesMiddleware:
    """Says of every answer to a person with an account that nobody else may be given it.

    A view that says something itself is left alone. Desk, consoles and API tell of other people:
    a browser keeps nothing of them, so that after signing out "back" shows nothing either.
    """

    TELL_OF_OTHERS = ("/desk/", "/employer/", "/studio/", "/api/")

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if not response.has_header("Cache-Control") and _is_personal(request):
            keeps_nothing = request.path.startswith(self.TELL_OF_OTHERS)
            response["Cache-Control"] = f"private, {'no-store' if keeps_nothing else 'no-cache'}"
        return response


def _is_personal(request: HttpRequest) -> bool:
    """Whether the answer was made for an account; asks nothing that was not asked already."""
    if "Authorization" in request.headers:
        return True
    return request.session.accessed and SESSION_KEY in request.session
