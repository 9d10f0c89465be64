"""The front door."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET

from accounts.actor import actor_of
from fairs.enums import FairStatus
from fairs.selectors import listed_fairs

CURRENT = frozenset({FairStatus.PUBLISHED, FairStatus.LIVE})


@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """The one current fair where there is one; else all fairs."""
    fairs = list(listed_fairs(actor_of(request).user))
    current = [fair for fair in fairs if fair.status in CURRENT]
    if len(current) == 1:
        return redirect(current[0])
    past = [fair for fair in fairs if fair.status == FairStatus.CLOSED]
    drafts = [fair for fair in fairs if fair.status == FairStatus.DRAFT]
    context = {"current": current, "past": past, "drafts": drafts}
    return render(request, "pages/home.html", context)
