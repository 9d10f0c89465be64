from __future__ import annotations

from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import AuditEvent
from core.errors import Conflict, DomainError, Invalid, NotAllowed
from employers.enums import EmployerStatus
from fairs.enums import FairStatus, StaffRole
from fairs.models import Fair
from intents import ladder
from intents.enums import EventChannel, EventKind, Level, Outcome
from intents.models import Intent, IntentEvent
from intents.rules import ADVANCE, START, next_state
from intents.signals import intent_changed
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
    return actor()


@pytest.fixture
def intent(seeker, vacancy):
    return express(seeker.user, vacancy)


@pytest.fixture
def recruiter(vacancy):
    return actor(EmployerMemberFactory(employer=vacancy.employer).person)


@pytest.fixture
def manager(fair):
    return actor(FairStaffFactory(fair=fair).person)


ANSWERS = {
    "accept": lambda who, intent: ladder.accept_intent(actor=who, intent=intent),
    "undo": lambda who, intent: ladder.undo_accept(actor=who, intent=intent),
    "decline": lambda who, intent: ladder.decline_intent(actor=who, intent=intent, reason="招满"),
    "advance": lambda who, intent: ladder.advance_intent(
        actor=who, intent=intent, to=Level.INTERVIEWED
    ),
    "reveal": lambda who, intent: ladder.reveal_contact(actor=who, intent=intent),
}


class TestAnswering:
    def test_accept_undo_accept(self, recruiter, intent):
        assert ladder.accept_intent(actor=recruiter, intent=intent).level == Level.MATCHED
        assert ladder.undo_accept(actor=recruiter, intent=intent).level == Level.EXPRESSED
        assert ladder.accept_intent(actor=recruiter, intent=intent).level == Level.MATCHED
        kinds = list(intent.events.order_by("seq").values_list("kind", "seq"))
        assert kinds == [("expressed", 1), ("matched", 2), ("match_undone", 3), ("matched", 4)]

    def test_decline_needs_a_reason_and_keeps_it(self, recruiter, intent):
        with pytest.raises(Invalid, match="reason_missing"):
            ladder.decline_intent(actor=recruiter, intent=intent, reason="  ")
        ladder.decline_intent(actor=recruiter, intent=intent, reason="名额已满")
        assert (intent.outcome, intent.reason) == (Outcome.DECLINED, "名额已满")

    def test_reveal_only_after_a_match_and_then_no_undo(self, recruiter, seeker, intent):
        with pytest.raises(Conflict, match="not_matched"):
            ladder.reveal_contact(actor=recruiter, intent=intent)
        ladder.accept_intent(actor=recruiter, intent=intent)
        assert ladder.reveal_contact(actor=recruiter, intent=intent) == seeker.user.phone
        first = intent.revealed_at
        assert ladder.reveal_contact(actor=recruiter, intent=intent) == seeker.user.phone
        assert intent.revealed_at == first
        assert AuditEvent.objects.filter(action="intent.contact_revealed").count() == 2
        with pytest.raises(Conflict, match="intent_revealed"):
            ladder.undo_accept(actor=recruiter, intent=intent)

    def test_no_phone_number_in_the_audit(self, recruiter, seeker, intent):
        ladder.accept_intent(actor=recruiter, intent=intent)
        ladder.reveal_contact(actor=recruiter, intent=intent)
        for event in AuditEvent.objects.all():
            assert seeker.user.phone[-8:] not in f"{event.reason}{event.diff}"

    def test_after_withdrawal_the_number_is_closed(self, recruiter, seeker, intent):
        ladder.accept_intent(actor=recruiter, intent=intent)
        ladder.reveal_contact(actor=recruiter, intent=intent)
        ladder.withdraw_intent(actor=seeker, intent=intent)
        with pytest.raises(Conflict):
            ladder.reveal_contact(actor=recruiter, intent=intent)

    def test_an_employer_that_is_not_verified_sees_no_number(self, recruiter, intent):
        ladder.accept_intent(actor=recruiter, intent=intent)
        employer = intent.vacancy.employer
        employer.status = EmployerStatus.SUSPENDED
        employer.save()
        with pytest.raises(NotAllowed, match="employer_not_verified"):
            ladder.reveal_contact(actor=recruiter, intent=intent)

    def test_up_to_the_hire_and_beyond(self, recruiter, intent):
        ladder.accept_intent(actor=recruiter, intent=intent)
        day = date(2026, 12, 3)
        for level in (Level.INTERVIEW_BOOKED, Level.INTERVIEWED, Level.OFFERED, Level.HIRED):
            ladder.advance_intent(actor=recruiter, intent=intent, to=level, effective_on=day)
            assert intent.level == level
        ladder.advance_intent(actor=recruiter, intent=intent, to=Level.RETAINED, evidence="社保")
        assert intent.events.last().evidence == "社保"

    @pytest.mark.parametrize("level", [Level.INTERVIEW_BOOKED, Level.HIRED])
    def test_some_steps_need_a_day(self, recruiter, intent, level):
        ladder.accept_intent(actor=recruiter, intent=intent)
        with pytest.raises(Invalid, match="date_missing"):
            ladder.advance_intent(actor=recruiter, intent=intent, to=level)

    def test_matching_is_accepting_and_not_advancing(self, recruiter, intent):
        with pytest.raises(Invalid, match="level_wrong"):
            ladder.advance_intent(actor=recruiter, intent=intent, to=Level.MATCHED)

    def test_news_by_phone_say_so(self, recruiter, intent):
        ladder.accept_intent(actor=recruiter, intent=intent)
        ladder.advance_intent(
            actor=recruiter, intent=intent, to=Level.INTERVIEWED, channel=EventChannel.PHONE
        )
        assert intent.events.last().channel == EventChannel.PHONE

    def test_closed_fairs_still_answer_archived_ones_do_not(self, recruiter, fair, intent):
        Fair.objects.update(status=FairStatus.CLOSED)
        ladder.accept_intent(actor=recruiter, intent=intent)
        Fair.objects.update(status=FairStatus.ARCHIVED)
        with pytest.raises(Conflict, match="fair_archived"):
            ladder.undo_accept(actor=recruiter, intent=intent)

    def test_a_second_decision_is_told_of_the_first(self, recruiter, vacancy, intent):
        colleague = actor(EmployerMemberFactory(employer=vacancy.employer).person)
        stale = Intent.objects.get(pk=intent.pk)
        ladder.decline_intent(actor=colleague, intent=intent, reason="招满")
        with pytest.raises(Conflict) as refusal:
            ladder.accept_intent(actor=recruiter, intent=stale)
        assert colleague.user.display_name in str(refusal.value.message)

    def test_declining_what_a_colleague_has_accepted_is_told(self, recruiter, intent):
        ladder.accept_intent(actor=recruiter, intent=intent)
        with pytest.raises(Conflict, match="intent_changed"):
            ladder.decline_intent(
                actor=recruiter, intent=intent, reason="招满", seen_level=Level.EXPRESSED
            )
        ladder.decline_intent(
            actor=recruiter, intent=intent, reason="未到岗", seen_level=Level.MATCHED
        )

    def test_lapse_is_for_managers(self, recruiter, manager, intent):
        with pytest.raises(NotAllowed):
            ladder.lapse_intent(actor=recruiter, intent=intent, reason="无回应")
        with pytest.raises(Invalid):
            ladder.lapse_intent(actor=manager, intent=intent, reason=" ")
        ladder.lapse_intent(actor=manager, intent=intent, reason="无回应")
        assert (intent.outcome, intent.reason) == (Outcome.LAPSED, "无回应")


class TestWhoMay:
    @pytest.mark.parametrize("action", ANSWERS)
    def test_strangers_may_not_answer(self, action, seeker, fair, intent):
        other_fair = FairStaffFactory()
        statistician = FairStaffFactory(fair=fair, role=StaffRole.STATISTICIAN)
        for user in (
            seeker.user,
            UserFactory(),
            EmployerMemberFactory().person,
            other_fair.person,
            statistician.person,
        ):
            with pytest.raises(NotAllowed):
                ANSWERS[action](actor(user), intent)
        assert IntentEvent.objects.count() == 1

    def test_a_manager_answers_on_behalf(self, manager, vacancy, intent):
        ladder.accept_intent(actor=manager, intent=intent)
        event = intent.events.last()
        assert (event.channel, event.on_behalf_of) == (
            EventChannel.STAFF,
            vacancy.employer.public_id,
        )

    def test_withdrawing_is_the_seekers(self, seeker, recruiter, manager, vacancy, intent):
        for who in (recruiter, actor()):
            with pytest.raises(NotAllowed):
                ladder.withdraw_intent(actor=who, intent=intent)
        ladder.withdraw_intent(actor=seeker, intent=intent)
        intent.consent.refresh_from_db()
        assert intent.consent.withdrawn_at
        second = express(seeker.user, vacancy)
        ladder.withdraw_intent(actor=manager, intent=second, reason="本人来电")
        assert second.events.last().on_behalf_of == seeker.user.public_id

    def test_visibility(self, seeker, recruiter, manager, fair, intent):
        statistician = FairStaffFactory(fair=fair, role=StaffRole.STATISTICIAN).person
        root = UserFactory(is_superuser=True)
        for user in (seeker.user, recruiter.user, manager.user, root):
            assert list(Intent.objects.visible_to(user)) == [intent]
        for user in (None, UserFactory(), EmployerMemberFactory().person, statistician):
            assert not Intent.objects.visible_to(user).exists()

    def test_many_members_show_an_intent_once(self, seeker, recruiter, vacancy, intent):
        EmployerMemberFactory.create_batch(3, employer=vacancy.employer)
        EmployerMemberFactory(employer=vacancy.employer, person=seeker.user)
        assert Intent.objects.visible_to(seeker.user).count() == 1


class TestAnnouncing:
    def test_after_commit_only(self, recruiter, intent, django_capture_on_commit_callbacks):
        heard = []

        def listen(sender, intent, kind, **_):
            heard.append((intent.level, kind))

        intent_changed.connect(listen)
        try:
            with django_capture_on_commit_callbacks(execute=True):
                ladder.accept_intent(actor=recruiter, intent=intent)
                assert not heard
        finally:
            intent_changed.disconnect(listen)
        assert heard == [(Level.MATCHED, EventKind.MATCHED)]


STEPS = [kind for kind in EventKind if kind != EventKind.EXPRESSED]


def apply(step, intent, seeker, recruiter, manager):
    """Take ``step`` through its service."""
    if step == EventKind.MATCHED:
        ladder.accept_intent(actor=recruiter, intent=intent)
    elif step == EventKind.MATCH_UNDONE:
        ladder.undo_accept(actor=recruiter, intent=intent)
    elif step == EventKind.DECLINED:
        ladder.decline_intent(actor=recruiter, intent=intent, reason="招满")
    elif step == EventKind.WITHDRAWN:
        ladder.withdraw_intent(actor=seeker, intent=intent)
    elif step == EventKind.LAPSED:
        ladder.lapse_intent(actor=manager, intent=intent, reason="无回应")
    else:
        level = {kind: level for level, kind in ADVANCE.items()}[step]
        ladder.advance_intent(
            actor=recruiter, intent=intent, to=level, effective_on=date(2026, 12, 3)
        )


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(steps=st.lists(st.sampled_from(STEPS), max_size=10), reread=st.booleans())
def test_the_services_follow_the_table(steps, reread, fair, vacancy, recruiter, manager):
    """Whatever is tried in whatever order: state, log and table agree, numbers have no gap."""
    seeker = actor()
    intent = express(seeker.require_user(), vacancy)
    state, before = START, IntentEvent.objects.count()
    for step in steps:
        target = next_state(state, step)
        row = Intent.objects.get(pk=intent.pk) if reread else intent
        try:
            apply(step, row, seeker, recruiter, manager)
        except DomainError:
            assert target is None
        else:
            assert target is not None
            state, before = target, before + 1
    intent.refresh_from_db()
    assert (intent.level, intent.outcome) == state
    seqs = list(IntentEvent.objects.order_by("seq").values_list("seq", flat=True))
    assert seqs == list(range(1, before + 1))
