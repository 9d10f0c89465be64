"""RFC 9457 problem documents for the REST API."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.utils.translation import gettext as _
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import set_rollback

from core.errors import DomainError, NotFound, RateLimited

MEDIA_TYPE = "application/problem+json"


def problem(
    status: int, code: str, title: str, *, fields: dict[str, Any] | None = None
) -> Response:
    """Build a problem document; ``code`` is stable, ``title`` is for people."""
    body: dict[str, Any] = {"type": "about:blank", "status": status, "code": code, "title": title}
    if fields:
        body["fields"] = fields
    return Response(body, status=status, content_type=MEDIA_TYPE)


def from_domain(error: DomainError) -> Response:
    """The problem document of a domain error."""
    response = problem(
        error.status,
        error.code,
        str(error.message),
        fields={name: [str(text)] for name, text in error.fields.items()},
    )
    if isinstance(error, RateLimited):
        response["Retry-After"] = str(error.retry_after)
    return response


def exception_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's exception handler: every refusal is a problem document."""
    set_rollback()
    if isinstance(error, Http404):
        error = NotFound()
    if isinstance(error, PermissionDenied):
        error = exceptions.PermissionDenied()
    if isinstance(error, DomainError):
        return from_domain(error)
    if isinstance(error, exceptions.ValidationError):
        detail = error.detail if isinstance(error.detail, dict) else {"body": error.detail}
        return problem(400, "invalid", _("Some of the input is not right."), fields=detail)
    if isinstance(error, exceptions.APIException):
        response = problem(error.status_code, str(error.default_code), str(error.detail))
        if header := getattr(error, "auth_header", None):
            response["WWW-Authenticate"] = header
        if wait := getattr(error, "wait", None):
            response["Retry-After"] = str(int(wait) + 1)
        return response
    return None
