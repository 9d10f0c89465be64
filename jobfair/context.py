"""What every page knows."""

from __future__ import annotations

from typing import Any, TypedDict

from django.conf import settings
from django.db.models import Exists, OuterRef, Q
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext as _

from accounts.models import User
from employers.models import EmployerMember
from fairs.models import FairStaff
from livestream.models import SessionCrew

#: Addresses that every page links to.
PATHS = {
    "home": "/",
    "me": "/me/",
    "employer": "/employer/",
    "desk": "/desk/",
    "sign_in": settings.LOGIN_URL,
    "sign_out": "/sign-out/",
}


class Entry(TypedDict):
    """One link of the site's navigation; ``icon`` is shown in the phone's tab bar."""

    url: str
    label: str
    icon: str
    current: bool


def site(request: HttpRequest) -> dict[str, Any]:
    """The person asking and what of the site is theirs (each part is read when a page asks)."""
    return {
        "actor": getattr(request, "actor", None),
        "site_name": settings.SITE_NAME or _("Jobfair Live"),
        "licence_text": settings.LICENCE_TEXT,
        "site_origin": f"{request.scheme}://{request.get_host()}",
        "page_url": SimpleLazyObject(lambda: request.build_absolute_uri(request.path)),
        "paths": PATHS,
        "nav": SimpleLazyObject(lambda: _navigation(request)),
    }


def _navigation(request: HttpRequest) -> list[Entry]:
    links = [(PATHS["home"], _("Job fairs"), "home"), (PATHS["me"], _("My page"), "user")]
    user = getattr(request, "user", None)
    if isinstance(user, User):
        recruits, works = _roles(user)
        if recruits:
            links.insert(1, (PATHS["employer"], _("Employer"), "building"))
        if works:
            links.insert(1, (PATHS["desk"], _("Desk"), "grid"))
    return [
        {
            "url": url,
            "label": label,
            "icon": icon,
            "current": request.path == url
            or (url != PATHS["home"] and request.path.startswith(url)),
        }
        for url, label, icon in links
    ]


def _roles(user: User) -> tuple[bool, bool]:
    """Whether the account speaks for an employer, and whether it works at a fair. One query."""
    if user.is_superuser:
        return EmployerMember.objects.filter(person=user).exists(), True
    me = OuterRef("pk")
    current = Q(ended_at__isnull=True)
    recruits, staffs, crews = (
        User.objects.filter(pk=user.pk)
        .values_list(
            Exists(EmployerMember.objects.filter(person=me)),
            Exists(FairStaff.objects.filter(current, person=me)),
            Exists(SessionCrew.objects.filter(current, person=me)),
        )
        .get()
    )
    return bool(recruits), bool(staffs or crews)
