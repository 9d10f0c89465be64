"""Names, sessions, blocks, unverified accounts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core.management import call_command
from django.test import Client
from django.utils import timezone
from django_tasks import TaskResultStatus
from django_tasks_db.models import DBTaskResult

from accounts import services
from accounts.checks import limits_are_shared, people_can_sign_in
from accounts.models import AuditEvent, Block, User
from accounts.rules import clean_display_name
from accounts.signals import sessions_revoked
from accounts.tasks import notify
from core import sms as messages
from core.errors import Invalid, NotAllowed, RateLimited
from jobs.worker import run_pending
from tests.factories import FairStaffFactory, UserFactory, actor
from tests.support.accounts import signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def revoked() -> Iterator[list[User]]:
    users: list[User] = []

    def note(user: User, **kwargs: Any) -> None:
        users.append(user)

    sessions_revoked.connect(note)
    yield users
    sessions_revoked.disconnect(note)


def is_signed_in(client: Client) -> bool:
    return client.get("/me/account/").status_code == 200


class TestName:
    @pytest.mark.parametrize(
        ("typed", "kept"),
        [("  李 师傅 ", "李 师傅"), ("小\u200b王\u202e", "小王"), ("Ms Li\n", "Ms Li")],
    )
    def test_kept(self, typed: str, kept: str) -> None:
        assert clean_display_name(typed) == kept

    @pytest.mark.parametrize(
        "typed", ["", " \u200b ", "师" * 21, "李138 1234 5678", "１３８１２３４５"]
    )
    def test_refused(self, typed: str) -> None:
        with pytest.raises(Invalid) as refusal:
            clean_display_name(typed)
        assert "display_name" in refusal.value.fields

    def test_page(self, client: Client) -> None:
        user = UserFactory(display_name="旧")
        signed_in(client, user)
        assert "旧" in client.get("/me/account/").content.decode()
        assert client.post("/me/account/", {"display_name": "李师傅"}).status_code == 302
        user.refresh_from_db()
        assert user.display_name == "李师傅"
        assert client.post("/me/account/", {"display_name": ""}).context["form"].errors
        client.post("/me/account/", {"display_name": "李师傅"})
        assert AuditEvent.objects.filter(action="account.rename").count() == 1

    def test_visitors_sign_in(self, client: Client) -> None:
        assert client.get("/me/account/")["Location"] == "/sign-in/?next=%2Fme%2Faccount%2F"


@pytest.mark.django_db(transaction=True)
def test_sign_out_everywhere(revoked: list[User]) -> None:
    user = UserFactory()
    phone, laptop = signed_in(Client(), user), signed_in(Client(), user)
    stranger = signed_in(Client(), UserFactory())
    assert phone.post("/me/account/sign-out-everywhere/")["Location"] == "/sign-in/"
    assert not is_signed_in(phone)
    assert not is_signed_in(laptop)
    assert is_signed_in(stranger)
    assert user in revoked


@pytest.mark.django_db(transaction=True)
def test_sign_out_is_announced(client: Client, revoked: list[User]) -> None:
    user = UserFactory()
    signed_in(client, user)
    client.post("/sign-out/")
    assert revoked == [user]


@pytest.mark.django_db(transaction=True)
class TestBlock:
    def test_ends_sessions_and_is_dated(self, client: Client, revoked: list[User]) -> None:
        user, admin = UserFactory(), UserFactory(admin=True)
        signed_in(client, user)
        services.block_account(actor=actor(admin), user=user, reason="广告")
        services.block_account(actor=actor(admin), user=user, reason="广告")
        assert not is_signed_in(client)
        assert revoked == [user]
        services.unblock_account(actor=actor(admin), user=user, reason="误判")
        services.unblock_account(actor=actor(admin), user=user)
        user.refresh_from_db()
        assert user.is_active
        assert not is_signed_in(client)
        assert list(user.blocks.order_by("id").values_list("blocked", "reason")) == [
            (True, "广告"),
            (False, "误判"),
        ]
        assert AuditEvent.objects.filter(action__startswith="account.").count() == 2

    def test_refused(self) -> None:
        admin = UserFactory(admin=True)
        who = actor()
        for user in (admin, who.require_user()):
            with pytest.raises(NotAllowed):
                services.block_account(actor=who, user=user, reason="x")
        with pytest.raises(Invalid):
            services.block_account(actor=who, user=UserFactory(), reason=" ")
        assert not Block.objects.exists()

    def test_a_reason_fits_its_column(self) -> None:
        user = UserFactory()
        with pytest.raises(Invalid):
            services.block_account(actor=actor(), user=user, reason="骗" * 201)
        services.block_account(actor=actor(), user=user, reason="诈\x00骗\n")
        with pytest.raises(Invalid):
            services.unblock_account(actor=actor(), user=user, reason="误" * 201)
        assert user.blocks.get().reason == "诈 骗"


def test_prune_unverified(capsys: pytest.CaptureFixture[str]) -> None:
    old = timezone.now() - timedelta(days=2)
    UserFactory(unverified=True, created_at=old)
    young = UserFactory(unverified=True)
    verified = UserFactory(created_at=old)
    referred = FairStaffFactory(person__unverified=True, person__created_at=old).person
    audited = UserFactory(unverified=True, created_at=old)
    services.rename(actor=actor(audited), display_name="新名")
    call_command("prune_unverified")
    assert set(User.objects.all()) == {young, verified, referred, audited}


class TestNotices:
    def test_sent_after_the_act(self, capsys: pytest.CaptureFixture[str]) -> None:
        user = UserFactory()
        notify(user=user, template=messages.MATCHED, employer="永兴厂", vacancy="焊工", url="/me/")
        assert run_pending() == 1
        out = capsys.readouterr().out
        assert "永兴厂接受了您报名的“焊工”岗位" in out
        assert user.phone not in out

    def test_not_to_the_blocked(self, capsys: pytest.CaptureFixture[str]) -> None:
        user = UserFactory(is_active=False)
        notify(user=user, template=messages.MATCHED, employer="a", vacancy="b", url="c")
        run_pending()
        assert "SMS" not in capsys.readouterr().out

    def test_not_without_end(self, capsys: pytest.CaptureFixture[str]) -> None:
        user = UserFactory()
        for _ in range(22):
            notify(user=user, template=messages.MATCHED, employer="a", vacancy="b", url="c")
        run_pending()
        assert capsys.readouterr().out.count("SMS") == 20

    def test_tried_again_when_the_provider_does_not_take_it(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        errors = [messages.SmsUnavailable(), RateLimited(3600), None, *[RateLimited(5)] * 5]
        sent: list[str] = []

        def send(phone: str, template: str, params: object) -> None:
            sent.append(template)
            if error := errors.pop(0):
                raise error

        monkeypatch.setattr("core.sms.send", send)
        user = UserFactory()
        with time_machine.travel(timezone.now(), tick=False) as clock:
            notify(user=user, template=messages.MATCHED, employer="a", vacancy="b", url="c")
            tries = []
            for seconds in (0, 59, 1, 3599, 1, 9999):
                clock.shift(seconds)
                tries.append(run_pending())
            assert tries == [1, 0, 1, 0, 1, 0]
            notify(user=user, template=messages.MATCHED, employer="a", vacancy="b", url="c")
            for _ in range(9):
                run_pending()
                clock.shift(9999)
        assert len(sent) == 3 + 5
        assert user.phone not in str(list(DBTaskResult.objects.values("args_kwargs", "traceback")))

    def test_some_are_not_sent_here(self, settings: Any) -> None:
        settings.SMS_BACKEND, settings.SMS_TEMPLATES = "aliyun", {"matched": ("-", ())}
        notify(user=UserFactory(), template=messages.MATCHED, employer="a", vacancy="b", url="c")
        run_pending()
        assert DBTaskResult.objects.get().status == TaskResultStatus.SUCCESSFUL


class TestChecks:
    def test_nobody_could_sign_in(self, settings: Any) -> None:
        settings.SMS_BACKEND, settings.DEMO = "", False
        assert [error.id for error in people_can_sign_in(None)] == ["accounts.E001"]
        settings.SMS_BACKEND = "console"
        assert people_can_sign_in(None) == []

    def test_demo_is_not_for_real_people(self, settings: Any) -> None:
        settings.DEMO = True
        assert [error.id for error in people_can_sign_in(None)] == ["accounts.E002"]

    def test_shared_limits(self, settings: Any) -> None:
        local = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
        settings.CACHES = local
        assert [warning.id for warning in limits_are_shared(None)] == ["accounts.W001"]
        settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache"}}
        assert limits_are_shared(None) == []
