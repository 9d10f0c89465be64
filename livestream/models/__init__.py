"""Sessions, the people on air, run-sheets, and the room with its log."""

from livestream.models.broadcast import (
    Caption,
    OnAirInterval,
    Replay,
    ReplayPart,
    StreamKey,
    Take,
)
from livestream.models.moderation import BlockedWord
from livestream.models.people import Guest, Honour
from livestream.models.questions import Question, QuestionPin, QuestionVote
from livestream.models.revocation import RoomRevocation
from livestream.models.room import (
    Message,
    Pin,
    PinVacancy,
    RoomEvent,
    Sanction,
)
from livestream.models.session import (
    RunSheetItem,
    RunSheetVacancy,
    Session,
    SessionCrew,
    SessionGuest,
)
from livestream.models.watch import WatchSpan

__all__ = [
    "BlockedWord",
    "Caption",
    "Guest",
    "Honour",
    "Message",
    "OnAirInterval",
    "Pin",
    "PinVacancy",
    "Question",
    "QuestionPin",
    "QuestionVote",
    "Replay",
    "ReplayPart",
    "RoomEvent",
    "RoomRevocation",
    "RunSheetItem",
    "RunSheetVacancy",
    "Sanction",
    "Session",
    "SessionCrew",
    "SessionGuest",
    "StreamKey",
    "Take",
    "WatchSpan",
]
