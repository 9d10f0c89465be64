"""Addresses of sockets."""

from __future__ import annotations

from django.urls import path, re_path
from django.urls.resolvers import URLPattern

from livestream.media.ingest.socket import ingest_socket
from livestream.realtime.consumer import refuse, room_socket

# Channels' URLRouter takes ASGI applications where Django's `path` expects views.
websocket_urlpatterns: list[URLPattern] = [
    path("ws/rooms/<uuid:session>/", room_socket, name="room-socket"),  # type: ignore[arg-type]
    path("ws/ingest/<uuid:session>/", ingest_socket, name="ingest-socket"),  # type: ignore[arg-type]
    re_path("", refuse),  # type: ignore[arg-type]
]
