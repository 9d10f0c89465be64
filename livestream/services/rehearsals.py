"""彩排: a session's double for its crew, never counted and deletable."""

from __future__ import annotations

import logging
import shutil
from uuid import UUID

from django.conf import settings
from django.db.models import ProtectedError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override

from accounts import audit
from accounts.actor import Actor
from core.errors import Conflict
from core.transactions import write
from fairs.models import FairStaff
from jobs.queue import enqueue, task
from livestream import rules
from livestream.enums import OPEN_SESSIONS
from livestream.media.folders import download_folder, session_folder
from livestream.models import (
    RunSheetItem,
    RunSheetVacancy,
    Session,
    SessionCrew,
    SessionGuest,
)
from livestream.realtime.publish import close_key
from livestream.services import takes
from livestream.services.locking import lock

logger = logging.getLogger(__name__)

#: Whoever publishes a picture has noticed by then that nobody wants it any more.
LAST_WRITES_S = 30
#: What a rehearsal takes over from its session: where the picture comes from, and how.
_SAME = (
    "intro",
    "video_source",
    "external_url",
    "platform_name",
    "stop_contact",
    "declared_delay_s",
    "segment_s",
)
_MAX_TITLE = 80


def open_rehearsal(session: Session) -> Session | None:
    """The rehearsal of ``session`` that is not over; there is one at a time."""
    return Session.objects.filter(rehearsal_of=session, status__in=OPEN_SESSIONS).first()


def create_rehearsal(*, actor: Actor, session: Session) -> Session:
    """Open a rehearsal of ``session`` that begins now; for its crew.

    It has the session's picture source, its present crew and guests, and its run-sheet from the
    beginning. One that is not over is returned as it is. Only crew and the fair's staff see it.
    Raises :class:`Conflict` for a session that is over, and for a rehearsal.
    """
    user = actor.require_user()
    rules.require_console(session, user)
    with write():
        lock(session)
        if session.rehearsal_of_id is not None:
            raise Conflict("rehearsal", gettext_lazy("This is a rehearsal already."))
        if session.status not in OPEN_SESSIONS:
            raise Conflict("session_state", gettext_lazy("This session has ended."))
        known = open_rehearsal(session)
        if known is not None:
            return known
        now = timezone.now()
        rehearsal = Session.objects.create(
            fair=session.fair,
            title=_title(session),
            starts_at=now,
            ends_at=now + (session.ends_at - session.starts_at),
            rehearsal_of=session,
            **{name: getattr(session, name) for name in _SAME},
        )
        _copy_people(session, rehearsal)
        _copy_run_sheet(session, rehearsal)
        audit.record(actor=user, action="rehearsal.create", obj=rehearsal)
    return rehearsal


def _title(session: Session) -> str:
    with override(settings.LANGUAGE_CODE):
        return (_("Rehearsal · %(title)s") % {"title": session.title})[:_MAX_TITLE]


def _copy_people(session: Session, rehearsal: Session) -> None:
    SessionCrew.objects.bulk_create(
        SessionCrew(session=rehearsal, person=held.person, role=held.role, employer=held.employer)
        for held in session.crew.filter(ended_at=None).select_related("person", "employer")
    )
    SessionGuest.objects.bulk_create(
        SessionGuest(session=rehearsal, guest_id=row.guest_id, position=row.position)
        for row in session.guest_list.all()
    )


def _copy_run_sheet(session: Session, rehearsal: Session) -> None:
    """The same steps with their presenters and vacancies, all of them still to come."""
    steps = list(session.run_sheet.prefetch_related("presenters", "presented"))
    copies = RunSheetItem.objects.bulk_create(
        RunSheetItem(
            session=rehearsal,
            position=step.position,
            kind=step.kind,
            title=step.title,
            planned_minutes=step.planned_minutes,
            employer_id=step.employer_id,
        )
        for step in steps
    )
    presents = RunSheetItem.presenters.through._default_manager
    pairs = list(zip(steps, copies, strict=True))
    presents.bulk_create(
        presents.model(runsheetitem_id=copy.pk, guest_id=guest.pk)
        for step, copy in pairs
        for guest in step.presenters.all()
    )
    RunSheetVacancy.objects.bulk_create(
        RunSheetVacancy(item=copy, vacancy_id=row.vacancy_id, position=row.position)
        for step, copy in pairs
        for row in step.presented.all()
    )


def delete_rehearsal(*, actor: Actor, rehearsal: Session) -> None:
    """Delete a rehearsal with all that was said and recorded there; for its crew.

    The rows go at once, and with them every way to the recordings; the files follow by a job of
    the same transaction, which runs again until it is done. Whoever publishes is no longer wanted
    and stops within seconds. Raises :class:`Conflict` for anything but a rehearsal.
    """
    user = actor.require_user()
    rules.require_console(rehearsal, user)
    if rehearsal.rehearsal_of_id is None:
        raise Conflict("not_rehearsal", gettext_lazy("Only rehearsals can be deleted."))
    public_id = rehearsal.public_id
    with write():
        takes.cut(actor=actor, session=rehearsal)
        audit.record(
            actor=user,
            action="rehearsal.delete",
            obj=rehearsal,
            diff={"title": [rehearsal.title, None], "entries": [rehearsal.last_seq, None]},
        )
        for key in _keys(rehearsal):
            close_key(key, public_id)
        try:
            rehearsal.delete()
        except ProtectedError as error:
            words = gettext_lazy("Somebody applied in this rehearsal; it cannot be deleted.")
            raise Conflict("rehearsal_used", words) from error
        enqueue(delete_files, session=str(public_id))
        enqueue(delete_files, delay_s=LAST_WRITES_S, session=str(public_id))


def _keys(session: Session) -> set[str]:
    """Of everybody who may have the room open."""
    crew = SessionCrew.objects.filter(session=session)
    staff = FairStaff.objects.filter(fair=session.fair_id, ended_at=None)
    return {
        *crew.values_list("person__actor_key", flat=True),
        *staff.values_list("person__actor_key", flat=True),
    }


@task
def delete_files(session: str) -> bool:
    """Delete the recordings of a session that is no more; return whether there were any."""
    public_id = UUID(session)
    if Session.objects.filter(public_id=public_id).exists():
        return False
    found = [one for one in (session_folder(public_id), download_folder(public_id)) if one.exists()]
    for folder in found:
        shutil.rmtree(folder)
    if not found:
        return False
    logger.info("Deleted the recordings of rehearsal %s", public_id)
    return True
