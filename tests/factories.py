"""Rows for tests, each valid by itself. Ask only for what the test is about."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import factory
from django.contrib.auth.hashers import make_password
from django.utils import timezone
from factory.django import DjangoModelFactory

from accounts.actor import Actor
from accounts.models import User
from core.ids import new_id
from employers.enums import EmployerRole, EmployerStatus, VacancyStatus
from employers.models import Employer, EmployerMember, Vacancy, VacancyRevision
from employers.revisions import snapshot_of
from employers.rules import search_text_of
from fairs.enums import BoothStatus, FairStatus, StaffRole
from fairs.models import Booth, BoothVacancy, EntryChannel, Fair, FairStaff
from intents import consent
from intents.models import Intent
from intents.services import express_intent
from livestream.enums import CrewRole, IntervalSource, SessionStatus, VideoSource
from livestream.models import Guest, OnAirInterval, Session, SessionCrew


class UserFactory(DjangoModelFactory[User]):
    """A verified account; ``unverified=True`` only asked for a code, ``admin=True`` is superuser."""

    class Meta:
        model = User

    class Params:
        unverified = factory.Trait(phone_verified_at=None)
        admin = factory.Trait(is_superuser=True)

    phone = factory.Sequence(lambda n: f"+86139{n:08d}")
    display_name = factory.Sequence(lambda n: f"王师傅{n}")
    phone_verified_at = factory.LazyFunction(timezone.now)
    password = factory.LazyFunction(lambda: make_password(None))


class EmployerFactory(DjangoModelFactory[Employer]):
    class Meta:
        model = Employer

    name = factory.Sequence(lambda n: f"永兴机械{n}厂")
    status = EmployerStatus.VERIFIED
    verified_at = factory.LazyFunction(timezone.now)


class EmployerMemberFactory(DjangoModelFactory[EmployerMember]):
    class Meta:
        model = EmployerMember

    employer = factory.SubFactory(EmployerFactory)
    person = factory.SubFactory(UserFactory)
    role = EmployerRole.RECRUITER


class VacancyFactory(DjangoModelFactory[Vacancy]):
    """An open vacancy with its first revision."""

    class Meta:
        model = Vacancy
        skip_postgeneration_save = True

    employer = factory.SubFactory(EmployerFactory)
    publisher = factory.SelfAttribute("employer")
    title = factory.Sequence(lambda n: f"焊工{n}")
    trade = "焊工"
    headcount = 5
    headcount_stated = True
    duties = "焊接钢结构"
    requirements = "持焊工证"
    place_text = "本市"
    pay_text = "6-8千/月"
    pay_min_fen = 600000
    pay_max_fen = 800000
    pay_unit = "month"
    pay_monthly_min_fen = 600000
    pay_monthly_max_fen = 800000
    valid_until = factory.LazyFunction(lambda: timezone.localdate() + timedelta(days=30))
    status = VacancyStatus.OPEN
    opened_at = factory.LazyFunction(timezone.now)
    revision_number = 1

    @factory.post_generation
    def indexed(self: Vacancy, create: bool, extracted: Any, **kwargs: Any) -> None:
        if create:
            self.search_text = search_text_of(self)
            self.save(update_fields=["search_text"])

    @factory.post_generation
    def revision(self: Vacancy, create: bool, extracted: Any, **kwargs: Any) -> None:
        if create and self.revision_number:
            VacancyRevision.objects.create(
                vacancy=self,
                number=self.revision_number,
                snapshot=snapshot_of(self),
                at=self.opened_at or timezone.now(),
            )


class FairFactory(DjangoModelFactory[Fair]):
    """A fair that is on right now."""

    class Meta:
        model = Fair

    slug = factory.Sequence(lambda n: f"fair-{n}")
    name = factory.Sequence(lambda n: f"春送岗位{n}")
    starts_at = factory.LazyFunction(lambda: timezone.now() - timedelta(hours=2))
    ends_at = factory.LazyFunction(lambda: timezone.now() + timedelta(days=2))
    status = FairStatus.LIVE


class FairStaffFactory(DjangoModelFactory[FairStaff]):
    class Meta:
        model = FairStaff

    fair = factory.SubFactory(FairFactory)
    person = factory.SubFactory(UserFactory)
    role = StaffRole.MANAGER


class BoothFactory(DjangoModelFactory[Booth]):
    class Meta:
        model = Booth

    fair = factory.SubFactory(FairFactory)
    employer = factory.SubFactory(EmployerFactory)
    status = BoothStatus.APPROVED


class EntryChannelFactory(DjangoModelFactory[EntryChannel]):
    class Meta:
        model = EntryChannel

    fair = factory.SubFactory(FairFactory)
    code = factory.Sequence(lambda n: f"c{n}")
    name = factory.Sequence(lambda n: f"渠道{n}")


class SessionFactory(DjangoModelFactory[Session]):
    """A session that is live now; no time on air is marked."""

    class Meta:
        model = Session

    fair = factory.SubFactory(FairFactory)
    title = factory.Sequence(lambda n: f"焊工专场{n}")
    starts_at = factory.LazyFunction(lambda: timezone.now() - timedelta(hours=1))
    ends_at = factory.LazyFunction(lambda: timezone.now() + timedelta(hours=2))
    status = SessionStatus.LIVE
    video_source = VideoSource.TEST


class OnAirIntervalFactory(DjangoModelFactory[OnAirInterval]):
    class Meta:
        model = OnAirInterval

    session = factory.SubFactory(SessionFactory)
    starts_at = factory.LazyFunction(lambda: timezone.now() - timedelta(hours=1))
    source = IntervalSource.STAFF


class SessionCrewFactory(DjangoModelFactory[SessionCrew]):
    class Meta:
        model = SessionCrew

    session = factory.SubFactory(SessionFactory)
    person = factory.SubFactory(UserFactory)
    role = CrewRole.OPERATOR


class GuestFactory(DjangoModelFactory[Guest]):
    class Meta:
        model = Guest

    name = factory.Sequence(lambda n: f"李师傅{n}")
    trade = "焊工"


def actor(user: User | None = None, **fields: Any) -> Actor:
    """Somebody who asks; a new person when no ``user`` is given."""
    return Actor(user=user or UserFactory(), **fields)


def bring(vacancy: Vacancy, fair: Fair) -> BoothVacancy:
    """Bring ``vacancy`` to ``fair`` at its employer's approved booth."""
    booth = Booth.objects.filter(fair=fair, employer=vacancy.employer).first()
    booth = booth or BoothFactory(fair=fair, employer=vacancy.employer)
    return BoothVacancy.objects.create(booth=booth, fair=fair, vacancy=vacancy)


def open_vacancy(fair: Fair | None = None, **fields: Any) -> Vacancy:
    """An open vacancy at ``fair`` (a new one when none is given)."""
    vacancy = VacancyFactory(**fields)
    bring(vacancy, fair or FairFactory())
    return vacancy


def express(seeker: User, vacancy: Vacancy, **fields: Any) -> Intent:
    """An intent as the service records it."""
    channel_code = fields.pop("channel_code", "")
    values = {"client_id": new_id(), "consent_version": consent.CURRENT, **fields}
    who = Actor(user=seeker, channel_code=channel_code)
    return express_intent(actor=who, vacancy=vacancy, **values).intent
