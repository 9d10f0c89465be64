"""流程单: what comes next, and the cards that come with it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts import audit
from accounts.actor import Actor
from accounts.models import User
from core.db import move
from core.errors import Conflict
from core.texts import clean_text
from core.transactions import write
from employers.models import Employer, Vacancy
from livestream import rules
from livestream.enums import ITEM_TRANSITIONS, ItemKind, ItemStatus
from livestream.models import Guest, Pin, RunSheetItem, RunSheetVacancy, Session
from livestream.services.locking import lock
from livestream.services.pins import clear_pin, put_on_screen

STEP = 10
MAX_TITLE = 80


def add_item(
    *,
    actor: Actor,
    session: Session,
    kind: ItemKind,
    title: str,
    planned_minutes: int = 10,
    employer: Employer | None = None,
    presenters: Iterable[Guest] = (),
    vacancies: Sequence[Vacancy] = (),
    after: RunSheetItem | None = None,
) -> RunSheetItem:
    """Add a step after ``after``, at the end when none is given."""
    user = actor.require_user()
    rules.require_console(session, user)
    title = clean_text(title, limit=MAX_TITLE, field="title")
    with write():
        lock(session)
        order = list(RunSheetItem.objects.filter(session=session))
        place = len(order) if after is None else order.index(after) + 1
        item = RunSheetItem.objects.create(
            session=session,
            position=0,
            kind=kind,
            title=title,
            planned_minutes=planned_minutes,
            employer=employer,
        )
        order.insert(place, item)
        _number(order)
        item.presenters.set(presenters)
        RunSheetVacancy.objects.bulk_create(
            RunSheetVacancy(item=item, vacancy=vacancy, position=position)
            for position, vacancy in enumerate(dict.fromkeys(vacancies))
        )
        audit.record(actor=user, action="run_sheet.add", obj=item)
    return item


def _number(order: Sequence[RunSheetItem]) -> None:
    for place, item in enumerate(order, start=1):
        item.position = place * STEP
    RunSheetItem.objects.bulk_update(order, ["position"])


def start_next(*, actor: Actor, session: Session) -> RunSheetItem:
    """Start the first planned step after the current one."""
    item = rules.next_step(list(RunSheetItem.objects.filter(session=session)))
    if item is None:
        raise Conflict("run_sheet_end", _("The run-sheet has no further step."))
    return start_item(actor=actor, item=item)


def start_item(*, actor: Actor, item: RunSheetItem) -> RunSheetItem:
    """Make ``item`` the current step; the one before is done.

    In the same transaction its vacancies go on the screen; a step without vacancies clears it.
    Vacancies that are no longer open are left out. Current already: nothing happens, so two taps
    never start two steps.
    """
    user = actor.require_user()
    session = item.session
    rules.require_console(session, user)
    with write():
        lock(session)
        item.refresh_from_db(fields=["status"])
        if item.status == ItemStatus.CURRENT:
            return item
        now = timezone.now()
        RunSheetItem.objects.filter(session=session, status=ItemStatus.CURRENT).update(
            status=ItemStatus.DONE, ended_at=now
        )
        _move(item, ItemStatus.CURRENT, started_at=now, ended_at=None)
        _show_cards(user, item)
        audit.record(actor=user, action="run_sheet.start", obj=item)
    return item


def _show_cards(user: User, item: RunSheetItem) -> Pin | None:
    presented = rules.presentable(item.session).filter(pk__in=item.presented.values("vacancy"))
    open_ones = {vacancy.pk: vacancy for vacancy in presented}
    order = item.presented.values_list("vacancy_id", flat=True)
    vacancies = [open_ones[key] for key in order if key in open_ones][: rules.MAX_PINNED]
    if not vacancies:
        return clear_pin(user, item.session, item=item)
    return put_on_screen(user, item.session, vacancies, item)


def skip_item(*, actor: Actor, item: RunSheetItem) -> RunSheetItem:
    """Leave a planned step out; skipped already: nothing happens."""
    return _set(actor, item, ItemStatus.SKIPPED, "run_sheet.skip")


def restore_item(*, actor: Actor, item: RunSheetItem) -> RunSheetItem:
    """Plan a skipped step again."""
    return _set(actor, item, ItemStatus.PLANNED, "run_sheet.restore")


def _set(actor: Actor, item: RunSheetItem, to: ItemStatus, action: str) -> RunSheetItem:
    user = actor.require_user()
    rules.require_console(item.session, user)
    with write():
        item.refresh_from_db(fields=["status"])
        if item.status == to:
            return item
        _move(item, to)
        audit.record(actor=user, action=action, obj=item)
    return item


def _move(item: RunSheetItem, to: ItemStatus, **also: object) -> None:
    conflict = Conflict("item_state", _("This step is in another state by now. Reload the page."))
    move(item, field="status", to=to, transitions=ITEM_TRANSITIONS, conflict=conflict, **also)


def move_item(*, actor: Actor, item: RunSheetItem, up: bool) -> RunSheetItem:
    """Move a step by one place; at the edge nothing happens."""
    user = actor.require_user()
    rules.require_console(item.session, user)
    with write():
        lock(item.session)
        order = list(RunSheetItem.objects.filter(session=item.session))
        place = order.index(item)
        other = place - 1 if up else place + 1
        if 0 <= other < len(order):
            order[place], order[other] = order[other], order[place]
            _number(order)
            audit.record(actor=user, action="run_sheet.move", obj=item)
    item.refresh_from_db(fields=["position"])
    return item


def place_item(*, actor: Actor, item: RunSheetItem, place: int) -> RunSheetItem:
    """Move a step to ``place``, counted from 1; beyond the end is the end."""
    user = actor.require_user()
    rules.require_console(item.session, user)
    with write():
        lock(item.session)
        order = list(RunSheetItem.objects.filter(session=item.session))
        place = min(max(place, 1), len(order)) - 1
        if order.index(item) != place:
            order.remove(item)
            order.insert(place, item)
            _number(order)
            audit.record(actor=user, action="run_sheet.move", obj=item)
    item.refresh_from_db(fields=["position"])
    return item
