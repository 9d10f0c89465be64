"""Addresses beside a room's socket."""

from __future__ import annotations

from django.urls import path

from livestream.realtime import views

urlpatterns = [path("live/<uuid:session>/token/", views.token, name="room-token")]
