"""Addresses of the studio."""

from __future__ import annotations

from django.urls import path

from jobfair.studio import broadcast, captions, encoder, replay, views

urlpatterns = [
    path("<uuid:session>/", views.studio, name="studio"),
    path("<uuid:session>/live/", broadcast.broadcast, name="studio-live"),
    path("<uuid:session>/live/state/", broadcast.state, name="studio-live-state"),
    path("<uuid:session>/live/key/", broadcast.key, name="studio-live-key"),
    path("<uuid:session>/live/take-over/", broadcast.take_over, name="studio-live-take-over"),
    path("<uuid:session>/live/probe/", broadcast.probe, name="studio-live-probe"),
    path("<uuid:session>/encoder/", encoder.encoder, name="studio-encoder"),
    path("<uuid:session>/encoder/state/", encoder.encoder_state, name="studio-encoder-state"),
    path("<uuid:session>/replay/", replay.manage, name="studio-replay"),
    path("<uuid:session>/replay/state/", replay.state, name="studio-replay-state"),
    path(
        "<uuid:session>/replay/download/<int:number>/",
        replay.get_download,
        name="studio-replay-download",
    ),
    path("<uuid:session>/replay/<slug:action>/", replay.act, name="studio-replay-act"),
    path("<uuid:session>/captions/", captions.captions, name="studio-captions"),
    path("<uuid:session>/captions/add/", captions.add, name="studio-captions-add"),
    path("<uuid:session>/captions/remove/", captions.remove, name="studio-captions-remove"),
    path("<uuid:session>/captions/upload/", captions.upload, name="studio-captions-upload"),
    path(
        "<uuid:session>/captions/<slug:language>.vtt",
        captions.download,
        name="studio-captions-file",
    ),
    path("<uuid:session>/<slug:action>/", views.act, name="studio-act"),
]
