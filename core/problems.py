"""RFC 9457 problem documents for the REST API."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, JsonResponse
from django.utils.translation import gettext as _
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import set_rollback

from core.errors import DomainError, NotFound, RateLimited

MEDIA_TYPE = "application/problem+json"


def problem(error: DomainError, *, title: str = "") -> JsonResponse:
    """Answer with a domain error; ``title`` is for people, if not its own message."""
    body = _of_domain(error)
    body["title"] = title or body["title"]
    return JsonResponse(
        body, status=error.status, content_type=MEDIA_TYPE, headers=_headers_of(error)
    )


def _of_domain(error: DomainError) -> dict[str, Any]:
    fields = {name: [str(text)] for name, text in error.fields.items()}
    return _document(error.status, error.code, str(error.message), fields)


def _document(
    status: int, code: str, title: str, fields: dict[str, Any] | None = None
) -> dict[str, Any]:
    """The document itself; ``code`` is stable, ``title`` is for people."""
    body: dict[str, Any] = {"type": "about:blank", "status": status, "code": code, "title": title}
    if fields:
        body["fields"] = fields
    return body


def _headers_of(error: DomainError) -> dict[str, str]:
    return {"Retry-After": str(error.retry_after)} if isinstance(error, RateLimited) else {}


def _answer(body: dict[str, Any], headers: dict[str, str] | None = None) -> Response:
    return Response(body, status=body["status"], content_type=MEDIA_TYPE, headers=headers)


def exception_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's exception handler: every refusal is a problem document."""
    set_rollback()
    if isinstance(error, Http404):
        error = NotFound()
    if isinstance(error, PermissionDenied):
        error = exceptions.PermissionDenied()
    if isinstance(error, DomainError):
        return _answer(_of_domain(error), _headers_of(error))
    if isinstance(error, exceptions.ValidationError):
        detail = error.detail if isinstance(error.detail, dict) else {"body": error.detail}
        return _answer(_document(400, "invalid", _("Some of the input is not right."), detail))
    if isinstance(error, exceptions.APIException):
        body = _document(error.status_code, str(error.default_code), str(error.detail))
        response = _answer(body)
        if header := getattr(error, "auth_header", None):
            response["WWW-Authenticate"] = header
        if wait := getattr(error, "wait", None):
            response["Retry-After"] = str(int(wait) + 1)
        return response
    return None
