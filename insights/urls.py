"""Addresses of the statistics pages."""

from __future__ import annotations

from django.urls import path, re_path

from insights import views

urlpatterns = [
    path("desk/fairs/<slug:slug>/statistics/", views.statistics_page, name="desk-statistics"),
    re_path(
        r"^desk/fairs/(?P<slug>[-\w]+)/statistics/export\.(?P<form>xlsx|csv)$",
        views.statistics_export,
        name="desk-statistics-export",
    ),
]
