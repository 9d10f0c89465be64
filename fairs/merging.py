"""Booths of an imported employer, when the employer it belongs to takes it over."""

from __future__ import annotations

from typing import Any

from employers.models import Employer
from employers.signals import employer_merged
from fairs.enums import BoothStatus
from fairs.models import Booth, BoothVacancy


def connect() -> None:
    """Listen; called once when the application is ready."""
    employer_merged.connect(move_booths, dispatch_uid="fairs.move_booths")


def move_booths(*, merged: Employer, into: Employer, **_kwargs: Any) -> None:
    """Give the booths to the successor, within the merge's transaction.

    Where it has a booth at the same fair already, that one gets the vacancies and the state that
    is further on; the other stays behind, declined.
    """
    own = {booth.fair_id: booth for booth in Booth.objects.filter(employer=into)}
    for booth in Booth.objects.filter(employer=merged).select_for_update():
        mine = own.get(booth.fair_id)
        if mine is None:
            Booth.objects.filter(pk=booth.pk).update(employer=into)
            continue
        BoothVacancy.objects.filter(booth=booth).update(booth=mine)
        if booth.status == BoothStatus.APPROVED:
            Booth.objects.filter(pk=mine.pk).update(status=BoothStatus.APPROVED)
        Booth.objects.filter(pk=booth.pk).update(status=BoothStatus.DECLINED)
