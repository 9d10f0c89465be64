"""Reading intents: the seeker's own, the employer's inbox, the states of cards on a page."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Case, IntegerField, Value, When
from django.utils import timezone

from accounts.models import User
from employers.models import Vacancy, VacancyRevision
from fairs.enums import PUBLIC_FAIRS, BoothStatus, FairStatus
from fairs.models import BoothVacancy, Fair
from intents.enums import Level, MomentSource, Outcome
from intents.models import Intent
from intents.rules import UNKNOWN, Moment, clamp, estimate
from livestream.enums import FOREIGN_SOURCES
from livestream.models import OnAirInterval, Pin, PinVacancy, Session
from livestream.rules import usual_delay_s

#: What a vacancy card is told about the signed-in seeker's intent.
CARD_EXPRESSED, CARD_MATCHED, CARD_DECLINED = "expressed", "matched", "declined"


def intent_states(user: User | None, vacancy_ids: Iterable[UUID] | None = None) -> dict[str, str]:
    """Return the card state per vacancy public id: ``expressed``, ``matched`` or ``declined``.

    One query; vacancies without an intent, or whose last one was withdrawn or lapsed, are left
    out: they can be applied for (again). ``vacancy_ids`` narrows to the cards of a page.
    """
    if user is None or not user.is_authenticated:
        return {}
    rows = Intent.objects.of_seeker(user)
    if vacancy_ids is not None:
        rows = rows.filter(vacancy__public_id__in=list(vacancy_ids))
    found = rows.order_by("id").values_list("vacancy__public_id", "level", "outcome")
    states = {str(vacancy): _card_state(level, outcome) for vacancy, level, outcome in found}
    return {vacancy: state for vacancy, state in states.items() if state}


def _card_state(level: int, outcome: str) -> str:
    if outcome == Outcome.LIVE:
        return CARD_MATCHED if level >= Level.MATCHED else CARD_EXPRESSED
    return CARD_DECLINED if outcome == Outcome.DECLINED else ""


def mark_states(user: User | None, vacancies: Iterable[Vacancy]) -> list[Vacancy]:
    """Set ``intent_state`` on each vacancy for its card, in one query; return them as a list."""
    cards = list(vacancies)
    states = intent_states(user, [card.public_id for card in cards]) if cards else {}
    for card in cards:
        vars(card)["intent_state"] = states.get(str(card.public_id), "")
    return cards


def live_intent(seeker: User, vacancy: Vacancy) -> Intent | None:
    """The seeker's one live intent for the vacancy."""
    return Intent.objects.filter(seeker=seeker, vacancy=vacancy, outcome=Outcome.LIVE).first()


def applicable(public_id: UUID) -> Vacancy | None:
    """The vacancy with that public id if it was ever opened; it may have closed since."""
    found = Vacancy.objects.filter(public_id=public_id, revision_number__gte=1)
    return found.select_related("employer").first()


def fair_of(vacancy: Vacancy, session: Session | None, fair: Fair | None = None) -> Fair | None:
    """The public fair that an intent for ``vacancy`` belongs to.

    ``fair`` or the session's fair where one is given; else, of the public fairs where an approved
    booth brings the vacancy: a live one before a published before a closed one, then the one that
    starts last.
    ``None`` where no such fair brings the vacancy.
    """
    brought = BoothVacancy.objects.filter(
        vacancy=vacancy, booth__status=BoothStatus.APPROVED, fair__status__in=PUBLIC_FAIRS
    )
    if session is not None:
        brought = brought.filter(fair=session.fair_id)
    if fair is not None:
        brought = brought.filter(fair=fair)
    turn = Case(
        When(fair__status=FairStatus.LIVE, then=Value(0)),
        When(fair__status=FairStatus.PUBLISHED, then=Value(1)),
        default=Value(2),
        output_field=IntegerField(),
    )
    row = brought.order_by(turn, "-fair__starts_at", "fair_id").select_related("fair").first()
    return row.fair if row else None


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a wish came from, as verified: the card, the revision on it and the moment."""

    revision: VacancyRevision
    pin_seq: int | None
    moment: Moment


def origin_of(
    vacancy: Vacancy, session: Session | None, pin_seq: int | None, seen_raw: datetime | None
) -> Origin:
    """Check what the page reported against the session; what does not hold is left out."""
    newest = VacancyRevision.objects.filter(vacancy=vacancy).order_by("-number")
    if session is None:
        return Origin(newest[0], None, UNKNOWN)
    pin = Pin.objects.filter(session=session, seq=pin_seq).first() if pin_seq else None
    shown = (
        PinVacancy.objects.filter(pin=pin, revision__vacancy=vacancy)
        .select_related("revision")
        .first()
    )
    return Origin(
        revision=shown.revision if shown else newest[0],
        pin_seq=pin.seq if pin else None,
        moment=moment_of(session, seen_raw),
    )


def moment_of(session: Session, seen_raw: datetime | None) -> Moment:
    """The broadcast moment a viewer reported, or the best estimate without a player's clock."""
    on_air = list(OnAirInterval.objects.filter(session=session).values_list("starts_at", "ends_at"))
    now = timezone.now()
    if seen_raw is None:
        return estimate(on_air, delay_s=usual_delay_s(session), now=now)
    moment = clamp(seen_raw, on_air, now=now)
    if moment.at is not None and session.video_source in FOREIGN_SOURCES:
        return Moment(moment.at, MomentSource.ESTIMATED)
    return moment
