"""Addresses of the embedded media sources."""

from __future__ import annotations

from django.urls import path

from livestream.media import views

app_name = "media"

urlpatterns = [
    path("media/testchannel/live.m3u8", views.live, name="testchannel"),
    path(
        "media/testchannel/<slug:version>/<int:number>.ts",
        views.segment,
        name="testchannel-segment",
    ),
]
