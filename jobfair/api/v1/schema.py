"""The API's own description: how one signs in, how it refuses, and where it is served."""

from __future__ import annotations

from functools import cache
from typing import Any

from django.utils import translation
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularAPIView
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from core.problems import MEDIA_TYPE

SLUG = "^[-a-zA-Z0-9_]+$"
PROBLEM = {
    "type": "object",
    "description": "Why not (RFC 9457). `code` is stable, `title` is for people.",
    "properties": {
        "type": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string"},
        "title": {"type": "string"},
        "fields": {"type": "object", "description": "By field of the input, what is wrong."},
    },
    "required": ["type", "status", "code", "title"],
}


class BearerScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """``Authorization: Bearer``, for other systems."""

    target_class = "integrations.authentication.TokenAuthentication"
    name = "bearer"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        """Return the scheme: scopes are ``read`` and ``write``."""
        return {"type": "http", "scheme": "bearer", "description": "manage.py api_token"}


class BrowserScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """The session of a browser."""

    target_class = "core.api.BrowserAuthentication"
    name = "session"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        """Return the scheme: writing also needs the header ``X-CSRFToken``."""
        return {
            "type": "apiKey",
            "in": "cookie",
            "name": "sessionid",
            "description": "Writing also needs the header X-CSRFToken.",
        }


def add_refusals(result: dict[str, Any], **kwargs: Any) -> dict[str, Any]:
    """Say in every operation that refusals are problem documents."""
    result["components"]["schemas"]["Problem"] = PROBLEM
    refusal = {
        "description": "Refused: sign-in needed, not allowed, not found, wrong input, conflict.",
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
    for methods in result["paths"].values():
        for operation in methods.values():
            operation["responses"]["4XX"] = refusal
            for parameter in operation.get("parameters", ()):
                if parameter["in"] == "path" and parameter["name"] == "slug":
                    parameter["schema"]["pattern"] = SLUG
    return result


@cache
def document() -> dict[str, Any]:
    """The whole description, made once for each process: it is the same for everybody."""
    with translation.override("en"):
        generator = SchemaGenerator()  # type: ignore[no-untyped-call]
        made = generator.get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
        return dict(made)


class SchemaView(SpectacularAPIView):
    """The description as YAML or JSON, by content negotiation."""

    permission_classes = [AllowAny]

    @extend_schema(exclude=True)
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return Response(document(), headers={"Cache-Control": "public, max-age=3600"})
