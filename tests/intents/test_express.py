from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import AuditEvent
from core.errors import Conflict, Invalid, NotAllowed, NotSignedIn, RateLimited
from core.ids import new_id
from employers.enums import EmployerStatus, VacancyStatus
from fairs.enums import BoothStatus, FairStatus
from intents import consent
from intents.enums import EventChannel, EventKind, Level, MomentSource, Outcome
from intents.ladder import withdraw_intent
from intents.models import Consent, Intent, IntentEvent
from intents.services import answer, express_intent, record_by_phone
from livestream.enums import VideoSource
from livestream.models import Pin, PinVacancy
from seekers import consent as group_consent
from seekers.services import Answers
from tests.factories import (
    EntryChannelFactory,
    FairFactory,
    FairStaffFactory,
    OnAirIntervalFactory,
    SessionFactory,
    UserFactory,
    VacancyFactory,
    actor,
    bring,
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


def tap(who, vacancy, **fields):
    values = {"client_id": new_id(), "consent_version": consent.CURRENT, **fields}
    return express_intent(actor=who, vacancy=vacancy, **values)


class TestExpress:
    def test_writes_intent_consent_event_and_audit(self, fair, vacancy):
        who = actor()
        intent, created = tap(who, vacancy)
        assert created
        assert (intent.fair, intent.level, intent.outcome) == (fair, Level.EXPRESSED, Outcome.LIVE)
        assert intent.revision.vacancy == vacancy
        assert intent.name == who.user.display_name
        assert (intent.consent.recipient, intent.consent.version) == (
            vacancy.employer,
            consent.CURRENT,
        )
        event = IntentEvent.objects.get()
        assert (event.seq, event.kind, event.actor, event.channel) == (
            1,
            EventKind.EXPRESSED,
            who.user,
            EventChannel.SELF,
        )
        assert AuditEvent.objects.get().action == "intent.expressed"

    def test_needs_an_account(self, vacancy):
        from accounts.actor import ANONYMOUS

        with pytest.raises(NotSignedIn):
            tap(ANONYMOUS, vacancy)

    def test_a_live_pair_is_returned_whatever_the_client_id(self, vacancy):
        who = actor()
        first, _ = tap(who, vacancy)
        again, created = tap(who, vacancy)
        assert (again, created) == (first, False)
        assert Consent.objects.count() == IntentEvent.objects.count() == 1

    def test_the_same_request_again_is_the_same_row_even_after_withdrawal(self, vacancy):
        who, client_id = actor(), new_id()
        first, _ = tap(who, vacancy, client_id=client_id)
        withdraw_intent(actor=who, intent=first)
        again, created = tap(who, vacancy, client_id=client_id)
        assert (again.pk, again.outcome, created) == (first.pk, Outcome.WITHDRAWN, False)

    @pytest.mark.parametrize("other", ["vacancy", "call_me", "seen", "session", "consent"])
    def test_the_same_client_id_with_other_content_is_refused(self, fair, vacancy, other):
        who, client_id = actor(), new_id()
        tap(who, vacancy, client_id=client_id)
        changes: dict[str, Any] = {
            "vacancy": {"vacancy": open_vacancy(fair)},
            "call_me": {"call_me": True},
            "seen": {"seen_raw": timezone.now()},
            "session": {"session": SessionFactory(fair=fair)},
            "consent": {"consent_version": "2020-01"},
        }
        fields = changes[other]
        with pytest.raises(Conflict, match="client_id_reused"):
            tap(who, fields.pop("vacancy", vacancy), client_id=client_id, **fields)

    def test_after_withdrawal_a_new_wish_is_a_new_row(self, vacancy):
        who = actor()
        first, _ = tap(who, vacancy)
        withdraw_intent(actor=who, intent=first)
        second, created = tap(who, vacancy)
        assert created
        assert second.pk != first.pk
        assert list(IntentEvent.objects.values_list("seq", flat=True)) == [1, 2, 3]

    def test_two_people_may_use_one_client_id(self, vacancy):
        client_id = new_id()
        assert tap(actor(), vacancy, client_id=client_id).created
        assert tap(actor(), vacancy, client_id=client_id).created

    def test_an_outdated_consent_is_refused(self, vacancy):
        with pytest.raises(Invalid) as refusal:
            tap(actor(), vacancy, consent_version="2020-01")
        assert set(refusal.value.fields) == {"consent_version"}

    def test_too_many_are_refused(self, fair, vacancy, monkeypatch):
        monkeypatch.setattr("intents.services.PER_HOUR", 1)
        who = actor()
        tap(who, vacancy)
        with pytest.raises(RateLimited):
            tap(who, open_vacancy(fair))
        assert not tap(who, vacancy).created


class TestWhatCanBeAppliedFor:
    @pytest.mark.parametrize(
        "fields",
        [
            {"status": VacancyStatus.CLOSED},
            {"status": VacancyStatus.DRAFT},
            {"valid_until": timezone.localdate() - timedelta(days=2)},
            {"employer__status": EmployerStatus.SUSPENDED},
        ],
    )
    def test_closed_expired_and_suspended_are_refused(self, fair, fields):
        with pytest.raises(Conflict, match="vacancy_closed"):
            tap(actor(), open_vacancy(fair, **fields))

    @pytest.mark.parametrize("status", [FairStatus.DRAFT, FairStatus.ARCHIVED])
    def test_the_fair_must_be_public(self, status):
        with pytest.raises(Conflict, match="vacancy_not_at_fair"):
            tap(actor(), open_vacancy(FairFactory(status=status)))

    def test_the_booth_must_be_approved(self, fair):
        vacancy = open_vacancy(fair)
        vacancy.booths.update(status=BoothStatus.DECLINED)
        with pytest.raises(Conflict, match="vacancy_not_at_fair"):
            tap(actor(), vacancy)

    def test_a_session_of_a_fair_that_does_not_have_it_is_refused(self, vacancy):
        with pytest.raises(Conflict, match="vacancy_not_at_fair"):
            tap(actor(), vacancy, session=SessionFactory())

    def test_without_a_session_the_live_fair_is_meant(self):
        vacancy = VacancyFactory()
        for status in (FairStatus.CLOSED, FairStatus.PUBLISHED, FairStatus.LIVE):
            bring(vacancy, FairFactory(status=status))
        assert tap(actor(), vacancy).intent.fair.status == FairStatus.LIVE

    def test_with_a_session_its_fair_is_meant(self):
        vacancy = VacancyFactory()
        fairs = [FairFactory(), FairFactory(status=FairStatus.CLOSED)]
        for fair in fairs:
            bring(vacancy, fair)
        session = SessionFactory(fair=fairs[1])
        assert tap(actor(), vacancy, session=session).intent.fair == fairs[1]


class TestWhereItCameFrom:
    def pin(self, session, vacancy, seq=7):
        pin = Pin.objects.create(session=session, seq=seq)
        revision = vacancy.revisions.first()
        PinVacancy.objects.create(pin=pin, revision=revision)
        return revision

    def test_the_card_and_its_revision_are_kept(self, fair, vacancy):
        session = SessionFactory(fair=fair)
        shown = self.pin(session, vacancy)
        vacancy.revisions.create(number=2, snapshot={})
        intent, _ = tap(actor(), vacancy, session=session, pin_seq=7)
        assert (intent.session, intent.pin_seq, intent.revision) == (session, 7, shown)

    def test_without_a_card_the_newest_revision_was_shown(self, vacancy):
        newest = vacancy.revisions.create(number=2, snapshot={})
        assert tap(actor(), vacancy).intent.revision == newest

    def test_a_card_that_never_was_is_left_out_and_the_retry_agrees(self, fair, vacancy):
        session, who, client_id = SessionFactory(fair=fair), actor(), new_id()
        for _attempt in range(2):
            intent, _ = tap(who, vacancy, session=session, pin_seq=99, client_id=client_id)
            assert intent.pin_seq is None

    def test_a_card_without_a_session_is_left_out(self, vacancy):
        assert tap(actor(), vacancy, pin_seq=7).intent.pin_seq is None

    def test_the_players_clock_is_kept_raw_and_clamped(self, fair, vacancy):
        session = SessionFactory(fair=fair)
        on_air = OnAirIntervalFactory(session=session)
        raw = on_air.starts_at - timedelta(seconds=5)
        intent, _ = tap(actor(), vacancy, session=session, seen_raw=raw)
        assert (intent.seen_raw, intent.seen_at) == (raw, on_air.starts_at)
        assert intent.moment_source == MomentSource.PLAYER

    def test_elsewhere_the_moment_is_an_estimate(self, fair, vacancy):
        session = SessionFactory(
            fair=fair,
            video_source=VideoSource.ELSEWHERE,
            external_url="https://example.com/live",
            declared_delay_s=20,
        )
        OnAirIntervalFactory(session=session)
        first, _ = tap(actor(), vacancy, session=session, seen_raw=timezone.now())
        second, _ = tap(actor(), vacancy, session=session)
        assert first.moment_source == second.moment_source == MomentSource.ESTIMATED
        assert second.seen_at < timezone.now() - timedelta(seconds=19)

    def test_a_frame_of_another_site_gives_no_clock(self, fair, vacancy):
        link = {"external_url": "https://example.com/live", "declared_delay_s": 20}
        session = SessionFactory(fair=fair, video_source=VideoSource.EMBED, **link)
        OnAirIntervalFactory(session=session)
        intent, _ = tap(actor(), vacancy, session=session, seen_raw=timezone.now())
        assert intent.moment_source == MomentSource.ESTIMATED

    def test_without_a_player_our_own_picture_is_three_segments_behind(self, fair, vacancy):
        session = SessionFactory(fair=fair, video_source=VideoSource.HOSTED, segment_s=4)
        OnAirIntervalFactory(session=session)
        intent, _ = tap(actor(), vacancy, session=session)
        assert intent.moment_source == MomentSource.ESTIMATED
        assert timedelta(seconds=12) <= timezone.now() - intent.seen_at < timedelta(seconds=60)

    def test_off_air_there_is_no_moment(self, fair, vacancy):
        intent, _ = tap(actor(), vacancy, session=SessionFactory(fair=fair))
        assert (intent.seen_at, intent.moment_source) == (None, MomentSource.NONE)

    def test_the_channel_of_this_fair_is_kept(self, fair, vacancy):
        poster = EntryChannelFactory(fair=fair, code="poster")
        EntryChannelFactory(code="other")
        assert tap(actor(channel_code="poster"), vacancy).intent.entry_channel == poster
        assert tap(actor(channel_code="other"), vacancy).intent.entry_channel is None


class TestAnswers:
    def answers(self, **fields):
        return Answers(name="王师傅", trade="焊工", years=12, certificates="焊工证", **fields)

    def test_answers_given_after_the_tap_reach_the_employer(self, vacancy):
        who = actor(UserFactory(display_name=""))
        intent, _ = tap(who, vacancy)
        consented = {"groups": ["veteran"], "groups_consent": group_consent.CURRENT}
        answer(actor=who, answers=self.answers(**consented))
        intent.refresh_from_db()
        assert (intent.name, intent.trade, intent.years, intent.groups) == (
            "王师傅",
            "焊工",
            12,
            ["veteran"],
        )

    def test_closed_intents_keep_what_was_shown(self, vacancy):
        who = actor(UserFactory(display_name="小王"))
        intent, _ = tap(who, vacancy)
        withdraw_intent(actor=who, intent=intent)
        answer(actor=who, answers=self.answers())
        intent.refresh_from_db()
        assert (intent.name, intent.trade) == ("小王", "")

    def test_the_next_intent_takes_the_answers_along(self, vacancy):
        who = actor()
        answer(actor=who, answers=self.answers())
        assert tap(who, vacancy).intent.years == 12

    def test_groups_need_their_own_consent(self):
        with pytest.raises(Invalid, match="groups_consent_missing"):
            answer(actor=actor(), answers=self.answers(groups=["veteran"]))


class TestByPhone:
    def record(self, who, fair, vacancy, **fields):
        values = {
            "phone": "+8613900009999",
            "client_id": new_id(),
            "consent_version": consent.CURRENT,
            "evidence": "本人来电，已宣读同意内容",
            **fields,
        }
        return record_by_phone(actor=who, fair=fair, vacancy=vacancy, **values)

    def test_a_manager_enters_it_for_a_new_person(self, fair, vacancy):
        manager = actor(FairStaffFactory(fair=fair).person)
        given = Answers(name="赵师傅", trade="车工")
        intent, created = self.record(manager, fair, vacancy, answers=given)
        assert created
        assert (intent.seeker.phone, intent.name, intent.trade) == (
            "+8613900009999",
            "赵师傅",
            "车工",
        )
        event = intent.events.get()
        assert (event.channel, event.actor, event.on_behalf_of) == (
            EventChannel.PHONE,
            manager.user,
            intent.seeker.public_id,
        )
        assert event.evidence
        assert intent.seeker.phone_verified_at is None

    def test_own_answers_are_not_overwritten(self, fair, vacancy):
        person = UserFactory(phone="+8613900009999", display_name="老赵")
        manager = actor(FairStaffFactory(fair=fair).person)
        self.record(manager, fair, vacancy, answers=Answers(name="赵", trade="车工"))
        person.refresh_from_db()
        assert (person.display_name, person.seeker_profile.trade) == ("老赵", "车工")

    def test_a_person_has_one_live_intent_however_it_came(self, fair, vacancy):
        person = UserFactory(phone="+8613900009999")
        first = express(person, vacancy)
        manager = actor(FairStaffFactory(fair=fair).person)
        assert self.record(manager, fair, vacancy) == (first, False)

    def test_others_may_not(self, fair, vacancy):
        for who in (actor(), actor(FairStaffFactory().person)):
            with pytest.raises(NotAllowed):
                self.record(who, fair, vacancy)

    def test_the_consent_must_be_told(self, fair, vacancy):
        manager = actor(FairStaffFactory(fair=fair).person)
        with pytest.raises(Invalid, match="evidence_missing"):
            self.record(manager, fair, vacancy, evidence=" ")
        assert not Intent.objects.exists()

    def test_the_fair_must_have_the_vacancy(self, fair):
        manager = actor(FairStaffFactory(fair=fair).person)
        with pytest.raises(Conflict, match="vacancy_not_at_fair"):
            self.record(manager, fair, open_vacancy())
