"""The vacancy card as the room sends it: one encoding for every viewer, in both languages."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.utils import translation

from employers.models import Vacancy, VacancyRevision
from employers.revisions import shown
from livestream.models import Pin, PinVacancy


def card(revision: VacancyRevision) -> dict[str, Any]:
    """The public card of a vacancy's revision.

    Keys: ``id`` and ``url`` of the vacancy, ``revision``, ``title``, ``employer`` (``name``,
    ``verified``), ``place``, and ``text``: per language the words for pay, education,
    experience, headcount and tags.
    """
    vacancy = shown(revision)
    return {
        "id": str(vacancy.public_id),
        "url": vacancy.get_absolute_url(),
        "revision": revision.number,
        "title": vacancy.title,
        "place": vacancy.place_text,
        "employer": {"name": vacancy.employer.name, "verified": vacancy.employer.is_verified},
        "text": {code: _words(vacancy, code) for code, _name in settings.LANGUAGES},
    }


def _words(vacancy: Vacancy, language: str) -> dict[str, Any]:
    with translation.override(language):
        return {
            "pay": vacancy.pay_display,
            "education": vacancy.education_display,
            "experience": vacancy.experience_display,
            "headcount": vacancy.headcount_display,
            "tags": vacancy.tags[:4],
        }


def cards_of(pins: Iterable[Pin]) -> dict[int, list[dict[str, Any]]]:
    """The cards of ``pins`` by the number of the pin's log entry, in one query."""
    numbers = {pin.pk: pin.seq for pin in pins}
    cards: dict[int, list[dict[str, Any]]] = {seq: [] for seq in numbers.values()}
    rows = PinVacancy.objects.filter(pin__in=numbers).select_related(
        "revision__vacancy__employer", "revision__vacancy__publisher"
    )
    for row in rows.order_by("position"):
        cards[numbers[row.pin_id]].append(card(row.revision))
    return cards
