"""Addresses of the pages that everybody sees."""

from __future__ import annotations

from django.urls import path

from jobfair.pages import fair, home, room

urlpatterns = [
    path("", home.home, name="home"),
    path("fairs/<slug:slug>/", fair.fair, name="fair-page"),
    path("guests/<uuid:guest>/", fair.guest, name="guest-page"),
    path("live/<uuid:session>/", room.room, name="live-room"),
    path("live/<uuid:session>/say/", room.say, name="room-say"),
    path("live/<uuid:session>/ask/", room.ask, name="room-ask"),
    path("live/<uuid:session>/remove/", room.remove, name="room-remove"),
    path("live/<uuid:session>/questions/<uuid:question>/vote/", room.vote, name="room-vote"),
]
