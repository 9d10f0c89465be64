from __future__ import annotations

import json
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.test import Client
from django.utils import timezone

from core.ids import new_id
from employers.enums import VacancyStatus
from fairs.enums import FairStatus
from intents import consent, ladder
from tests.factories import (
    EmployerMemberFactory,
    FairFactory,
    FairStaffFactory,
    OnAirIntervalFactory,
    SessionFactory,
    UserFactory,
    VacancyFactory,
    actor,
    express,
    open_vacancy,
)

pytestmark = pytest.mark.django_db
LIST = "/api/v1/intents/"


def as_user(user: Any) -> Client:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def post(client, url, **body):
    return client.post(url, json.dumps(body, default=str), content_type="application/json")


def url_of(intent, step=""):
    return f"{LIST}{intent.public_id}/{step}"


@pytest.fixture
def fair():
    return FairFactory()


@pytest.fixture
def vacancy(fair):
    return open_vacancy(fair)


@pytest.fixture
def seeker():
    return UserFactory()


@pytest.fixture
def recruiter(vacancy):
    return EmployerMemberFactory(employer=vacancy.employer).person


def wish(vacancy, **fields):
    return {
        "client_id": new_id(),
        "vacancy": vacancy.public_id,
        "consent_version": consent.CURRENT,
        **fields,
    }


class TestExpressing:
    def test_new_is_201_and_the_same_again_200(self, seeker, vacancy):
        body = wish(vacancy)
        first = post(as_user(seeker), LIST, **body)
        again = post(as_user(seeker), LIST, **body)
        other = post(as_user(seeker), LIST, **wish(vacancy))
        assert [r.status_code for r in (first, again, other)] == [201, 200, 200]
        assert first.json() == again.json() == other.json()
        assert first.json()["level"] == 1
        assert first.json()["consent_version"] == consent.CURRENT

    def test_other_content_under_the_same_id_is_409(self, seeker, vacancy):
        body = wish(vacancy)
        post(as_user(seeker), LIST, **body)
        answer = post(as_user(seeker), LIST, **{**body, "call_me": True})
        assert (answer.status_code, answer.json()["code"]) == (409, "client_id_reused")
        assert answer["Content-Type"] == "application/problem+json"

    def test_where_it_came_from(self, seeker, fair, vacancy):
        session = SessionFactory(fair=fair)
        OnAirIntervalFactory(session=session)
        body = wish(vacancy, session=session.public_id, pin_seq=5, seen_at=timezone.now())
        shown = post(as_user(seeker), LIST, **body).json()
        assert (shown["session"], shown["pin_seq"]) == (str(session.public_id), None)
        assert shown["moment_source"] == "player"

    def test_anonymous_is_401(self, vacancy):
        assert post(Client(), LIST, **wish(vacancy)).status_code == 401
        assert Client().get(LIST).status_code == 401

    @pytest.mark.parametrize(
        ("change", "field"),
        [
            ({"pin_seq": "5"}, "pin_seq"),
            ({"call_me": "yes"}, "call_me"),
            ({"client_id": "x"}, "client_id"),
            ({"client_id": None}, "client_id"),
            ({"phone": "138"}, "phone"),
            ({"seen_at": "yesterday"}, "seen_at"),
            ({"consent_version": "1999"}, "consent_version"),
            ({"session": str(uuid4())}, "session"),
            ({"vacancy": str(uuid4())}, "vacancy"),
        ],
    )
    def test_wrong_input_is_400_and_names_the_field(self, seeker, vacancy, change, field):
        answer = post(as_user(seeker), LIST, **{**wish(vacancy), **change})
        assert answer.status_code == 400
        assert field in answer.json()["fields"]

    def test_a_session_one_cannot_see_is_refused(self, seeker, vacancy):
        hidden = SessionFactory(fair=FairFactory(status=FairStatus.DRAFT))
        answer = post(as_user(seeker), LIST, **wish(vacancy, session=hidden.public_id))
        assert answer.json()["code"] == "session_unknown"

    def test_a_closed_vacancy_is_409_and_a_draft_unknown(self, seeker, fair):
        closed = open_vacancy(fair, status=VacancyStatus.CLOSED)
        assert post(as_user(seeker), LIST, **wish(closed)).json()["code"] == "vacancy_closed"
        draft = VacancyFactory(status=VacancyStatus.DRAFT, opened_at=None, revision_number=0)
        assert post(as_user(seeker), LIST, **wish(draft)).json()["code"] == "vacancy_unknown"


class TestLists:
    def test_a_seeker_sees_their_own(self, seeker, vacancy):
        mine = express(seeker, vacancy)
        express(UserFactory(), vacancy)
        rows = as_user(seeker).get(LIST).json()["results"]
        assert [row["id"] for row in rows] == [str(mine.public_id)]
        assert "seeker" not in rows[0]

    def test_an_employer_sees_answers_and_no_phone_number(self, seeker, recruiter, vacancy):
        intent = express(seeker, vacancy)
        ladder.accept_intent(actor=actor(recruiter), intent=intent)
        ladder.reveal_contact(actor=actor(recruiter), intent=intent)
        answer = as_user(recruiter).get(f"{LIST}?as=employer:{vacancy.employer.public_id}")
        (row,) = answer.json()["results"]
        assert row["seeker"]["name"] == seeker.display_name
        assert "groups" not in answer.content.decode()
        for text in (
            answer.content.decode(),
            as_user(recruiter).get(url_of(intent)).content.decode(),
        ):
            assert seeker.phone[-8:] not in text

    def test_another_employers_list_is_404(self, vacancy):
        stranger = EmployerMemberFactory().person
        for user in (stranger, UserFactory()):
            url = f"{LIST}?as=employer:{vacancy.employer.public_id}"
            assert as_user(user).get(url).status_code == 404

    @pytest.mark.parametrize(
        "value", ["employer:x", "staff", f"employer:{UUID(int=7)}", "employer:"]
    )
    def test_a_wrong_as_is_400(self, seeker, value):
        assert as_user(seeker).get(LIST, {"as": value}).status_code == 400

    def test_since_and_pages(self, seeker, recruiter, fair):
        intents = [express(seeker, open_vacancy(fair)) for _ in range(3)]
        client = as_user(seeker)
        page = client.get(LIST, {"page_size": 2}).json()
        assert [row["id"] for row in page["results"]] == [
            str(intents[2].public_id),
            str(intents[1].public_id),
        ]
        rest = client.get(page["next"]).json()
        assert [row["id"] for row in rest["results"]] == [str(intents[0].public_id)]
        before = timezone.now()
        ladder.withdraw_intent(actor=actor(seeker), intent=intents[0])
        changed = client.get(LIST, {"since": before.isoformat()}).json()["results"]
        assert [row["id"] for row in changed] == [str(intents[0].public_id)]
        for wrong in ("now", "2026-12-03", "2026-12-03T14:00:00", "2026-13-03T14:00:00Z"):
            assert client.get(LIST, {"since": wrong}).status_code == 400

    @pytest.mark.parametrize("whom", ["seeker", "employer"])
    def test_queries_do_not_grow(self, whom, seeker, recruiter, fair, vacancy, query_count):
        def count() -> int:
            employer = f"employer:{vacancy.employer.public_id}"
            client = as_user(seeker if whom == "seeker" else recruiter)
            with query_count() as queries:
                answer = client.get(LIST, {"as": "seeker" if whom == "seeker" else employer})
            assert answer.status_code == 200
            return len(queries)

        express(seeker, vacancy)
        one = count()
        for _more in range(2):
            express(seeker, open_vacancy(fair, employer=vacancy.employer))
        assert count() == one


class TestSteps:
    def test_accept_undo_decline(self, seeker, recruiter, vacancy):
        intent, client = express(seeker, vacancy), as_user(recruiter)
        assert post(client, url_of(intent, "accept/")).json()["level"] == 2
        assert post(client, url_of(intent, "undo/")).json()["level"] == 1
        assert post(client, url_of(intent, "decline/"), reason="").status_code == 400
        stale = post(client, url_of(intent, "decline/"), reason="招满", seen_level=2)
        assert (stale.status_code, stale.json()["code"]) == (409, "intent_changed")
        done = post(client, url_of(intent, "decline/"), reason="招满", seen_level=1).json()
        assert (done["outcome"], done["reason"]) == ("declined", "招满")
        assert as_user(seeker).get(url_of(intent)).json()["reason"] == "招满"
        assert post(client, url_of(intent, "accept/")).status_code == 409

    def test_advance(self, seeker, recruiter, vacancy):
        intent, client = express(seeker, vacancy), as_user(recruiter)
        post(client, url_of(intent, "accept/"))
        assert post(client, url_of(intent, "advance/"), to=2).status_code == 400
        assert post(client, url_of(intent, "advance/"), to=6).json()["code"] == "date_missing"
        hired = post(client, url_of(intent, "advance/"), to=6, effective_on="2026-12-10")
        assert hired.json()["level"] == 6
        assert hired.json()["events"][-1]["effective_on"] == "2026-12-10"

    def test_reveal(self, seeker, recruiter, vacancy):
        intent, client = express(seeker, vacancy), as_user(recruiter)
        assert post(client, url_of(intent, "reveal/")).json()["code"] == "not_matched"
        post(client, url_of(intent, "accept/"))
        assert post(client, url_of(intent, "reveal/")).json()["phone"] == seeker.phone
        assert post(client, url_of(intent, "undo/")).json()["code"] == "intent_revealed"

    def test_staff_reveal_only_with_a_second_factor(self, seeker, fair, vacancy):
        intent = express(seeker, vacancy)
        client = as_user(FairStaffFactory(fair=fair).person)
        assert post(client, url_of(intent, "accept/")).status_code == 200
        answer = post(client, url_of(intent, "reveal/"))
        assert (answer.status_code, answer.json()["code"]) == (403, "second_factor_required")

    def test_withdraw(self, seeker, recruiter, vacancy):
        intent = express(seeker, vacancy)
        assert post(as_user(recruiter), url_of(intent, "withdraw/")).status_code == 403
        assert post(as_user(seeker), url_of(intent, "withdraw/")).json()["outcome"] == "withdrawn"
        assert post(as_user(seeker), url_of(intent, "withdraw/")).status_code == 409

    @pytest.mark.parametrize(
        "step", ["withdraw/", "accept/", "undo/", "decline/", "advance/", "reveal/"]
    )
    def test_strangers_do_not_find_it(self, step, seeker, vacancy):
        intent = express(seeker, vacancy)
        body = {"decline/": {"reason": "x"}, "advance/": {"to": 4}}.get(step, {})
        for user in (UserFactory(), EmployerMemberFactory().person, FairStaffFactory().person):
            assert post(as_user(user), url_of(intent, step), **body).status_code == 404
        assert post(Client(), url_of(intent, step), **body).status_code == 401
        assert as_user(UserFactory()).get(url_of(intent)).status_code == 404

    def test_the_seeker_cannot_answer_for_the_employer(self, seeker, vacancy):
        intent = express(seeker, vacancy)
        for step in ("accept/", "undo/", "reveal/"):
            assert post(as_user(seeker), url_of(intent, step)).status_code == 403
