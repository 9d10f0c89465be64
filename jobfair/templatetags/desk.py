"""Words and navigation of the desk's pages."""

from __future__ import annotations

from collections.abc import Iterable

from django import template
from django.template import Context

from accounts.models import User
from employers.enums import MISSING_NAMES
from employers.models import Vacancy
from employers.services.vacancies import CONTENT_FIELDS
from jobfair.desk.navigation import Entry, entries_of
from livestream.services.room import shown_name as name_of

register = template.Library()


@register.filter
def missing_label(name: str) -> str:
    """Return the short name of one of ``employers.enums.REQUIRED_TO_OPEN``."""
    return str(MISSING_NAMES.get(name, name))


@register.filter
def field_labels(names: Iterable[str]) -> str:
    """Return the labels of a vacancy's fields in one line; what follows from them is left out."""
    stated = {"headcount" if name == "headcount_stated" else name for name in names}
    labels = [
        str(field.verbose_name)
        for field in Vacancy._meta.fields
        if field.name in stated and field.name in CONTENT_FIELDS
    ]
    return " · ".join(labels)


@register.filter
def shown_name(user: User) -> str:
    """Return the name a person goes by in rooms; never a phone number."""
    return name_of(user)


@register.simple_tag(takes_context=True)
def desk_entries(context: Context) -> list[tuple[Entry, bool]]:
    """Return the desk's places for whoever asks, each with whether the page belongs to it."""
    request = context["request"]
    if not isinstance(request.user, User):
        return []
    entries: list[Entry] = context.get("desk_places") or entries_of(request.user)
    here = [e for e in entries if e.count is not None and request.path.startswith(e.url)]
    return [(e, e in here if here else e.url == request.path) for e in entries]
