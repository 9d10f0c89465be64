"""The one protocol between the fair and whatever receives and serves its pictures.

A server that takes publishers asks :meth:`Adapter.authorize` for each connection, reports
:meth:`Adapter.up` when the picture can be played and :meth:`Adapter.down` when the connection is
gone; the adapter turns what its server says into takes (``livestream.services.takes``). Reports
name the connection: what an older or a refused one says later changes nothing.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
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


class Adapter(Protocol):
    """One server. Stateless: what it knows is in the database, on disk or at the server."""

    def authorize(self, *, stream: UUID, token: str, ip: str, connection_id: str) -> Take:
        """Let a connection publish to the session ``stream``, or raise what ``begin_take`` raises.

        ``token`` is the stream key's secret.
        """
        ...

    def up(self, *, take: Take, first_at: datetime) -> bool:
        """The playlist lists segments from programme time ``first_at`` on; ``False``: stop."""
        ...

    def down(self, *, stream: UUID, connection_id: str, reason: TakeEnd) -> Take | None:
        """The connection is gone. Unknown connections (refused ones say goodbye too): ``None``."""
        ...

    def recorded(self, *, take: Take) -> Path | None:
        """The folder or file with what was recorded of a take; ``None`` while there is none."""
        ...

    def kick(self, take: Take) -> None:
        """Throw the publisher of an ended take out. Called after commit; never raises for I/O."""
        ...

    def ingest_urls(self, session: Session, secret: str) -> list[IngestAddress]:
        """Where an encoder publishes with this secret; empty where none can."""
        ...

    def playback_url(self, session: Any) -> Playback:
        """Where viewers watch a session from ``selectors.session_for``; no query, no request."""
        ...
