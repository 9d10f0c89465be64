"""Rows a benchmark needs: a fair that is on, a session on air, people who may write."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

if TYPE_CHECKING:
    from accounts.models import User
    from livestream.models import Session


@dataclass(frozen=True, slots=True)
class Seeded:
    """A live room and the accounts that write in it."""

    session: Session
    writers: list[User]

    @property
    def public_id(self) -> UUID:
        return self.session.public_id

    @property
    def socket_path(self) -> str:
        return f"/ws/rooms/{self.public_id}/"

    @property
    def events_path(self) -> str:
        return f"/api/v1/sessions/{self.public_id}/events/"

    def write_tokens(self, target: Path, *, viewers: int) -> Path:
        """One token per line: first the writers', then those of devices without an account."""
        from livestream.realtime import tokens

        keys = [user.actor_key for user in self.writers[:viewers]]
        keys += [secrets.token_hex(12) for _ in range(viewers - len(keys))]
        with target.open("w") as file:
            for key in keys:
                file.write(tokens.issue(self.public_id, key, "seeker") + "\n")
        return target

    def stored(self) -> int:
        """Messages in the database, whoever wrote them."""
        from livestream.models import Message

        return Message.objects.filter(session=self.session).count()

    def log_is_whole(self) -> bool:
        """Whether the log's numbers run from 1 to the head without a gap or a double."""
        from livestream.models import RoomEvent, Session

        head = Session.objects.values_list("last_seq", flat=True).get(pk=self.session.pk)
        seqs = RoomEvent.objects.filter(session=self.session).order_by("seq")
        return list(seqs.values_list("seq", flat=True)) == list(range(1, head + 1))


def seed(*, writers: int) -> Seeded:
    """Make a live session and so many accounts, a year old, straight in the database."""
    from datetime import timedelta

    from django.contrib.auth.hashers import make_password
    from django.utils import timezone

    from accounts.models import User
    from tests.factories import SessionFactory

    now, unusable = timezone.now(), make_password(None)
    people = [
        User(
            phone=f"+86136{number:08d}",
            display_name=f"工友{number}",
            phone_verified_at=now - timedelta(days=365),
            created_at=now - timedelta(days=365),
            password=unusable,
        )
        for number in range(writers)
    ]
    User.objects.bulk_create(people, batch_size=1000)
    return Seeded(SessionFactory(), people)
