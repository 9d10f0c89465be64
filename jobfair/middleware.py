"""Turns refusals into pages, keeps personal pages out of caches, and measures requests."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from prometheus_client import Counter, Histogram

from accounts.mfa import SecondFactorRequired, confirmation_url
from core.errors import DomainError, NotSignedIn, RateLimited
from core.problems import problem
from jobfair.bodies import refused

REQUESTS: Final = Counter(
    "jobfair_http_requests", "HTTP requests, by name of the address.", ["route", "method", "status"]
)
REQUEST_SECONDS: Final = Histogram(
    "jobfair_http_request_seconds",
    "Time a request took inside the application, by name of the address.",
    ["route"],
    buckets=(0.01, 0.05, 0.25, 1.0, 5.0),
)
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class MeasureMiddleware:
    """Counts and times requests for Prometheus, by address name: never by what people typed."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        started = time.perf_counter()
        response = self.get_response(request)
        match = request.resolver_match
        route = (match.view_name or match.route) if match else "none"
        method = request.method if request.method in _METHODS else "other"
        REQUESTS.labels(route, method, str(response.status_code)).inc()
        REQUEST_SECONDS.labels(route).observe(time.perf_counter() - started)
        return response


class DomainErrorMiddleware:
    """Shows a :class:`DomainError` that a page view let through; asks for sign-in where needed.

    A request whose body was refused reaches no view.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        why = refused(getattr(request, "scope", {}))
        if why is None:
            return self.get_response(request)
        return problem(why) if request.path.startswith("/api/") else _page(request, why)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if isinstance(error, NotSignedIn):
            query = urlencode({"next": request.get_full_path()})
            return HttpResponseRedirect(f"{settings.LOGIN_URL}?{query}")
        if isinstance(error, SecondFactorRequired):
            return HttpResponseRedirect(confirmation_url(request))
        if not isinstance(error, DomainError):
            return None
        response = _page(request, error)
        if isinstance(error, RateLimited):
            response["Retry-After"] = str(error.retry_after)
        return response


def _page(request: HttpRequest, error: DomainError) -> HttpResponse:
    name = "404.html" if error.status == 404 else "error.html"
    return render(request, name, {"error": error}, status=error.status)


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
