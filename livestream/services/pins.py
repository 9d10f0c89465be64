"""讲解中: the vacancies on the screen."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.db.models import F
from django.utils.translation import gettext_lazy as _

from accounts import audit
from accounts.actor import Actor
from accounts.models import User
from core.errors import Conflict, Invalid
from core.transactions import write
from employers.models import Vacancy, VacancyRevision
from livestream import rules
from livestream.cards import card
from livestream.enums import OVER_SESSIONS, EventKind
from livestream.models import Pin, PinVacancy, RunSheetItem, Session
from livestream.services.locking import lock
from livestream.services.room import note


def pin_vacancies(
    *,
    actor: Actor,
    session: Session,
    vacancies: Iterable[Vacancy],
    item: RunSheetItem | None = None,
) -> Pin:
    """Put ``vacancies`` on the screen in this order, in place of what was there.

    All must be open and at the session's fair, at most ``rules.MAX_PINNED``. The pin points to
    the revisions of this moment. What is on the screen already is not pinned again.
    """
    user = actor.require_user()
    rules.require_console(session, user)
    with write():
        return put_on_screen(user, session, vacancies, item)


def put_on_screen(
    user: User, session: Session, vacancies: Iterable[Vacancy], item: RunSheetItem | None
) -> Pin:
    """Pin within the caller's transaction and authority."""
    lock(session)
    if session.status in OVER_SESSIONS:
        raise Conflict("session_state", _("This session has ended."))
    revisions = _revisions(session, vacancies)
    current = Pin.objects.filter(session=session, ended_at=None).first()
    if current is not None and _shows(current, revisions) and item in {None, current.item}:
        return current
    return _replace(user, session, current, revisions, item)


def _replace(
    user: User,
    session: Session,
    current: Pin | None,
    revisions: Sequence[VacancyRevision],
    item: RunSheetItem | None,
) -> Pin:
    event = note(
        session,
        EventKind.PINNED,
        user=user,
        refs={
            **_step(item),
            "vacancies": [str(revision.vacancy.public_id) for revision in revisions],
            "revisions": [str(revision.public_id) for revision in revisions],
        },
        data={**_step(item), "vacancies": [card(revision) for revision in revisions]},
    )
    if current is not None:
        Pin.objects.filter(pk=current.pk).update(ended_at=event.at)
    pin = Pin.objects.create(session=session, seq=event.seq, item=item, started_at=event.at)
    PinVacancy.objects.bulk_create(
        PinVacancy(pin=pin, revision=revision, position=position)
        for position, revision in enumerate(revisions)
    )
    audit.record(
        actor=user,
        action="session.pin",
        obj=session,
        diff={"vacancies": [None, event.refs["vacancies"]]},
    )
    return pin


def _step(item: RunSheetItem | None) -> dict[str, object]:
    return {} if item is None else {"item": str(item.public_id)}


def unpin(*, actor: Actor, session: Session) -> Pin | None:
    """Take the card off the screen and return its pin; nothing there: ``None``."""
    user = actor.require_user()
    rules.require_console(session, user)
    with write():
        lock(session)
        return clear_pin(user, session)


def clear_pin(user: User, session: Session, *, item: RunSheetItem | None = None) -> Pin | None:
    """Take the card down within the caller's transaction and authority.

    With the ``item`` that begins now the entry is written even where nothing was on the screen:
    pages follow the run-sheet by it.
    """
    pin = Pin.objects.filter(session=session, ended_at=None).first()
    if pin is None and item is None:
        return None
    event = note(session, EventKind.UNPINNED, user=user, refs=_step(item))
    if pin is None:
        return None
    pin.ended_at = max(event.at, pin.started_at)
    pin.save(update_fields=["ended_at"])
    audit.record(actor=user, action="session.unpin", obj=session)
    return pin


def _shows(pin: Pin, revisions: Sequence[VacancyRevision]) -> bool:
    shown = PinVacancy.objects.filter(pin=pin).values_list("revision_id", flat=True)
    return list(shown) == [revision.pk for revision in revisions]


def _revisions(session: Session, vacancies: Iterable[Vacancy]) -> list[VacancyRevision]:
    """Today's revision of each vacancy, in order and once each."""
    keys = list(dict.fromkeys(vacancy.pk for vacancy in vacancies))
    if not 1 <= len(keys) <= rules.MAX_PINNED:
        text = _("Choose between 1 and %(most)d vacancies.") % {"most": rules.MAX_PINNED}
        raise Invalid("pin_count", text, fields={"vacancies": text})
    at_fair = rules.presentable(session).filter(pk__in=keys)
    found = {
        revision.vacancy_id: revision
        for revision in VacancyRevision.objects.filter(
            vacancy__in=at_fair.values("pk"), number=F("vacancy__revision_number")
        ).select_related("vacancy__employer", "vacancy__publisher")
    }
    if len(found) < len(keys):
        closed = _("Only open vacancies of this fair can be shown.")
        raise Invalid("pin_not_open", closed, fields={"vacancies": closed})
    return [found[key] for key in keys]
