"""What Django answers where no view does: a page, or a problem document under ``/api/``."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from django.views import defaults

from core.errors import NotFound
from core.problems import MEDIA_TYPE, problem


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """There is no such address."""
    if request.path.startswith("/api/"):
        return problem(NotFound())
    return defaults.page_not_found(request, exception)


def server_error(request: HttpRequest) -> HttpResponse:
    """Something of ours broke; it is in the log."""
    if not request.path.startswith("/api/"):
        return defaults.server_error(request)
    body = {
        "type": "about:blank",
        "status": 500,
        "code": "server_error",
        "title": _("Something broke on our side"),
    }
    return JsonResponse(body, status=500, content_type=MEDIA_TYPE)
