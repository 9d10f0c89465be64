"""Addresses of the embedded media sources."""

from __future__ import annotations

from django.urls import path

from livestream.media import callbacks, views

app_name = "media"

urlpatterns = [
    path("media/testchannel/live.m3u8", views.live, name="testchannel"),
    path(
        "media/testchannel/<slug:version>/<int:number>.ts",
        views.segment,
        name="testchannel-segment",
    ),
    path("media/hls/<int:expires>/<str:signature>/<path:path>", views.hls, name="hls"),
    path("media/callbacks/tencent/", callbacks.from_tencent, name="callbacks-tencent"),
    path("media/callbacks/aliyun/", callbacks.from_aliyun, name="callbacks-aliyun"),
]
