"""Invented histories of a fair: people, roles, intents with their steps, and what was said."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import Any

from accounts.models import Block, Device, DeviceMerge
from core.ids import new_id
from fairs.models import BoothVacancy, Fair
from intents.enums import EventKind, Level, Outcome
from intents.models import Consent, Intent, IntentEvent
from intents.rules import START, State, next_state
from livestream.enums import EventKind as RoomKind
from livestream.enums import ItemKind, WatchKind
from livestream.models import Pin, RoomEvent, RunSheetItem, Session, SessionGuest, WatchSpan
from tests.factories import (
    BoothFactory,
    EmployerMemberFactory,
    EntryChannelFactory,
    FairFactory,
    FairStaffFactory,
    GuestFactory,
    SessionCrewFactory,
    SessionFactory,
    UserFactory,
    VacancyFactory,
)

T0 = datetime(2026, 3, 1, 6, 0, tzinfo=UTC)
HOURS = 72


def moment(chance: random.Random) -> datetime:
    """A whole minute within three days: equal moments happen."""
    return T0 + timedelta(minutes=chance.randrange(HOURS * 60))


class History:
    """A fair in which anything that the constraints allow may have happened."""

    def __init__(self, seed: int, *, size: int = 12) -> None:
        self.chance = random.Random(seed)
        self.fair: Fair = FairFactory(starts_at=T0, ends_at=T0 + timedelta(days=3))
        self.people = [UserFactory() for _ in range(self.chance.randint(1, size))]
        self.channels = [EntryChannelFactory(fair=self.fair) for _ in range(2)]
        self._sessions()
        self._vacancies()
        self._roles()
        self._intents(self.chance.randrange(2 * size))
        self._room(self.chance.randrange(3 * size))
        self._watching(self.chance.randrange(6 * size))

    def _sessions(self) -> None:
        guests = [GuestFactory() for _ in range(3)]
        first = SessionFactory(fair=self.fair)
        self.sessions: list[Session] = [
            first,
            SessionFactory(fair=self.fair),
            SessionFactory(fair=self.fair, rehearsal_of=first),
        ]
        self.pins: list[Pin] = []
        for session in self.sessions:
            for guest in self.chance.sample(guests, self.chance.randint(0, 3)):
                SessionGuest.objects.create(session=session, guest=guest)
            for seq in (1, 5):
                item = None
                if self.chance.random() < 0.7:
                    item = RunSheetItem.objects.create(
                        session=session, position=seq, kind=ItemKind.EMPLOYER, title="讲解"
                    )
                    item.presenters.set(self.chance.sample(guests, self.chance.randint(0, 2)))
                pin = Pin.objects.create(session=session, seq=seq, item=item, ended_at=T0)
                self.pins.append(pin)

    def _vacancies(self) -> None:
        self.vacancies = []
        for _employer in range(self.chance.randint(1, 3)):
            booth = BoothFactory(fair=self.fair, created_at=moment(self.chance))
            for _vacancy in range(self.chance.randint(1, 3)):
                vacancy = VacancyFactory(
                    employer=booth.employer,
                    headcount=self.chance.choice([None, 1, 7]),
                    trade=self.chance.choice(["", "焊工", "护理"]),
                    opened_at=moment(self.chance),
                )
                if self.chance.random() < 0.5:
                    snapshot = {"headcount": self.chance.choice([None, 3]), "trade": "车工"}
                    vacancy.revisions.create(number=2, snapshot=snapshot, at=moment(self.chance))
                BoothVacancy.objects.create(
                    booth=booth, fair=self.fair, vacancy=vacancy, at=moment(self.chance)
                )
                self.vacancies.append(vacancy)

    def _roles(self) -> None:
        for person in self.people:
            draw = self.chance.random()
            since: dict[str, Any] = {"person": person, "since": moment(self.chance)}
            if draw < 0.08:
                FairStaffFactory(fair=self.fair, ended_at=moment(self.chance), **since)
            elif draw < 0.16:
                SessionCrewFactory(session=self.chance.choice(self.sessions), **since)
            elif draw < 0.24:
                EmployerMemberFactory(employer=self.vacancies[0].employer, **since)
            for blocked in (True, False, True)[: self.chance.choice([0, 0, 0, 1, 2, 3])]:
                at = moment(self.chance)
                Block.objects.create(user=person, blocked=blocked, reason="spam", at=at)

    def _intents(self, count: int) -> None:
        live: set[tuple[int, int]] = set()
        seq, clock = 0, T0
        for _intent in range(count):
            seeker, vacancy = self.chance.choice(self.people), self.chance.choice(self.vacancies)
            if (seeker.pk, vacancy.pk) in live:
                continue
            intent = self._intent(seeker, vacancy)
            state, kind = START, EventKind.EXPRESSED
            while True:
                seq += 1
                clock += timedelta(minutes=self.chance.randrange(120))
                IntentEvent.objects.create(
                    fair=self.fair, seq=seq, intent=intent, kind=kind, at=clock
                )
                steps = [step for step in EventKind if next_state(state, step)]
                if not steps or self.chance.random() < 0.4:
                    break
                kind = self.chance.choice(steps)
                state = next_state(state, kind) or state
            self._settle(intent, state)
            if state.outcome == Outcome.LIVE:
                live.add((seeker.pk, vacancy.pk))

    def _intent(self, seeker: Any, vacancy: Any) -> Intent:
        session = self.chance.choice([None, *self.sessions])
        pin_seq = self.chance.choice([None, 1, 5, 9]) if session else None
        consent = Consent.objects.create(
            person=seeker, recipient=vacancy.employer, version="2026-11"
        )
        return Intent.objects.create(
            fair=self.fair,
            vacancy=vacancy,
            revision=vacancy.revisions.first(),
            seeker=seeker,
            client_id=new_id(),
            session=session,
            pin_seq=pin_seq,
            entry_channel=self.chance.choice([None, *self.channels]),
            consent=consent,
            outcome=Outcome.LAPSED,
        )

    def _settle(self, intent: Intent, state: State) -> None:
        intent.level, intent.outcome = Level(state.level), Outcome(state.outcome)
        intent.save()

    def _room(self, count: int) -> None:
        asked: list[tuple[Session, str]] = []
        for seq in range(10, 10 + count):
            session = self.chance.choice(self.sessions)
            kind = self.chance.choice([RoomKind.MESSAGE, RoomKind.QUESTION, RoomKind.ANSWER])
            refs = {}
            if kind == RoomKind.MESSAGE:
                # A message released from hold is logged a second time.
                refs = {"message": self.chance.choice(["m1", str(new_id()), str(new_id())])}
            elif kind == RoomKind.QUESTION:
                if asked and self.chance.random() < 0.2:  # its answer was taken back
                    session, question = self.chance.choice(asked)
                    refs = {"question": question}
                else:
                    refs = {"question": str(new_id())}
                    asked.append((session, refs["question"]))
            elif asked:
                session, question = self.chance.choice(asked)
                refs = {"question": question}
            RoomEvent.objects.create(
                session=session,
                seq=seq,
                kind=kind,
                actor_key=self.chance.choice(self.people).actor_key,
                refs=refs,
                at=moment(self.chance),
            )

    def _watching(self, count: int) -> None:
        """Reports of accounts and devices: overlapping, doubled, with pauses of every length."""
        devices = [Device.objects.create() for _ in range(3)]
        for device in devices:
            for user in self.chance.sample(self.people, min(len(self.people), 2)):
                if self.chance.random() < 0.6:
                    at = moment(self.chance)
                    DeviceMerge.objects.create(device=device, user=user, at=at)
        keys = [device.actor_key for device in devices]
        keys += [person.actor_key for person in self.people[:5]]
        codes = ["", "elsewhere", *(channel.code for channel in self.channels)]
        clock = moment(self.chance)
        rows = []
        for _span in range(count):
            steps = [-61_000, -5_000, 0, 1, 59_000, 119_999, 120_000, 120_001, 3_600_000]
            clock += timedelta(milliseconds=self.chance.choice(steps))
            length = self.chance.choice([500, 9_999, 10_000, 55_123, 60_000, 64_321, 900_000])
            rows.append(
                WatchSpan(
                    session=self.chance.choice(self.sessions),
                    key=self.chance.choice(keys),
                    channel=self.chance.choice(codes),
                    starts_at=clock - timedelta(milliseconds=length),
                    ends_at=clock,
                    played_ms=self.chance.choice([length, length, length // 2]),
                    kind=self.chance.choice(list(WatchKind)),
                )
            )
            clock += timedelta(milliseconds=self.chance.choice([0, length]))
        WatchSpan.objects.bulk_create(rows)
