"""Sessions, the people on air, run-sheets, and the room with its log."""

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
    OnAirInterval,
    RunSheetItem,
    RunSheetVacancy,
    Session,
    SessionCrew,
    SessionGuest,
    Take,
)
from livestream.models.watch import WatchSpan

__all__ = [
    "BlockedWord",
    "Guest",
    "Honour",
    "Message",
    "OnAirInterval",
    "Pin",
    "PinVacancy",
    "Question",
    "QuestionPin",
    "QuestionVote",
    "RoomEvent",
    "RoomRevocation",
    "RunSheetItem",
    "RunSheetVacancy",
    "Sanction",
    "Session",
    "SessionCrew",
    "SessionGuest",
    "Take",
    "WatchSpan",
]
