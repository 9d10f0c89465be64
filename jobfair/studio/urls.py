"""Addresses of the studio."""

from __future__ import annotations

from django.urls import path

from jobfair.studio import broadcast, encoder, views

urlpatterns = [
    path("<uuid:session>/", views.studio, name="studio"),
    path("<uuid:session>/live/", broadcast.broadcast, name="studio-live"),
    path("<uuid:session>/live/state/", broadcast.state, name="studio-live-state"),
    path("<uuid:session>/live/key/", broadcast.key, name="studio-live-key"),
    path("<uuid:session>/live/take-over/", broadcast.take_over, name="studio-live-take-over"),
    path("<uuid:session>/live/probe/", broadcast.probe, name="studio-live-probe"),
    path("<uuid:session>/encoder/", encoder.encoder, name="studio-encoder"),
    path("<uuid:session>/encoder/state/", encoder.encoder_state, name="studio-encoder-state"),
    path("<uuid:session>/<slug:action>/", views.act, name="studio-act"),
]
