"""Every address of the site."""

from __future__ import annotations

from django.contrib import admin
from django.urls import include, path

from core.serve import public_file
from jobfair.pages import me, vacancies

handler404 = "jobfair.errors.not_found"
handler500 = "jobfair.errors.server_error"

urlpatterns = [
    path("i18n/", include("django.conf.urls.i18n")),
    path("admin/", admin.site.urls),
    path("files/<path:name>", public_file, name="public-file"),
    path("api/v1/", include("jobfair.api.v1.urls")),
    path("desk/", include("jobfair.desk.urls")),
    path("", include("jobfair.employer_console.urls")),
    path("vacancies/<uuid:vacancy>/", vacancies.vacancy, name="vacancy-page"),
    path("employers/<uuid:employer>/", vacancies.employer, name="employer-page"),
    path("studio/", include("jobfair.studio.urls")),
    path("", include("jobfair.pages.urls")),
    path("", include("accounts.urls")),
    path("", include("intents.urls")),
    path("", include("insights.urls")),
    path("", include(me.urlpatterns)),
    path("", include("livestream.media.urls")),
    path("", include("livestream.realtime.urls")),
]
