"""Names of channel-layer groups and types of the messages sent to them: all of them, here.

Members of these groups are processes, never viewers.
"""

from __future__ import annotations

from uuid import UUID

#: Told to every process that has or had a room: revocations.
CONTROL_GROUP = "rooms.control"

#: ``{"type", "events": [public event, …]}`` to a room's group.
EVENTS = "room.events"
#: ``{"type", "key", "session": uuid or "", "at": unix ms}`` to the control group.
CLOSE_KEY = "room.close_key"


def room_group(session: UUID) -> str:
    """The group of the processes that hold viewers of this session's room."""
    return f"room.{session.hex}"
