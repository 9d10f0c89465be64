"""Invitations: promised to a number, claimed by whoever proves to hold it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ObjectDoesNotExist
from django.test import Client
from django.utils import timezone

from accounts import invitations
from accounts.enums import InvitationScope
from accounts.models import AuditEvent, Invitation, User
from accounts.signals import invitation_claimed
from core.errors import Conflict, Invalid, NotSignedIn
from core.ids import new_id
from jobs.worker import run_pending
from tests.factories import UserFactory, actor
from tests.support.accounts import sign_in_by_sms
from tests.support.live import SmsInbox

PHONE = "+8613812345678"
pytestmark = pytest.mark.django_db


class Receiver:
    """Stands for the app of the invitation's scope."""

    def __init__(self) -> None:
        self.seen: list[tuple[Invitation, User]] = []
        self.refuse: Exception | None = None

    def __call__(self, sender: Any, invitation: Invitation, user: User, **kwargs: Any) -> None:
        if self.refuse:
            raise self.refuse
        self.seen.append((invitation, user))


@pytest.fixture
def upper() -> Iterator[Receiver]:
    """Takes the place of the receivers of the apps above for one test."""
    others, invitation_claimed.receivers = invitation_claimed.receivers, []
    invitation_claimed.sender_receivers_cache.clear()
    receiver = Receiver()
    invitation_claimed.connect(receiver, weak=False)
    yield receiver
    invitation_claimed.receivers = others
    invitation_claimed.sender_receivers_cache.clear()


def promise(**changes: Any) -> Invitation:
    values: dict[str, Any] = {
        "actor": actor(),
        "phone": "138 1234 5678",
        "scope": InvitationScope.FAIR,
        "target": new_id(),
        "role": "manager",
    }
    return invitations.invite(**{**values, **changes})


def test_claimed_at_sign_in(client: Client, sms: SmsInbox, upper: Receiver) -> None:
    invitation = promise()
    assert not upper.seen
    sign_in_by_sms(client, sms, PHONE)
    [(claimed, user)] = upper.seen
    assert (claimed, user.phone) == (invitation, PHONE)
    invitation.refresh_from_db()
    assert invitation.claimed_by == user
    assert AuditEvent.objects.filter(action="invitation.claim").count() == 1


def test_not_claimed_by_asking_for_a_code(client: Client, sms: SmsInbox, upper: Receiver) -> None:
    promise()
    client.post("/sign-in/", {"phone": PHONE})
    assert not upper.seen


def test_asking_twice_is_one_invitation_and_one_message(
    sms: SmsInbox, upper: Receiver, capsys: pytest.CaptureFixture[str]
) -> None:
    target, who = new_id(), actor()
    first = promise(target=target, actor=who)
    assert promise(target=target, actor=who) == first
    assert run_pending() == 1
    out = capsys.readouterr().out
    assert out.count("/sign-in/") == 1
    assert "138****5678" in out
    assert PHONE not in out
    assert not sms.messages(PHONE)


def test_somebody_signed_in_gets_it_at_once(upper: Receiver) -> None:
    holder = UserFactory(phone=PHONE, last_login=timezone.now())
    assert promise().claimed_by == holder


def test_old_proof_is_no_proof(upper: Receiver) -> None:
    long_ago = timezone.now() - timedelta(days=31)
    UserFactory(phone=PHONE, last_login=long_ago)
    assert promise().claimed_by is None


def test_revoked_is_not_claimed(client: Client, sms: SmsInbox, upper: Receiver) -> None:
    invitation = promise()
    who = actor()
    invitations.revoke(actor=who, invitation=invitation)
    invitations.revoke(actor=who, invitation=invitation)
    assert AuditEvent.objects.filter(action="invitation.revoke").count() == 1
    sign_in_by_sms(client, sms, PHONE)
    assert not upper.seen
    assert run_pending() == 1


def test_claimed_is_not_revoked(upper: Receiver) -> None:
    UserFactory(phone=PHONE, last_login=timezone.now())
    with pytest.raises(Conflict):
        invitations.revoke(actor=actor(), invitation=promise())


@pytest.mark.parametrize("refusal", [ObjectDoesNotExist(), Conflict("gone", "gone")])
def test_vanished_target_stops_nobody(
    client: Client, sms: SmsInbox, upper: Receiver, refusal: Exception
) -> None:
    invitation = promise()
    upper.refuse = refusal
    sign_in_by_sms(client, sms, PHONE)
    assert "_auth_user_id" in client.session
    invitation.refresh_from_db()
    assert invitation.claimed_at is None


def test_refused(upper: Receiver) -> None:
    with pytest.raises(Invalid):
        promise(phone="0512-12345678")
    from accounts.actor import ANONYMOUS

    with pytest.raises(NotSignedIn):
        promise(actor=ANONYMOUS)


def test_trail_holds_no_whole_number(upper: Receiver) -> None:
    promise()
    trail = AuditEvent.objects.get(action="invitation.create")
    assert trail.diff["phone"] == [None, "138****5678"]
