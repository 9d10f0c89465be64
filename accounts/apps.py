from __future__ import annotations

from django.apps import AppConfig
from django.contrib.admin import apps as admin_apps


class AccountsConfig(AppConfig):
    default = True
    name = "accounts"

    def ready(self) -> None:
        from accounts import checks, receivers  # noqa: F401  (registering is importing)


class AdminConfig(admin_apps.AdminConfig):
    """Django's admin behind a second factor."""

    default = False
    default_site = "accounts.admin_site.SecondFactorAdminSite"
