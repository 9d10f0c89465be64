"""The pages behind 我要报名, which also are the inside of the sheet."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from core.ids import new_id
from employers.enums import VacancyStatus
from fairs.models import EntryChannel
from intents import consent, ladder
from intents.enums import MomentSource
from intents.models import Intent
from seekers.models import GroupDeclaration
from tests.factories import (
    EmployerMemberFactory,
    EntryChannelFactory,
    FairFactory,
    OnAirIntervalFactory,
    SessionFactory,
    UserFactory,
    VacancyFactory,
    actor,
    express,
    open_vacancy,
)

pytestmark = pytest.mark.django_db
NEW, CODE = "/intents/new/", "/intents/new/code/"
PHONE = "13800138001"


def hidden(answer: Any) -> dict[str, str]:
    """The hidden fields of the sheet's first form, as a browser would send them."""
    form = re.search(r'<form class="form".*?</form>', answer.content.decode(), re.DOTALL)
    assert form is not None
    pairs = re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form.group())
    return {name: value for name, value in pairs if name != "csrfmiddlewaretoken"}


def sign_in_client(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def fair():
    return FairFactory()


@pytest.fixture
def vacancy(fair):
    return open_vacancy(fair)


class TestVisitor:
    def test_tap_phone_code_done(self, client, sms, fair, vacancy):
        session = SessionFactory(fair=fair)
        OnAirIntervalFactory(session=session)
        EntryChannelFactory(fair=fair, code="poster")
        client_id, seen = str(new_id()), timezone.now()
        page = client.get(
            NEW,
            {
                "vacancy": vacancy.public_id,
                "session": session.public_id,
                "seen_at": seen.isoformat(),
                "client_id": client_id,
                "c": "poster",
            },
        )
        fields = hidden(page)
        assert fields["client_id"] == client_id
        sent = client.post(NEW, {**fields, "phone": PHONE, "call_me": "1"})
        assert sent.url == CODE
        asked = client.get(CODE).content.decode()
        assert vacancy.employer.name in asked
        assert consent.sentence(employer=vacancy.employer.name, vacancy=vacancy.title) in asked
        done = client.post(CODE, {"code": sms.code(f"+86{PHONE}")})
        intent = Intent.objects.get()
        assert done.url == f"/intents/{intent.public_id}/done/"
        assert str(intent.client_id) == client_id
        assert (intent.session, intent.seen_raw, intent.call_me) == (session, seen, True)
        assert intent.moment_source == MomentSource.PLAYER
        assert intent.entry_channel == EntryChannel.objects.get()
        assert intent.seeker.phone == f"+86{PHONE}"
        assert vacancy.employer.name in client.get(done.url).content.decode()

    def test_without_a_players_clock_the_first_tap_is_estimated(self, client, fair, vacancy):
        session = SessionFactory(fair=fair)
        OnAirIntervalFactory(session=session)
        query = {"vacancy": vacancy.public_id, "session": session.public_id}
        fields = hidden(client.get(NEW, query))
        assert fields["seen_estimated"] == "1"
        person = sign_in_client(UserFactory())
        person.post(NEW, fields)
        intent = Intent.objects.get()
        assert intent.moment_source == MomentSource.ESTIMATED
        assert intent.seen_at.isoformat() == fields["seen_at"]

    def test_a_wrong_code_keeps_the_draft(self, client, sms, vacancy):
        fields = hidden(client.get(NEW, {"vacancy": vacancy.public_id}))
        client.post(NEW, {**fields, "phone": PHONE})
        code = sms.code(f"+86{PHONE}")
        wrong = client.post(CODE, {"code": "000000" if code != "000000" else "000001"})
        assert wrong.status_code == 400
        assert not Intent.objects.exists()
        client.post(CODE, {"code": code})
        assert str(Intent.objects.get().client_id) == fields["client_id"]

    def test_a_wrong_number_says_so(self, client, vacancy):
        fields = hidden(client.get(NEW, {"vacancy": vacancy.public_id}))
        answer = client.post(NEW, {**fields, "phone": "123"})
        assert 'aria-invalid="true"' in answer.content.decode()

    def test_asking_twice_waits_for_the_code_on_its_way(self, client, sms, vacancy):
        fields = hidden(client.get(NEW, {"vacancy": vacancy.public_id}))
        for _tap in range(2):
            assert client.post(NEW, {**fields, "phone": PHONE}).url == CODE
        assert len(sms.messages(f"+86{PHONE}")) == 1

    def test_after_the_last_try_a_new_code_is_asked_for(self, client, sms, vacancy):
        fields = hidden(client.get(NEW, {"vacancy": vacancy.public_id}))
        client.post(NEW, {**fields, "phone": PHONE})
        code = sms.code(f"+86{PHONE}")
        wrong = "000000" if code != "000000" else "000001"
        answers = [client.post(CODE, {"code": wrong}) for _try in range(3)]
        page = answers[-1].content.decode()
        assert 'name="phone"' in page
        assert "notice--bad" in page
        assert hidden(answers[-1])["client_id"] == fields["client_id"]

    def test_a_second_number_has_to_wait_its_turn(self, client, vacancy, monkeypatch):
        from core.errors import RateLimited

        def refuse(*_args):
            raise RateLimited(60)

        monkeypatch.setattr("intents.views.sign_in.request_code", refuse)
        fields = hidden(client.get(NEW, {"vacancy": vacancy.public_id}))
        answer = client.post(NEW, {**fields, "phone": PHONE})
        assert answer.status_code == 429
        assert "notice--bad" in answer.content.decode()

    def test_a_second_factor_is_shown_first_and_the_wish_survives(
        self, client, sms, vacancy, monkeypatch
    ):
        from accounts.sign_in import SecondFactorPending

        def pending(*_args, **_more):
            raise SecondFactorPending

        monkeypatch.setattr("intents.views.sign_in.verify_code", pending)
        fields = hidden(client.get(NEW, {"vacancy": vacancy.public_id}))
        client.post(NEW, {**fields, "phone": PHONE})
        assert client.post(CODE, {"code": "123456"}).status_code == 302
        assert client.session["intent_draft"]["client_id"] == fields["client_id"]

    def test_a_draft_whose_vacancy_is_gone_leads_away(self, client, vacancy):
        session = client.session
        session["intent_draft"] = {"vacancy": "018f0000-0000-7000-8000-000000000000"}
        session.save()
        assert client.get(CODE)["Location"] == "/"

    def test_the_code_page_without_a_code_leads_back(self, client, vacancy):
        session = client.session
        session["intent_draft"] = {"vacancy": str(vacancy.public_id)}
        session.save()
        assert client.get(CODE)["Location"].startswith(NEW)

    def test_the_code_page_without_a_draft_leads_away(self, client, vacancy):
        assert client.get(CODE).status_code == 302

    def test_inside_the_sheet_only_the_inner_part_comes(self, client, vacancy):
        page = client.get(NEW, {"vacancy": vacancy.public_id}, headers={"X-Sheet": "1"})
        text = page.content.decode()
        assert "data-intent-flow" in text
        assert "<html" not in text
        assert "X-Sheet" in page["Vary"]

    @pytest.mark.parametrize("vacancy_id", ["", "x", "018f0000-0000-7000-8000-000000000000"])
    def test_no_vacancy_is_404(self, client, vacancy_id):
        assert client.get(NEW, {"vacancy": vacancy_id}).status_code == 404

    def test_a_draft_vacancy_is_404(self, client):
        draft = VacancyFactory(status=VacancyStatus.DRAFT, opened_at=None, revision_number=0)
        assert client.get(NEW, {"vacancy": draft.public_id}).status_code == 404

    @pytest.mark.parametrize(
        "odd",
        [
            {"session": "x"},
            {"session": "018f0000-0000-7000-8000-000000000000", "pin_seq": "5"},
            {"pin_seq": "٣"},
            {"pin_seq": "9" * 40},
            {"seen_at": "yesterday"},
            {"seen_at": "2026-13-45T00:00:00Z"},
            {"client_id": "x"},
        ],
    )
    def test_odd_origins_are_left_out(self, client, vacancy, odd):
        assert client.get(NEW, {"vacancy": vacancy.public_id, **odd}).status_code == 200


class TestSignedIn:
    def test_one_tap(self, vacancy):
        user = UserFactory()
        client = sign_in_client(user)
        fields = hidden(client.get(NEW, {"vacancy": vacancy.public_id}))
        assert client.post(NEW, fields).status_code == 302
        assert Intent.objects.get().seeker == user

    def test_who_has_applied_sees_that(self, vacancy):
        user = UserFactory()
        intent = express(user, vacancy)
        answer = sign_in_client(user).get(NEW, {"vacancy": vacancy.public_id})
        assert answer["Location"] == f"/intents/{intent.public_id}/done/"

    def test_a_vacancy_that_closed_says_so(self, fair):
        closed = open_vacancy(fair, status=VacancyStatus.CLOSED)
        client = sign_in_client(UserFactory())
        fields = hidden(client.get(NEW, {"vacancy": closed.public_id}))
        answer = client.post(NEW, fields)
        assert answer.status_code == 409
        assert 'role="alert"' in answer.content.decode()


class TestDone:
    def test_only_for_its_seeker(self, vacancy):
        intent = express(UserFactory(), vacancy)
        url = f"/intents/{intent.public_id}/done/"
        recruiter = EmployerMemberFactory(employer=vacancy.employer).person
        for user in (UserFactory(), recruiter):
            assert sign_in_client(user).get(url).status_code == 404
        assert Client().get(url).status_code == 302

    def test_the_answers_are_saved_with_consent_only(self, vacancy):
        user = UserFactory(display_name="")
        intent = express(user, vacancy)
        client, url = sign_in_client(user), f"/intents/{intent.public_id}/done/"
        answers = {"display_name": "王师傅", "trade": "焊工", "years": "8", "groups": ["veteran"]}
        refused = client.post(url, answers)
        assert "请勾选同意" in refused.content.decode() or refused.status_code == 200
        assert not GroupDeclaration.objects.exists()
        client.post(url, {**answers, "groups_consent": "on"})
        intent.refresh_from_db()
        assert (intent.name, intent.trade, intent.years, intent.groups) == (
            "王师傅",
            "焊工",
            8,
            ["veteran"],
        )

    def test_a_match_is_told(self, vacancy):
        user = UserFactory()
        intent = express(user, vacancy)
        who = actor(EmployerMemberFactory(employer=vacancy.employer).person)
        ladder.accept_intent(actor=who, intent=intent)
        page = sign_in_client(user).get(f"/intents/{intent.public_id}/done/").content.decode()
        assert 'data-state="matched"' in page
