from __future__ import annotations

from django.apps import AppConfig


class JobfairConfig(AppConfig):
    name = "jobfair"
