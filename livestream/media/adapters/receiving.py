"""What every way in has in common: what its server says becomes takes."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from livestream.enums import PublishPath, TakeEnd
from livestream.models import Take
from livestream.services import takes


class Receiving:
    """The part of :class:`~livestream.media.adapters.base.Adapter` that tells of publishers."""

    path: ClassVar[PublishPath]

    def authorize(
        self, *, stream: UUID, token: str, connection_id: str, began_at: datetime | None = None
    ) -> Take:
        return takes.begin_take(
            session=stream,
            secret=token,
            connection_id=connection_id,
            path=self.path,
            began_at=began_at,
        )

    def up(self, *, take: Take, first_at: datetime) -> bool:
        return takes.take_up(take=take, first_at=first_at)

    def down(
        self, *, take: Take, reason: TakeEnd, last_at: datetime | None = None, trouble: str = ""
    ) -> Take:
        return takes.end_take(take=take, reason=reason, last_at=last_at, trouble=trouble)
