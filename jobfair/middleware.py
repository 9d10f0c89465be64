"""Turns refusals into pages."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlencode

from django.conf import settings
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
