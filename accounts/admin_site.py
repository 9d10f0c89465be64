"""The administration pages, behind the site's own sign-in and a second factor."""

from __future__ import annotations

from typing import Any

from django.contrib.admin import AdminSite
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from accounts import mfa
from accounts.models import User
from core.errors import NotAllowed, NotSignedIn


class SecondFactorAdminSite(AdminSite):
    """Lets superusers in who have shown their second factor lately."""

    def has_permission(self, request: HttpRequest) -> bool:
        return (
            isinstance(request.user, User)
            and super().has_permission(request)
            and mfa.passed_recently(request)
        )

    def login(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """There is no form of its own: ask for what is missing, then come back."""
        if not isinstance(request.user, User):
            raise NotSignedIn
        if not request.user.is_superuser:
            raise NotAllowed("administrators_only", mfa.ADMINISTRATORS_ONLY)
        mfa.require_second_factor(request)
        return HttpResponseRedirect(mfa.return_path(request))

    def logout(  # type: ignore[override]  # a redirect, no page of its own
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Sign out as everywhere else on the site."""
        from accounts.services import sign_out

        sign_out(request)
        return HttpResponseRedirect("/")
