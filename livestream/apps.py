from __future__ import annotations

from django.apps import AppConfig


class LivestreamConfig(AppConfig):
    name = "livestream"
