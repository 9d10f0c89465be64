"""Addresses of the REST API."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path
from drf_spectacular.views import SpectacularAPIView
from rest_framework.permissions import AllowAny

from accounts.api import CodeView, VerifyView
from jobfair.api.v1 import intents

urlpatterns: list[URLPattern | URLResolver] = [
    path("schema/", SpectacularAPIView.as_view(permission_classes=[AllowAny]), name="api-schema"),
    path("auth/code/", CodeView.as_view(), name="api-auth-code"),
    path("auth/verify/", VerifyView.as_view(), name="api-auth-verify"),
    path("intents/", intents.IntentsView.as_view(), name="api-intents"),
    path("intents/<uuid:public_id>/", intents.IntentView.as_view(), name="api-intent"),
    path("intents/<uuid:public_id>/withdraw/", intents.WithdrawView.as_view()),
    path("intents/<uuid:public_id>/accept/", intents.AcceptView.as_view()),
    path("intents/<uuid:public_id>/undo/", intents.UndoView.as_view()),
    path("intents/<uuid:public_id>/decline/", intents.DeclineView.as_view()),
    path("intents/<uuid:public_id>/advance/", intents.AdvanceView.as_view()),
    path("intents/<uuid:public_id>/reveal/", intents.RevealView.as_view()),
]
