"""Addresses of the pages that everybody sees."""

from __future__ import annotations

from django.urls import path

from jobfair.pages import fair, home, playback, replay, room, room_questions

urlpatterns = [
    path("", home.home, name="home"),
    path("fairs/<slug:slug>/", fair.fair, name="fair-page"),
    path("guests/<uuid:guest>/", fair.guest, name="guest-page"),
    path("live/<uuid:session>/", room.room, name="live-room"),
    path("live/<uuid:session>/playback/", playback.playback, name="room-playback"),
    path("live/<uuid:session>/replay/index.json", replay.index, name="replay-index"),
    path("live/<uuid:session>/replay/playback.json", replay.playback, name="replay-playback"),
    path(
        "live/<uuid:session>/replay/captions/<slug:language>.vtt",
        replay.captions,
        name="replay-captions",
    ),
    path("live/<uuid:session>/say/", room.say, name="room-say"),
    path("live/<uuid:session>/ask/", room_questions.ask, name="room-ask"),
    path("live/<uuid:session>/mine/", room.mine, name="room-mine"),
    path(
        "live/<uuid:session>/feed/questions/<int:page>.json",
        room_questions.listing,
        name="room-questions",
    ),
    path(
        "live/<uuid:session>/questions/pages/<int:page>.json",
        room_questions.crew_listing,
        name="room-crew-questions",
    ),
    path("live/<uuid:session>/questions/mine.json", room_questions.mine, name="room-own-questions"),
    path(
        "live/<uuid:session>/questions/<uuid:question>/vote/",
        room_questions.vote,
        name="room-vote",
    ),
]
