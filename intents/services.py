"""Expressing an intent: the first tap becomes a row, a consent and the first step."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.db import IntegrityError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts import audit
from accounts.actor import Actor
from accounts.models import User
from core.errors import Conflict, Invalid, NotAllowed
from core.ratelimit import take
from core.transactions import write
from employers.models import Vacancy
from fairs.enums import StaffRole
from fairs.models import EntryChannel, Fair
from fairs.rules import require_role
from intents import consent as consents
from intents.enums import EventChannel, EventKind, MomentSource
from intents.models import Consent, Intent
from intents.selectors import fair_of, live_intent, origin_of
from intents.steps import By, Note, announce, record_event
from livestream.models import Session
from seekers.models import SeekerProfile
from seekers.selectors import declared_groups, profile_of
from seekers.services import Answers, fill_answers, save_answers

PER_HOUR = 100


class Expressed(NamedTuple):
    """The seeker's live intent; ``created`` is false where it was there already."""

    intent: Intent
    created: bool


@dataclass(frozen=True, slots=True)
class Wish:
    """What was asked for; two posts with one ``client_id`` must ask for the same."""

    client_id: UUID
    vacancy: Vacancy
    consent_version: str
    session: Session | None = None
    pin_seq: int | None = None
    seen_raw: datetime | None = None
    seen_estimated: bool = False
    call_me: bool = False


def express_intent(
    *,
    actor: Actor,
    vacancy: Vacancy,
    client_id: UUID,
    consent_version: str,
    session: Session | None = None,
    pin_seq: int | None = None,
    seen_raw: datetime | None = None,
    seen_estimated: bool = False,
    call_me: bool = False,
) -> Expressed:
    """Record that the signed-in person wants ``vacancy`` and agrees to share with its employer.

    A live intent of the same person for the same vacancy is returned as it is, whatever the
    ``client_id``; the same ``client_id`` with the same content is the same row, with other content
    :class:`Conflict`. ``pin_seq`` and ``seen_raw`` (the broadcast moment on the viewer's screen at
    the first tap; ``seen_estimated`` if no player told it) are kept as far as the session's log
    bears them out. Raises :class:`Invalid` for an
    outdated consent and :class:`Conflict` for a vacancy that is closed or at no public fair.
    """
    wish = Wish(
        client_id,
        vacancy,
        consent_version,
        session,
        pin_seq,
        seen_raw,
        seen_estimated=seen_estimated,
        call_me=call_me,
    )
    user = actor.require_user()
    return _express(wish, seeker=user, by=By(user), channel_code=actor.channel_code)


def record_by_phone(
    *,
    actor: Actor,
    fair: Fair,
    phone: str,
    vacancy: Vacancy,
    client_id: UUID,
    consent_version: str,
    evidence: str,
    answers: Answers | None = None,
    session: Session | None = None,
    call_me: bool = True,
) -> Expressed:
    """Enter an intent that a person gave by phone; staff read the consent to them.

    ``phone`` is E.164; an account is made where there is none (unverified until its owner signs
    in). ``evidence`` says how consent was given (who called, when). Managers of the fair only.
    """
    user = actor.require_user()
    require_role(user, fair, StaffRole.MANAGER)
    if not evidence.strip():
        raise Invalid(
            "evidence_missing",
            _("Write down how the person agreed."),
            fields={"evidence": _("Write down how the person agreed.")},
        )
    with write():
        seeker, _made = User.objects.get_or_create(phone=phone)
        if answers is not None:
            fill_answers(person=seeker, by=user, answers=answers)
        wish = Wish(client_id, vacancy, consent_version, session, call_me=call_me)
        by = By(user, EventChannel.PHONE, seeker.public_id)
        return _express(wish, seeker=seeker, by=by, fair=fair, note=Note(evidence=evidence))


def _express(
    wish: Wish,
    *,
    seeker: User,
    by: By,
    channel_code: str = "",
    fair: Fair | None = None,
    note: Note | None = None,
) -> Expressed:
    if known := _known(wish, seeker):
        return Expressed(known, created=False)
    consents.require_current(wish.consent_version)
    at = _place(wish, fair)
    take(f"intent:{seeker.pk}", limit=PER_HOUR, period_s=3600)
    try:
        with write():
            intent = _store(wish, seeker, at, channel_code)
            record_event(intent, EventKind.EXPRESSED, by=by, note=note or Note())
            audit.record(
                actor=by.user,
                action="intent.expressed",
                obj=intent,
                on_behalf_of=by.on_behalf_of,
            )
            announce(intent, EventKind.EXPRESSED)
    except IntegrityError:
        # The same wish arrived at the same time and was stored first.
        if known := _known(wish, seeker):
            return Expressed(known, created=False)
        raise
    return Expressed(intent, created=True)


def _known(wish: Wish, seeker: User) -> Intent | None:
    """The row this wish already is: by client id, else the live one for the vacancy."""
    same = Intent.objects.filter(seeker=seeker, client_id=wish.client_id).first()
    if same is None:
        return live_intent(seeker, wish.vacancy)
    if not _same_body(same, wish):
        raise Conflict(
            "client_id_reused",
            _("This request was sent before with other content. Reload and try again."),
        )
    return same


def _same_body(intent: Intent, wish: Wish) -> bool:
    session = wish.session.pk if wish.session else None
    if (intent.vacancy_id, intent.session_id) != (wish.vacancy.pk, session):
        return False
    pin_seq = origin_of(wish.vacancy, wish.session, wish.pin_seq, None).pin_seq
    return (intent.pin_seq, intent.seen_raw, intent.call_me, intent.consent.version) == (
        pin_seq,
        wish.seen_raw,
        wish.call_me,
        wish.consent_version,
    )


def _place(wish: Wish, fair: Fair | None) -> Fair:
    """The fair the intent belongs to; refuses vacancies that cannot be applied for."""
    if wish.session is not None and wish.session.rehearsal_of_id is not None:
        raise NotAllowed(
            "rehearsal", _("This is a rehearsal: applications cannot be made here, and none count.")
        )
    vacancy = wish.vacancy
    is_open = Vacancy.objects.public().filter(pk=vacancy.pk).exists()
    expired = vacancy.valid_until is not None and vacancy.valid_until < timezone.localdate()
    if not is_open or expired:
        raise Conflict("vacancy_closed", _("This vacancy is closed. Have a look at the others."))
    found = fair_of(vacancy, wish.session, fair)
    if found is None:
        raise Conflict("vacancy_not_at_fair", _("This vacancy is not part of an open job fair."))
    return found


def _store(wish: Wish, seeker: User, fair: Fair, channel_code: str) -> Intent:
    origin = origin_of(wish.vacancy, wish.session, wish.pin_seq, wish.seen_raw)
    source = origin.moment.source
    if wish.seen_estimated and source == MomentSource.PLAYER:
        source = MomentSource.ESTIMATED
    profile = profile_of(seeker)
    consent = Consent.objects.create(
        person=seeker, recipient=wish.vacancy.employer, version=wish.consent_version
    )
    return Intent.objects.create(
        fair=fair,
        vacancy=wish.vacancy,
        revision=origin.revision,
        seeker=seeker,
        client_id=wish.client_id,
        session=wish.session,
        pin_seq=origin.pin_seq,
        seen_raw=wish.seen_raw,
        seen_at=origin.moment.at,
        moment_source=source,
        entry_channel=EntryChannel.objects.filter(fair=fair, code=channel_code).first(),
        consent=consent,
        groups=declared_groups(profile),
        name=seeker.display_name,
        trade=profile.trade,
        years=profile.years,
        certificates=profile.certificates,
        call_me=wish.call_me,
    )


def answer(*, actor: Actor, answers: Answers) -> SeekerProfile:
    """Save the seeker's own answers, and show them on their intents that still live.

    Employers read the four answers from the intent; an answer given after the tap, in the sheet's
    last step or on the seeker's page, must reach them. Closed intents keep what was shown.
    """
    user = actor.require_user()
    with write():
        profile = save_answers(person=user, by=user, answers=answers)
        Intent.objects.live().filter(seeker=user).update(
            name=user.display_name,
            trade=profile.trade,
            years=profile.years,
            certificates=profile.certificates,
            groups=declared_groups(profile),
        )
    return profile
