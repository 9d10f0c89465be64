"""Addresses of the sheet of 我要报名."""

from __future__ import annotations

from django.urls import path

from intents import views

urlpatterns = [
    path("intents/new/", views.new_page, name="intent-new"),
    path("intents/new/code/", views.code_page, name="intent-code"),
    path("intents/<uuid:public_id>/done/", views.done_page, name="intent-done"),
]
