"""Every address of the site."""

from __future__ import annotations

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("i18n/", include("django.conf.urls.i18n")),
    path("admin/", admin.site.urls),
    path("api/v1/", include("jobfair.api.v1.urls")),
    path("desk/", include("jobfair.desk.urls")),
    path("", include("accounts.urls")),
    path("", include("intents.urls")),
    path("", include("livestream.media.urls")),
    path("", include("livestream.realtime.urls")),
]
