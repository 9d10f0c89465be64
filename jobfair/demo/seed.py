"""Fills an empty installation with a fair that is going on right now.

Everything goes through the services that people use; only what a fair has behind it before its
first day (verified licences) is written directly. All people and companies are invented.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from itertools import cycle

from django.utils import timezone

from accounts.actor import Actor
from accounts.models import User
from core.ids import new_id
from core.transactions import write
from employers.enums import EmployerKind, EmployerRole, EmployerStatus
from employers.models import Employer, EmployerMember, Vacancy
from employers.rules import check_character
from employers.services.vacancies import open_many, submit_many
from fairs import services as fairs
from fairs.enums import BoothStatus, PartnerKind, StaffRole
from fairs.importing import import_vacancies
from fairs.models import Booth, Fair
from intents.consent import CURRENT as CONSENT_VERSION
from intents.ladder import accept_intent
from intents.services import express_intent
from jobfair.demo import people
from jobfair.demo.watching import audience
from jobfair.demo.workbook import FIRMS, WORKBOOK
from livestream.enums import CrewRole, HonourStatus, ItemKind, VideoSource
from livestream.models import Guest, Session
from livestream.services import answers, chat, questions, run_sheet, sessions
from livestream.services import people as people_services
from seekers.models import SeekerProfile

SLUG = "spring-2026"
CLAIMABLE = "岭州桥头社区便民服务中心"
WAITING = "岭州智行软件有限公司"
AGENCY = "岭州同心人力资源有限公司"
SHIPYARD = "岭州南粤船舶工程有限公司"

Say = Callable[[str], None]


def seed(say: Say) -> Fair:
    """Seed the demo, whole or not at all, and return its fair; a fair seeded before is kept."""
    known = Fair.objects.filter(slug=SLUG).first()
    if known is not None:
        return known
    with write():
        return _seed(say)


def _seed(say: Say) -> Fair:
    now = timezone.now()
    say("people")
    accounts = {person: _account(person.phone, person.name) for person in people.PEOPLE}
    User.objects.filter(phone=people.ADMIN.phone).update(is_superuser=True)
    admin = Actor(user=User.objects.get(phone=people.ADMIN.phone))
    manager = Actor(user=accounts[people.MANAGER])
    fair = _fair(admin, accounts, now)
    say("vacancies")
    _employers(manager, accounts, fair)
    say("sessions")
    guests = _guests(manager)
    live, elsewhere, later = _sessions(manager, fair, guests, now)
    _crew(manager, accounts, (live, elsewhere, later))
    say("a first hour of chat and intents")
    _on_air(Actor(user=accounts[people.OPERATOR]), (live, elsewhere))
    crowd = _crowd(accounts, fair, live)
    audience(live, elsewhere, crowd, now)
    return fair


def _account(phone: str, name: str) -> User:
    user, _created = User.objects.get_or_create(
        phone=phone, defaults={"display_name": name, "phone_verified_at": timezone.now()}
    )
    return user


def _fair(admin: Actor, accounts: dict[people.Person, User], now: datetime) -> Fair:
    fair = fairs.create_fair(
        actor=admin,
        slug=SLUG,
        name="春送岗位 2026 直播招聘会",
        starts_at=now - timedelta(hours=2),
        ends_at=now + timedelta(days=6),
        tagline="劳模工匠带您看岗位，边看边问，一键报名",
        intro="岭州市总工会邀请一线劳模和工匠走进直播间，带大家看厂区、看宿舍、看工位，"
        "把工资、班次、食宿说清楚。所有岗位都经过审核，报名之后三个工作日内必有答复。",
        contact_phone="0750-0000 0000",
        licence_text="人力资源服务：公益性就业服务（演示）",
    )
    fairs.add_staff(actor=admin, fair=fair, person=accounts[people.MANAGER], role=StaffRole.MANAGER)
    for role in (StaffRole.REVIEWER, StaffRole.MODERATOR, StaffRole.STATISTICIAN):
        fairs.add_staff(actor=admin, fair=fair, person=accounts[people.REVIEWER], role=role)
    fairs.set_partners(
        actor=admin,
        fair=fair,
        partners=[
            (PartnerKind.ORGANISER, "岭州市总工会"),
            (PartnerKind.CO_ORGANISER, "岭州市人力资源和社会保障局"),
            (PartnerKind.SUPPORTER, "岭州市广播电视台"),
        ],
    )
    for code, name in (("wx", "公众号推文"), ("poster", "社区海报"), ("dy", "短视频主页")):
        fairs.add_channel(actor=admin, fair=fair, code=code, name=name)
    return fairs.publish_fair(actor=admin, fair=fair)


def _employers(manager: Actor, accounts: dict[people.Person, User], fair: Fair) -> None:
    with WORKBOOK.open("rb") as file:
        import_vacancies(fair=fair, file=file, filename=WORKBOOK.name, actor=manager)
    today = timezone.localdate()
    for number, firm in enumerate(FIRMS, start=1):
        if firm.name in (CLAIMABLE, WAITING):
            continue
        Employer.objects.filter(name=firm.name).update(
            status=EmployerStatus.VERIFIED,
            verified_at=timezone.now(),
            recheck_due=today + timedelta(days=180),
            credit_code=_credit_code(number),
            industry=_industry(firm.jobs[0][1]),
            intro=f"{firm.name}，在{firm.place}，常年招工，欢迎到厂看看。",
        )
    Employer.objects.filter(name=AGENCY).update(
        kind=EmployerKind.AGENCY,
        industry="人力资源服务",
        intro=f"{AGENCY}，为工厂、仓库和社区派遣与外包用工，用工单位在岗位里写明。",
        hr_licence_no="（岭）人服证字〔2024〕第0001号",
        hr_licence_expires=today + timedelta(days=900),
    )
    Employer.objects.filter(name=WAITING).update(
        status=EmployerStatus.SUBMITTED, credit_code=_credit_code(len(FIRMS))
    )
    for booth in Booth.objects.filter(fair=fair).exclude(status=BoothStatus.APPROVED):
        if booth.employer.name != CLAIMABLE:
            fairs.approve_booth(actor=manager, booth=booth)
    shipyard = Employer.objects.get(name=SHIPYARD)
    for person, role in (
        (people.EMPLOYER, EmployerRole.OWNER),
        (people.RECRUITER, EmployerRole.RECRUITER),
    ):
        EmployerMember.objects.create(employer=shipyard, person=accounts[person], role=role)
    imported = Vacancy.objects.filter(brought_to__fair=fair)
    verified = imported.filter(employer__status=EmployerStatus.VERIFIED).order_by("id")
    waiting = verified.filter(employer__name=AGENCY)[:3]
    submit_many(actor=manager, vacancies=list(waiting))
    # The lists show what opened last first: the workbook's first employers then lead.
    ready = verified.exclude(pk__in=[vacancy.pk for vacancy in waiting]).order_by("-id")
    open_many(actor=manager, vacancies=list(ready))


def _credit_code(number: int) -> str:
    body = f"9144000000DEM{number:04d}"
    return body + check_character(body)


def _industry(key: str) -> str:
    return {
        "turner": "通用设备制造", "fitter": "船舶制造", "general": "电器制造", "sewing": "纺织服装",
        "housekeeper": "居民服务", "nurse": "卫生和社会工作", "driver": "交通运输仓储",
        "cleanroom": "电子设备制造", "station": "城市轨道交通", "cook": "餐饮",
        "welder": "建筑安装", "software": "软件和信息技术",
    }.get(key, "综合服务")  # fmt: skip


def _guests(manager: Actor) -> list[Guest]:
    guests = []
    for worker in people.WORKERS:
        guest = people_services.create_guest(
            actor=manager,
            name=worker.name,
            trade=worker.trade,
            years=worker.years,
            workplace=worker.firm,
            employer=Employer.objects.get(name=worker.firm),
            headline=worker.headline,
            story=worker.story,
        )
        for level, title, year, issuer in worker.honours:
            honour = people_services.submit_honour(
                actor=manager, guest=guest, level=level, title=title, year=year, issuer=issuer
            )
            if worker is not people.WORKERS[-1]:  # the last one waits for a reviewer
                people_services.review_honour(
                    actor=manager, honour=honour, decision=HonourStatus.APPROVED
                )
        guests.append(guest)
    return guests


def _sessions(
    manager: Actor, fair: Fair, guests: list[Guest], now: datetime
) -> tuple[Session, Session, Session]:
    welder, carer, turner, sewer = guests
    live = sessions.create_session(
        actor=manager,
        fair=fair,
        title="焊花里的三十年：制造业专场",
        intro="梁振邦、罗启明两位师傅带您看船厂和精密车间，讲讲学徒怎么入行。",
        starts_at=now - timedelta(minutes=20),
        ends_at=now + timedelta(hours=3),
        video_source=VideoSource.TEST,
    )
    elsewhere = sessions.create_session(
        actor=manager,
        fair=fair,
        title="暖心护理：养老与家政专场",
        intro="画面在短视频平台，聊天、岗位和报名在这里。",
        starts_at=now - timedelta(minutes=10),
        ends_at=now + timedelta(hours=2),
        video_source=VideoSource.ELSEWHERE,
        external_url="https://live.example.com/lingzhou",
        platform_name="视频号",
        declared_delay_s=8,
    )
    later = sessions.create_session(
        actor=manager,
        fair=fair,
        title="巧手生活：服装与餐饮专场",
        intro="邓小燕师傅带您看制衣车间和餐饮后厨，船厂也来招人；这一场由主持人用自己的设备直播。",
        starts_at=now + timedelta(minutes=40),
        ends_at=now + timedelta(hours=3),
        video_source=VideoSource.HOSTED,
    )
    for session, invited in ((live, [welder, turner]), (elsewhere, [carer]), (later, [sewer])):
        people_services.set_guests(actor=manager, session=session, guests=invited)
    _run_sheet(manager, live, welder, turner)
    _steps(manager, elsewhere, carer, ("岭州康宁护理院", "岭州安禾家政服务有限公司"))
    # The employer one can sign in as is here too: what is asked and applied for reaches its inbox.
    firms = ("岭州云锦服饰有限公司", SHIPYARD, "岭州百味餐饮管理有限公司")
    _steps(manager, later, sewer, firms)
    return live, elsewhere, later


def _run_sheet(manager: Actor, session: Session, welder: Guest, turner: Guest) -> None:
    add = run_sheet.add_item
    add(actor=manager, session=session, kind=ItemKind.OPENING, title="开场：认识两位师傅",
        planned_minutes=5, presenters=[welder, turner])  # fmt: skip
    add(actor=manager, session=session, kind=ItemKind.STORY, title="一条焊缝，管三十年",
        planned_minutes=10, presenters=[welder])  # fmt: skip
    _present(manager, session, SHIPYARD, [welder], 3)
    _present(manager, session, "岭州恒越精密机械有限公司", [turner], 2)
    _present(manager, session, "岭州佳禾家用电器有限公司", [], 2)
    add(actor=manager, session=session, kind=ItemKind.QUESTIONS, title="师傅在线答疑",
        planned_minutes=15, presenters=[welder, turner])  # fmt: skip
    add(actor=manager, session=session, kind=ItemKind.POLICY, title="技能提升补贴怎么领",
        planned_minutes=10)  # fmt: skip
    add(actor=manager, session=session, kind=ItemKind.CLOSING, title="结束语", planned_minutes=5)


def _steps(manager: Actor, session: Session, guest: Guest, firms: Iterable[str]) -> None:
    run_sheet.add_item(
        actor=manager, session=session, kind=ItemKind.OPENING, title="开场", planned_minutes=5
    )
    for name in firms:
        presenters = [] if name == SHIPYARD else [guest]
        _present(manager, session, name, presenters, 2)


def _present(
    manager: Actor, session: Session, firm: str, presenters: list[Guest], count: int
) -> None:
    employer = Employer.objects.get(name=firm)
    vacancies = list(Vacancy.objects.public().filter(employer=employer).order_by("id")[:count])
    run_sheet.add_item(
        actor=manager,
        session=session,
        kind=ItemKind.EMPLOYER,
        title="、".join(vacancy.title for vacancy in vacancies[:2]),
        planned_minutes=15,
        employer=employer,
        presenters=presenters,
        vacancies=vacancies,
    )


def _crew(manager: Actor, accounts: dict[people.Person, User], rooms: Iterable[Session]) -> None:
    for session in rooms:
        for person, role in ((people.OPERATOR, CrewRole.OPERATOR), (people.HOST, CrewRole.HOST)):
            people_services.add_crew(
                actor=manager, session=session, person=accounts[person], role=role
            )


def _on_air(operator: Actor, rooms: tuple[Session, Session]) -> None:
    for session in rooms:
        sessions.mark_on_air(actor=operator, session=session)
        run_sheet.start_next(actor=operator, session=session)
    live, elsewhere = rooms
    run_sheet.start_next(actor=operator, session=live)
    run_sheet.start_next(actor=operator, session=live)
    run_sheet.start_next(actor=operator, session=elsewhere)


def _crowd(accounts: dict[people.Person, User], fair: Fair, live: Session) -> list[User]:
    host = Actor(user=accounts[people.HOST])
    crowd = []
    for number, (name, trade, years) in enumerate(people.SEEKERS, start=11):
        user = _account(f"+86138000000{number:02d}", name)
        SeekerProfile.objects.get_or_create(person=user, defaults={"trade": trade, "years": years})
        crowd.append(user)
    _talk(host, live, crowd)
    _questions(host, Actor(user=accounts[people.EMPLOYER]), live, crowd)
    channels = cycle(["wx", "poster", "", "dy"])
    shown = list(Vacancy.objects.filter(run_sheet_items__session=live).order_by("id").distinct())
    recruiter = Actor(user=accounts[people.EMPLOYER])
    for number, user in enumerate([*crowd, accounts[people.SEEKER]]):
        vacancy = shown[number % len(shown)]
        expressed = express_intent(
            actor=Actor(user=user, channel_code=next(channels)),
            vacancy=vacancy,
            client_id=new_id(),
            consent_version=CONSENT_VERSION,
            session=live,
        )
        if vacancy.employer.name == SHIPYARD and number % 2 == 0:
            accept_intent(actor=recruiter, intent=expressed.intent)
    return crowd


def _talk(host: Actor, live: Session, crowd: list[User]) -> None:
    chat.post_message(
        actor=host,
        session=live,
        client_id=new_id(),
        text="欢迎来到直播间！点“我要报名”就能留下意向，三个工作日内答复。",
    )
    for user, text in zip(crowd, people.CHAT, strict=True):
        chat.post_message(actor=Actor(user=user), session=live, client_id=new_id(), text=text)


def _questions(host: Actor, recruiter: Actor, live: Session, crowd: list[User]) -> None:
    """One on the screen, answered ones, and one about pay that waits for the shipyard."""
    offered = Vacancy.objects.filter(run_sheet_items__session=live, employer__name=SHIPYARD)
    vacancy = offered.order_by("id").first()
    for user, (text, of_shipyard, votes, answer) in zip(crowd, people.QUESTIONS, strict=False):
        question, _is_new = questions.ask_question(
            actor=Actor(user=user),
            session=live,
            client_id=new_id(),
            text=text,
            vacancy=vacancy if of_shipyard else None,
        )
        for voter in [other for other in crowd if other != user][:votes]:
            questions.vote(actor=Actor(user=voter), question=question)
        if answer == "on air":
            answers.answer_question(actor=host, question=question, live=True)
        elif answer:
            answers.answer_question(
                actor=recruiter if of_shipyard else host, question=question, text=answer
            )
        if text == people.ON_SCREEN:
            answers.pin_question(actor=host, question=question)
