"""Addresses beside a room's socket."""

from __future__ import annotations

from django.urls import path

from livestream.realtime import feed, views, watched

urlpatterns = [
    path("live/<uuid:session>/token/", views.token, name="room-token"),
    path("live/<uuid:session>/feed/tail.json", feed.tail, name="room-feed-tail"),
    path(
        "live/<uuid:session>/feed/<int:revision>/<int:number>.json",
        feed.segment,
        name="room-feed-segment",
    ),
    path("live/<uuid:session>/watched/", watched.watched, name="room-watched"),
]
