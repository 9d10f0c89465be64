"""/me/: applications, answers and data of the person who asks, and of nobody else."""

from __future__ import annotations

import json
from datetime import date

import pytest
from django.test import Client

from employers.enums import VacancyStatus
from intents import ladder
from intents.enums import Level, Outcome
from intents.models import Intent
from intents.progress import advice_for, steps_of
from seekers.models import SeekerProfile
from tests.factories import (
    EmployerMemberFactory,
    FairFactory,
    FairStaffFactory,
    UserFactory,
    actor,
    express,
    open_vacancy,
)

pytestmark = pytest.mark.django_db


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
def mine(seeker):
    client = Client()
    client.force_login(seeker, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def recruiter(vacancy):
    return actor(EmployerMemberFactory(employer=vacancy.employer).person)


def states(intent):
    intent = Intent.objects.for_lists().get(pk=intent.pk)
    return [step["state"] for step in steps_of(intent)]


class TestSteps:
    def test_from_tap_to_hire(self, seeker, vacancy, recruiter):
        intent = express(seeker, vacancy)
        assert states(intent) == ["done", "now", "", ""]
        ladder.accept_intent(actor=recruiter, intent=intent)
        assert states(intent) == ["done", "done", "now", ""]
        ladder.undo_accept(actor=recruiter, intent=intent)
        assert states(intent) == ["done", "now", "", ""]
        ladder.accept_intent(actor=recruiter, intent=intent)
        day = date(2099, 12, 3)
        ladder.advance_intent(
            actor=recruiter, intent=intent, to=Level.INTERVIEW_BOOKED, effective_on=day
        )
        assert "12月3日" in advice_for(intent).text
        ladder.advance_intent(actor=recruiter, intent=intent, to=Level.HIRED, effective_on=day)
        assert states(intent) == ["done"] * 4

    def test_an_ending_shows_its_reason(self, seeker, vacancy, recruiter):
        intent = express(seeker, vacancy)
        ladder.decline_intent(actor=recruiter, intent=intent, reason="名额已满")
        last = steps_of(intent)[-1]
        assert (last["state"], last["note"]) == ("bad", "名额已满")

    @pytest.mark.parametrize("level", Level)
    def test_every_level_has_advice(self, seeker, vacancy, level):
        intent = express(seeker, vacancy)
        Intent.objects.update(level=level)
        intent.refresh_from_db()
        assert advice_for(intent).text

    @pytest.mark.parametrize("outcome", [o for o in Outcome if o != Outcome.LIVE])
    def test_every_ending_has_advice(self, seeker, vacancy, outcome):
        intent = express(seeker, vacancy)
        Intent.objects.update(outcome=outcome)
        intent.refresh_from_db()
        assert advice_for(intent).text


class TestApplications:
    def test_visitors_sign_in_first(self, client):
        for url in ("/me/", "/me/profile/", "/me/data/"):
            assert client.get(url)["Location"].startswith("/sign-in/")

    def test_empty(self, mine):
        assert "empty__title" in mine.get("/me/").content.decode()

    def test_own_only(self, mine, seeker, vacancy):
        express(UserFactory(), vacancy)
        page = mine.get("/me/")
        assert vacancy.title not in page.content.decode()
        express(seeker, vacancy)
        assert vacancy.title in mine.get("/me/").content.decode()

    def test_withdraw_and_apply_again(self, mine, seeker, vacancy):
        intent = express(seeker, vacancy)
        url = f"/me/intents/{intent.public_id}/withdraw/"
        assert url in mine.get("/me/").content.decode()
        mine.post(url)
        intent.refresh_from_db()
        assert intent.outcome == Outcome.WITHDRAWN
        again = f"/intents/new/?vacancy={vacancy.public_id}"
        assert again in mine.get("/me/").content.decode()
        express(seeker, vacancy)
        assert again not in mine.get("/me/").content.decode()

    def test_a_closed_vacancy_cannot_be_applied_for_again(self, mine, seeker, vacancy):
        intent = express(seeker, vacancy)
        ladder.withdraw_intent(actor=actor(seeker), intent=intent)
        vacancy.status = VacancyStatus.CLOSED
        vacancy.save()
        assert "/intents/new/?" not in mine.get("/me/").content.decode()

    def test_withdrawing_twice_says_so(self, mine, seeker, vacancy):
        intent = express(seeker, vacancy)
        url = f"/me/intents/{intent.public_id}/withdraw/"
        mine.post(url)
        assert "notice--bad" in mine.post(url, follow=True).content.decode()

    def test_others_cannot_withdraw_it(self, seeker, fair, vacancy, recruiter):
        intent = express(seeker, vacancy)
        for user in (UserFactory(), recruiter.user, FairStaffFactory(fair=fair).person):
            client = Client()
            client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
            assert client.post(f"/me/intents/{intent.public_id}/withdraw/").status_code == 404

    def test_queries_do_not_grow(self, mine, seeker, fair, query_count):
        def count() -> int:
            with query_count() as queries:
                mine.get("/me/")
            return len(queries)

        ladder.withdraw_intent(actor=actor(seeker), intent=express(seeker, open_vacancy(fair)))
        one = count()
        for _more in range(2):
            ladder.withdraw_intent(actor=actor(seeker), intent=express(seeker, open_vacancy(fair)))
        assert count() == one


class TestAnswersAndData:
    def test_answers(self, mine, seeker):
        answers = {"display_name": "老王", "trade": "车工", "years": "20", "certificates": "高级工"}
        assert mine.post("/me/profile/", answers)["Location"] == "/me/profile/"
        assert SeekerProfile.objects.get(person=seeker).trade == "车工"
        assert "车工" in mine.get("/me/profile/").content.decode()

    def test_a_phone_number_is_no_name(self, mine):
        page = mine.post("/me/profile/", {"display_name": "13800138000"})
        assert page.status_code == 200
        assert not SeekerProfile.objects.exists()

    def test_the_download_holds_the_persons_own_data(self, mine, seeker, vacancy):
        express(seeker, vacancy)
        express(UserFactory(), open_vacancy(vacancy.brought_to.get().fair))
        answer = mine.get("/me/data/")
        data = json.loads(answer.content)
        assert answer["Content-Disposition"].startswith("attachment")
        assert data["account"]["phone"] == seeker.phone
        assert [row["vacancy"] for row in data["applications"]] == [vacancy.title]
        assert data["consents"][0]["recipient"] == vacancy.employer.name
