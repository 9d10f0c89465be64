"""Addresses of the studio."""

from __future__ import annotations

from django.urls import path

from jobfair.studio import views

urlpatterns = [
    path("<uuid:session>/", views.studio, name="studio"),
    path("<uuid:session>/<slug:action>/", views.act, name="studio-act"),
]
