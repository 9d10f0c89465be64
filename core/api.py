"""What every endpoint of the REST API builds on."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers
from rest_framework.authentication import SessionAuthentication
from rest_framework.exceptions import ParseError
from rest_framework.pagination import CursorPagination
from rest_framework.parsers import JSONParser
from rest_framework.request import Request


class BrowserAuthentication(SessionAuthentication):
    """Session and CSRF token; announces a scheme so that an anonymous request is 401, not 403."""

    def authenticate_header(self, request: Request) -> str:
        return "Session"


class BoundedJSONParser(JSONParser):
    """JSON whose objects lie in each other less deep than Python can follow."""

    def parse(self, stream: Any, media_type: Any = None, parser_context: Any = None) -> Any:
        try:
            return super().parse(stream, media_type, parser_context)
        except RecursionError as error:
            raise ParseError("JSON parse error - nested too deep") from error


class Cursor(CursorPagination):
    """Pages that stay right while rows arrive; newest first."""

    page_size = 30
    page_size_query_param = "page_size"
    max_page_size = 100
    ordering: str | tuple[str, ...] = "-id"


class StrictSerializer(serializers.Serializer[Any]):
    """A serializer for input that refuses unknown fields and JSON of the wrong type.

    DRF turns ``"12"`` into 12, ``5`` into ``"5"`` and ``"yes"`` into ``True``; a client that
    sends those has a bug that should be told.
    """

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, dict):
            raise serializers.ValidationError({"body": [_("Send a JSON object.")]})
        errors: dict[str, list[Any]] = {
            str(name): [_("This field is not known.")] for name in data if name not in self.fields
        }
        for name, field in self.fields.items():
            if name in data and data[name] is not None and not _type_fits(field, data[name]):
                errors[name] = [_("This value has the wrong type.")]
        if errors:
            raise serializers.ValidationError(errors)
        return super().to_internal_value(data)


def _type_fits(field: serializers.Field[Any, Any, Any, Any], value: Any) -> bool:
    if isinstance(field, serializers.BooleanField):
        return isinstance(value, bool)
    if isinstance(field, serializers.IntegerField):
        return isinstance(value, int) and not isinstance(value, bool)
    if isinstance(
        field,
        serializers.CharField | serializers.UUIDField | serializers.DateTimeField,
    ):
        return isinstance(value, str)
    return True
