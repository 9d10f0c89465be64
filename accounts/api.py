"""Sign-in for pages that ask for it without leaving, and the actor behind an API request."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from django.http import HttpRequest
from django.middleware.csrf import get_token
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts import devices, mfa, sign_in
from accounts.actor import Actor
from accounts.middleware import CHANNEL_KEY
from accounts.models import User
from core.api import BrowserAuthentication, StrictSerializer
from core.phones import normalise_mobile, spoken

#: In the schema: a request without any authentication (an empty security requirement).
NOBODY = cast(Sequence[str], [{}])


def actor_from(request: Request) -> Actor:
    """Return who asks through the API. Behind a token there is no device and no entry channel."""
    user = request.user if isinstance(request.user, User) else None
    if request.auth is not None:
        return Actor(user=user)
    return Actor(
        user=user,
        device_key=devices.read(request._request),
        channel_code=request.session.get(CHANNEL_KEY, ""),
    )


class BrowserOnly(BrowserAuthentication):
    """Session authentication that asks visitors for the CSRF token, too."""

    def authenticate(self, request: Request) -> tuple[Any, None] | None:
        self.enforce_csrf(request)
        return super().authenticate(request)


class CodeRequest(StrictSerializer):
    phone = serializers.CharField(max_length=40)


class CodeSent(serializers.Serializer[Any]):
    phone = serializers.CharField(help_text="The number as people read it.")
    expires_in = serializers.IntegerField(help_text="Seconds until the code is void.")
    resend_in = serializers.IntegerField(help_text="Seconds until another may be asked for.")


class CodeCheck(StrictSerializer):
    phone = serializers.CharField(max_length=40)
    code = serializers.CharField(max_length=20)
    display_name = serializers.CharField(max_length=40, required=False, allow_blank=True)


class Me(serializers.ModelSerializer[User]):
    """The signed-in account, for its own pages."""

    has_second_factor = serializers.SerializerMethodField()

    class Meta:
        model = User
        fields = ["public_id", "display_name", "masked_phone", "has_second_factor"]
        read_only_fields = fields

    def get_has_second_factor(self, user: User) -> bool:
        return mfa.has_second_factor(user)


class SignedIn(serializers.Serializer[Any]):
    user = Me()
    csrf_token = serializers.CharField(help_text="Signing in changed it; send this one from now.")


class _SignInView(APIView):
    authentication_classes = [BrowserOnly]
    permission_classes = [AllowAny]


class CodeView(_SignInView):
    """Send a sign-in code by text message."""

    @extend_schema(request=CodeRequest, responses=CodeSent, operation_id="auth_code", auth=NOBODY)
    def post(self, request: Request) -> Response:
        form = CodeRequest(data=request.data)
        form.is_valid(raise_exception=True)
        sent = sign_in.request_code(request._request, form.validated_data["phone"])
        response = Response(
            {
                "phone": spoken(sent.phone),
                "expires_in": sent.expires_in,
                "resend_in": sent.resend_in,
            }
        )
        channel = request.session.get(CHANNEL_KEY, "")
        devices.ensure(request._request, response, channel_code=channel)
        return response


class VerifyView(_SignInView):
    """Sign in with the code; ``second_factor_pending`` (403) goes on at ``/account/2fa/``."""

    @extend_schema(request=CodeCheck, responses=SignedIn, operation_id="auth_verify", auth=NOBODY)
    def post(self, request: Request) -> Response:
        form = CodeCheck(data=request.data)
        form.is_valid(raise_exception=True)
        http_request: HttpRequest = request._request
        waiting = sign_in.pending(http_request)
        if waiting is None or waiting.phone != normalise_mobile(form.validated_data["phone"]):
            raise sign_in.CodeExpired
        user = sign_in.verify_code(
            http_request,
            form.validated_data["code"],
            display_name=form.validated_data.get("display_name", ""),
        )
        return Response({"user": Me(user).data, "csrf_token": get_token(http_request)})
