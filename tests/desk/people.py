"""The people who knock at the desk's door, and a fair with one of everything."""

from __future__ import annotations

from dataclasses import dataclass

from django.test import Client
from django.urls import reverse

from accounts.actor import Actor
from accounts.models import User
from core.ids import new_id
from employers.enums import EmployerStatus, VacancyStatus
from employers.models import Employer, EmployerClaim, Vacancy
from fairs.enums import BoothStatus, StaffRole
from fairs.models import Booth, Fair, ImportBatch
from intents.models import Intent
from livestream.enums import HonourLevel, ItemKind, MessageStatus
from livestream.models import Guest, Honour, Message, RunSheetItem, Session
from livestream.services.chat import post_message
from tests.factories import (
    BoothFactory,
    EmployerFactory,
    FairFactory,
    FairStaffFactory,
    GuestFactory,
    SessionFactory,
    UserFactory,
    VacancyFactory,
    express,
    open_vacancy,
)
from tests.support.accounts import signed_in


def staff_of(fair: Fair, role: StaffRole = StaffRole.MANAGER) -> User:
    user: User = FairStaffFactory(fair=fair, role=role).person
    return user


def browser(user: User | None, *, second_factor: bool = False) -> Client:
    client = Client()
    return client if user is None else signed_in(client, user, second_factor=second_factor)


def audited(action: str) -> int:
    from accounts.models import AuditEvent

    return AuditEvent.objects.filter(action=action).count()


@dataclass
class Scene:
    """One fair with one of everything that the desk shows."""

    fair: Fair
    session: Session
    item: RunSheetItem
    guest: Guest
    honour: Honour
    waiting: Employer
    claim: EmployerClaim
    draft: Vacancy
    submitted: Vacancy
    booth: Booth
    intent: Intent
    message: Message
    batch: ImportBatch

    @classmethod
    def build(cls, fair: Fair | None = None) -> Scene:
        fair = fair or FairFactory()
        session = SessionFactory(fair=fair, hold_messages=True)
        guest = GuestFactory()
        vacancy = open_vacancy(fair)
        message, _new = post_message(
            actor=Actor(user=UserFactory()), session=session, client_id=new_id(), text="加我微信"
        )
        assert message.status == MessageStatus.HELD
        return cls(
            fair=fair,
            session=session,
            item=RunSheetItem.objects.create(
                session=session, position=10, kind=ItemKind.OPENING, title="开场"
            ),
            guest=guest,
            honour=Honour.objects.create(
                guest=guest, level=HonourLevel.CITY, title="岭州工匠", year=2020, issuer="市总工会"
            ),
            waiting=EmployerFactory(status=EmployerStatus.SUBMITTED, verified_at=None),
            claim=EmployerClaim.objects.create(
                unclaimed=EmployerFactory(status=EmployerStatus.UNCLAIMED, verified_at=None),
                claimant=EmployerFactory(),
                claimed_by=UserFactory(),
            ),
            draft=draft(fair),
            submitted=draft(fair, status=VacancyStatus.SUBMITTED, duties="焊接", missing=[]),
            booth=BoothFactory(fair=fair, status=BoothStatus.APPLIED),
            intent=express(UserFactory(), vacancy),
            message=message,
            batch=ImportBatch.objects.create(
                fair=fair, filename="岗位.xlsx", report={"total": 0, "rows": [], "sample": []}
            ),
        )

    def addresses(self) -> dict[str, str]:
        """Every page of the desk that can be opened, by URL name."""
        slug, session = [self.fair.slug], [self.session.public_id]
        vacancy = self.intent.vacancy.public_id
        pages: dict[str, list[object]] = {
            "desk": [],
            "desk-fair-new": [],
            "desk-fair": [*slug],
            "desk-fair-edit": [*slug],
            "desk-imports": [*slug],
            "desk-import-template": [*slug],
            "desk-import": [*slug, self.batch.public_id],
            "desk-phone-intent": [*slug],
            "desk-phone-intent-for": [*slug, vacancy],
            "desk-session-new": [*slug],
            "desk-session": [*session],
            "desk-session-edit": [*session],
            "desk-booths": [],
            "desk-employers": [],
            "desk-employers-batch": [],
            "desk-employers-batch-template": [],
            "desk-employer": [self.waiting.public_id],
            "desk-claims": [],
            "desk-vacancies": [],
            "desk-vacancy-edit": [self.draft.public_id],
            "desk-honours": [],
            "desk-guests": [],
            "desk-guest-new": [],
            "desk-guest": [self.guest.public_id],
            "desk-unanswered": [],
            "desk-messages": [],
            "desk-message": [self.message.public_id],
            "desk-person": [self.message.author.public_id],
            "desk-questions": [],
            "desk-sanctions": [],
            "desk-words": [],
        }
        return {name: reverse(name, args=args) for name, args in pages.items()}


def draft(fair: Fair, **fields: object) -> Vacancy:
    """A vacancy that was imported and lacks its duties."""
    values: dict[str, object] = {
        "status": VacancyStatus.DRAFT,
        "duties": "",
        "missing": ["duties"],
        "opened_at": None,
        "revision_number": 0,
        **fields,
    }
    vacancy: Vacancy = VacancyFactory(**values)
    return vacancy
