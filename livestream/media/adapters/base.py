"""The one protocol between the fair and whatever receives and serves its pictures.

For every connection that wants to publish, whichever way it comes, :meth:`Adapter.authorize` is
asked, and makes it a take (``livestream.services.takes``). :meth:`Adapter.up` says that it can be
played, :meth:`Adapter.down` that it is gone. Reports name the take, so what an older connection
says later changes nothing, and one that was refused has none to speak of.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal, NamedTuple, Protocol
from uuid import UUID

from livestream.enums import TakeEnd
from livestream.models import Session, Take

Kind = Literal["hls", "embed", "link", "none"]


class Playback(NamedTuple):
    """Where a picture is watched: ``hls`` in our player, ``embed`` in a frame, ``link`` elsewhere.

    ``url`` is empty for ``none``: nothing can be watched now.
    """

    kind: Kind
    url: str


NOTHING = Playback("none", "")


class IngestAddress(NamedTuple):
    """What is typed into an encoder: ``url`` is the server, ``key`` the stream name with secret."""

    label: str
    url: str
    key: str


class Source(Protocol):
    """Where a session's picture comes from; of others' pictures we know no more than this."""

    def playback_url(self, session: Any) -> Playback:
        """Where viewers watch a session from ``selectors.session_for``; no query, no request."""
        ...


class Adapter(Source, Protocol):
    """One server that is published to. Stateless: what it knows is in the database, on disk or at
    the server.
    """

    def authorize(
        self, *, stream: UUID, token: str, connection_id: str, began_at: datetime | None = None
    ) -> Take:
        """Let a connection publish to the session ``stream``, or raise what ``begin_take`` raises.

        ``token`` is the stream key's secret.
        """
        ...

    def up(self, *, take: Take, first_at: datetime) -> bool:
        """The playlist lists segments from programme time ``first_at`` on; ``False``: stop."""
        ...

    def down(
        self, *, take: Take, reason: TakeEnd, last_at: datetime | None = None, trouble: str = ""
    ) -> Take:
        """The take's connection is gone; its last picture was that of ``last_at``."""
        ...

    def kick(self, take: Take) -> None:
        """Throw the publisher of an ended take out. Called after commit; never raises for I/O."""
        ...

    def ingest_urls(self, session: Session, secret: str) -> list[IngestAddress]:
        """Where an encoder publishes with this secret; empty where none can."""
        ...
