"""One small world for the permission matrix: a fair, another fair, and somebody in every role.

Everything of the first fair is ``own``, everything of the second is ``other``, and ``absent`` names
rows that do not exist. The other fair is archived, so that nobody but its own people may know of
anything there. ``mark`` is appended to every text that people write, for the tests that look for
unescaped output.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from http.cookies import SimpleCookie
from types import SimpleNamespace
from typing import Any

from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from accounts.enums import InvitationScope
from accounts.models import Invitation, User
from core.ids import new_id
from employers.enums import DocumentKind, EmployerRole, EmployerStatus, VacancyStatus
from employers.models import Employer, EmployerClaim, EmployerDocument, Vacancy
from fairs.enums import FairStatus, PartnerKind, StaffRole
from fairs.models import Booth, Fair, FairPartner, ImportBatch
from intents import ladder
from intents.models import Intent
from jobfair.desk.batch_store import keep
from livestream import services
from livestream.enums import (
    CrewRole,
    HonourLevel,
    HonourStatus,
    ItemKind,
    SanctionKind,
    VideoSource,
    WordAction,
)
from livestream.models import (
    BlockedWord,
    Guest,
    Honour,
    Message,
    Question,
    RunSheetItem,
    Sanction,
    Session,
    SessionGuest,
)
from seekers.models import SeekerProfile
from tests.factories import (
    BoothFactory,
    EmployerFactory,
    EmployerMemberFactory,
    EntryChannelFactory,
    FairFactory,
    FairStaffFactory,
    GuestFactory,
    SessionCrewFactory,
    SessionFactory,
    UserFactory,
    VacancyFactory,
    actor,
    bring,
    express,
)
from tests.support.accounts import set_up_totp, signed_in


class Role(StrEnum):
    """Who asks."""

    ANONYMOUS = "anonymous"
    SEEKER = "seeker"
    OTHER_SEEKER = "other seeker"
    RECRUITER = "recruiter of the employer"
    OTHER_RECRUITER = "recruiter of another employer"
    OPERATOR = "crew of the session"
    OTHER_OPERATOR = "crew of another session"
    MANAGER = "manager"
    REVIEWER = "reviewer"
    MODERATOR = "moderator"
    STATISTICIAN = "statistician"
    OTHER_MANAGER = "manager of another fair"
    SUPERUSER = "superuser"


#: Who is to the other fair what the first is to the own one.
COUNTERPART = {
    Role.SEEKER: Role.OTHER_SEEKER,
    Role.RECRUITER: Role.OTHER_RECRUITER,
    Role.OPERATOR: Role.OTHER_OPERATOR,
    Role.MANAGER: Role.OTHER_MANAGER,
}


@dataclass(frozen=True)
class Things:
    """One of everything that an address or a form can name."""

    fair: Fair
    manager: User
    fair_invitation: Invitation
    booth: Booth
    employer: Employer
    colleague: User
    invitation: Invitation
    document: EmployerDocument
    claim: EmployerClaim
    unclaimed: Employer
    review_batch: SimpleNamespace
    vacancy: Vacancy
    draft: Vacancy
    batch: ImportBatch
    guest: Guest
    honour: Honour
    session: Session
    session_invitation: Invitation
    item: RunSheetItem
    operator: User
    message: Message
    question: Question
    sanction: Sanction
    word: BlockedWord
    intent: Intent


@dataclass(frozen=True)
class World:
    people: dict[Role, User]
    own: Things
    other: Things
    absent: Things
    phones: frozenset[str]
    _cookies: dict[Role, str]

    def client(self, role: Role) -> Client:
        """A browser of somebody in ``role``, fresh each time; staff have shown a second factor."""
        client = Client()
        client.cookies = SimpleCookie(self._cookies.get(role, ""))
        return client


def _phones() -> Iterator[str]:
    for number in range(1000, 2000):
        yield f"+8613957{number:06d}"


def build(*, mark: str = "", phone: Callable[[], str] | None = None) -> World:
    """Make the world in the database. Phone numbers start with 139 57 in every written form."""
    next_phone = phone or _phones().__next__

    def person(name: str, **fields: Any) -> User:
        return UserFactory(phone=next_phone(), display_name=name + mark, **fields)

    people = {
        role: person(str(role)[:12], admin=role == Role.SUPERUSER)
        for role in Role
        if role != Role.ANONYMOUS
    }
    own = _things("spring", mark, person, people, mirrored=False)
    other = _things("autumn", mark, person, people, mirrored=True)
    # Stricter than a stranger: crew of another session of the same fair.
    SessionCrewFactory(session=SessionFactory(fair=own.fair), person=people[Role.OTHER_OPERATOR])
    for role in (StaffRole.REVIEWER, StaffRole.MODERATOR, StaffRole.STATISTICIAN):
        FairStaffFactory(fair=own.fair, person=people[Role[role.name]], role=role)
    Fair.objects.filter(pk=other.fair.pk).update(status=FairStatus.ARCHIVED)
    return World(
        people=people,
        own=own,
        other=other,
        absent=_absent(),
        phones=frozenset(User.objects.values_list("phone", flat=True)),
        _cookies={role: _cookie(user) for role, user in people.items()},
    )


def _cookie(user: User) -> str:
    set_up_totp(user)
    RecoveryCodes.activate(user)
    client = signed_in(Client(), user, second_factor=True)
    return f"sessionid={client.cookies['sessionid'].value}"


def _things(
    slug: str, mark: str, person: Callable[..., User], people: dict[Role, User], *, mirrored: bool
) -> Things:
    def one(role: Role) -> User:
        return people[COUNTERPART[role] if mirrored else role]

    fair = FairFactory(
        slug=slug, name=f"春送岗位{mark}", tagline=f"线上{mark}", intro=f"介绍{mark}"
    )
    FairPartner.objects.create(fair=fair, kind=PartnerKind.ORGANISER, name=f"总工会{mark}")
    EntryChannelFactory(fair=fair, name=f"海报{mark}")
    manager = one(Role.MANAGER)
    FairStaffFactory(fair=fair, person=manager, role=StaffRole.MANAGER)

    # The other employer waits for review: it has no public page yet.
    employer = EmployerFactory(
        name=f"永兴机械{slug}{mark}", intro=f"工厂{mark}", address=f"工业路{mark}"
    )
    recruiter, colleague = one(Role.RECRUITER), person("同事")
    EmployerMemberFactory(employer=employer, person=recruiter, role=EmployerRole.OWNER)
    EmployerMemberFactory(employer=employer, person=colleague)
    vacancy = VacancyFactory(
        employer=employer, title=f"焊工{mark}", duties=f"焊接{mark}", requirements=f"持证{mark}"
    )
    draft = VacancyFactory(
        employer=employer,
        title=f"车工{mark}",
        status=VacancyStatus.DRAFT,
        opened_at=None,
        revision_number=0,
    )
    bring(vacancy, fair)
    booth = BoothFactory(fair=fair, employer=EmployerFactory(), status="applied")

    guest = GuestFactory(name=f"李师傅{mark}", headline=f"劳模{mark}", story=f"三十年{mark}")
    honour = Honour.objects.create(
        guest=guest,
        level=HonourLevel.NATIONAL,
        title=f"全国劳动模范{mark}",
        year=2015,
        issuer=f"国务院{mark}",
        evidence=ContentFile(b"%PDF-1.4", name="evidence.pdf"),
        status=HonourStatus.APPROVED,
        reviewed_at=timezone.now(),
    )
    session = SessionFactory(fair=fair, title=f"焊工专场{mark}", intro=f"介绍{mark}")
    SessionGuest.objects.create(session=session, guest=guest)
    operator = one(Role.OPERATOR)
    SessionCrewFactory(session=session, person=operator, role=CrewRole.OPERATOR)
    elsewhere = SessionFactory(
        fair=fair,
        title=f"视频号专场{mark}",
        video_source=VideoSource.ELSEWHERE,
        external_url="https://video.example/1",
        platform_name=f"视频号{mark}",
    )
    elsewhere.save()
    by = actor(operator)
    item = services.add_item(
        actor=by,
        session=session,
        kind=ItemKind.EMPLOYER,
        title=f"企业讲解{mark}",
        employer=employer,
        presenters=[guest],
        vacancies=[vacancy],
    )
    services.start_item(actor=by, item=item)
    services.pin_vacancies(actor=by, session=session, vacancies=[vacancy], item=item)

    seeker = one(Role.SEEKER)
    SeekerProfile.objects.create(
        person=seeker, trade=f"焊工{mark}", years=8, certificates=f"焊工证{mark}"
    )
    message, _new = services.post_message(
        actor=actor(seeker), session=session, client_id=new_id(), text=f"大家好{mark}"
    )
    question, _new = services.ask_question(
        actor=actor(seeker),
        session=session,
        client_id=new_id(),
        text=f"包住吗{mark}",
        vacancy=vacancy,
    )
    services.answer_question(actor=by, question=question, text=f"包住{mark}")
    intent = express(seeker, vacancy, session=session)
    ladder.accept_intent(actor=actor(recruiter), intent=intent)
    applied = VacancyFactory(employer=employer, title=f"电工{mark}")
    bring(applied, fair)
    express(seeker, applied)
    if mirrored:
        Employer.objects.filter(pk=employer.pk).update(
            status=EmployerStatus.SUBMITTED, verified_at=None
        )

    unclaimed = EmployerFactory(
        name=f"盛达{slug}{mark}", status=EmployerStatus.UNCLAIMED, verified_at=None
    )
    return Things(
        fair=fair,
        manager=manager,
        fair_invitation=_invitation(person, InvitationScope.FAIR, fair, StaffRole.REVIEWER),
        booth=booth,
        employer=employer,
        colleague=colleague,
        invitation=_invitation(person, InvitationScope.EMPLOYER, employer, EmployerRole.RECRUITER),
        document=EmployerDocument.objects.create(
            employer=employer,
            kind=DocumentKind.BUSINESS_LICENCE,
            media_type="image/png",
            uploaded_by=recruiter,
            file=ContentFile(b"\x89PNG", name="licence.png"),
        ),
        claim=EmployerClaim.objects.create(
            unclaimed=unclaimed, claimant=employer, claimed_by=recruiter
        ),
        unclaimed=EmployerFactory(
            name=f"安泰{slug}{mark}", status=EmployerStatus.UNCLAIMED, verified_at=None
        ),
        review_batch=SimpleNamespace(public_id=keep(manager, _decisions(employer), None).batch),
        vacancy=vacancy,
        draft=draft,
        batch=_batch(fair, employer, recruiter, mark),
        guest=guest,
        honour=honour,
        session=session,
        session_invitation=_invitation(person, InvitationScope.SESSION, session, CrewRole.HOST),
        item=item,
        operator=operator,
        message=message,
        question=question,
        sanction=services.sanction(
            actor=by,
            session=session,
            person=colleague,
            kind=SanctionKind.MUTE,
            reason=f"广告{mark}",
        ),
        word=BlockedWord.objects.create(
            fair=fair, word=f"加微信{mark}"[:40], folded="加 微 信", action=WordAction.HOLD
        ),
        intent=intent,
    )


def _invitation(
    person: Callable[..., User],
    scope: InvitationScope,
    target: Fair | Employer | Session,
    role: str,
) -> Invitation:
    return Invitation.objects.create(
        phone=person("受邀").phone, scope=scope, target=target.public_id, role=role
    )


def _decisions(employer: Employer) -> SimpleUploadedFile:
    sheet = f'单位名称,审核结果\n"{employer.name.replace(chr(34), chr(34) * 2)}",通过\n'
    return SimpleUploadedFile("decisions.csv", sheet.encode())


def _batch(fair: Fair, employer: Employer, by: User, mark: str) -> ImportBatch:
    problem = {"column": f"薪资{mark}", "reason": f"看不懂{mark}"}
    row = {
        "row": 2,
        "outcome": "rejected",
        "title": f"焊工{mark}",
        "employer": f"永兴{mark}",
        "problems": [problem],
        "changes": [],
    }
    counts = {"total": 1, "created": 0, "updated": 0, "unchanged": 0, "rejected": 1}
    return ImportBatch.objects.create(
        fair=fair,
        employer=employer,
        uploaded_by=by,
        filename=f"岗位{mark}.xlsx",
        file=ContentFile(b"PK", name="rows.xlsx"),
        report={
            **counts,
            "employers_created": 0,
            "booths_created": 0,
            "brought": 0,
            "missing": {},
            "ignored_columns": [f"备注{mark}"],
            "rows": [row],
            "sample": [],
        },
    )


def _absent() -> Things:
    """Rows that were never stored; only their public ids are used."""
    now = timezone.now()
    return Things(
        fair=Fair(slug="no-such-fair", starts_at=now, ends_at=now + timedelta(days=1)),
        manager=User(),
        fair_invitation=Invitation(),
        booth=Booth(),
        employer=Employer(),
        colleague=User(),
        invitation=Invitation(),
        document=EmployerDocument(),
        claim=EmployerClaim(),
        unclaimed=Employer(),
        review_batch=SimpleNamespace(public_id=new_id()),
        vacancy=Vacancy(),
        draft=Vacancy(),
        batch=ImportBatch(),
        guest=Guest(),
        honour=Honour(),
        session=Session(),
        session_invitation=Invitation(),
        item=RunSheetItem(),
        operator=User(),
        message=Message(seq=0),
        question=Question(),
        sanction=Sanction(),
        word=BlockedWord(),
        intent=Intent(),
    )
