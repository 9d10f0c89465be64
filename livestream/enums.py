"""Choices of sessions, rooms and what happens there."""

from __future__ import annotations

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class VideoSource(TextChoices):
    """Where the picture comes from."""

    HOSTED = "hosted", _("Here")
    TEST = "test", _("Test picture")
    EXTERNAL_HLS = "external_hls", _("HLS address")
    EMBED = "embed", _("Another site's player on our page")
    ELSEWHERE = "elsewhere", _("On another platform")


#: Sources that need no link.
OWN_SOURCES: tuple[str, ...] = (VideoSource.HOSTED, VideoSource.TEST)
#: Sources whose picture is published to us; of these there are takes and recordings.
PUBLISHED_SOURCES = frozenset({VideoSource.HOSTED})
#: The picture is on another platform: no clock of ours, no played time.
FOREIGN_SOURCES = frozenset({VideoSource.EMBED, VideoSource.ELSEWHERE})


class SessionStatus(TextChoices):
    SCHEDULED = "scheduled", pgettext_lazy("session", "Scheduled")
    LIVE = "live", pgettext_lazy("session", "Live")
    ENDED = "ended", pgettext_lazy("session", "Ended")
    REPLAY = "replay", pgettext_lazy("session", "Replay")


#: Rooms that take messages, and pictures: before the show people wait together.
OPEN_SESSIONS = frozenset({SessionStatus.SCHEDULED, SessionStatus.LIVE})
#: After it they read along.
OVER_SESSIONS = frozenset({SessionStatus.ENDED, SessionStatus.REPLAY})


class CrewRole(TextChoices):
    HOST = "host", pgettext_lazy("crew", "Host")
    OPERATOR = "operator", pgettext_lazy("crew", "Operator")
    DIRECTOR = "director", pgettext_lazy("crew", "Director")
    EMPLOYER_VOICE = "employer_voice", pgettext_lazy("crew", "Employer's voice")
    GUEST = "guest", pgettext_lazy("crew", "Guest")


class RoomRole(TextChoices):
    """The badge beside a name in the room."""

    SEEKER = "seeker", pgettext_lazy("room", "Viewer")
    GUEST = "guest", pgettext_lazy("room", "Guest")
    HOST = "host", pgettext_lazy("room", "Host")
    EMPLOYER = "employer", pgettext_lazy("room", "Employer")
    STAFF = "staff", pgettext_lazy("room", "Staff")


class HonourLevel(TextChoices):
    NATIONAL = "national", _("National")
    PROVINCIAL = "provincial", _("Provincial or ministerial")
    CITY = "city", _("City")
    COUNTY = "county", _("County or district")
    ENTERPRISE = "enterprise", _("Enterprise")


class HonourStatus(TextChoices):
    SUBMITTED = "submitted", pgettext_lazy("honour", "Waiting for review")
    APPROVED = "approved", pgettext_lazy("honour", "Confirmed")
    REJECTED = "rejected", pgettext_lazy("honour", "Rejected")
    REVOKED = "revoked", pgettext_lazy("honour", "Revoked")


class ItemKind(TextChoices):
    OPENING = "opening", _("Opening")
    ADDRESS = "address", _("Address")
    EMPLOYER = "employer", _("Employer presents")
    STORY = "story", _("A worker's story")
    QUESTIONS = "questions", _("Questions and answers")
    POLICY = "policy", _("Policy")
    FILM = "film", _("Short film")
    CLOSING = "closing", _("Closing")


class ItemStatus(TextChoices):
    PLANNED = "planned", pgettext_lazy("run-sheet", "Planned")
    CURRENT = "current", pgettext_lazy("run-sheet", "Now")
    DONE = "done", pgettext_lazy("run-sheet", "Done")
    SKIPPED = "skipped", pgettext_lazy("run-sheet", "Skipped")


class IntervalSource(TextChoices):
    STAFF = "staff", _("Marked by staff")
    TAKE = "take", _("Measured")


class KeyKind(TextChoices):
    """What a stream key is for."""

    ENCODER = "encoder", pgettext_lazy("stream key", "OBS or a switcher")
    BROWSER = "browser", pgettext_lazy("stream key", "Browser")


class PublishPath(TextChoices):
    """The way a take's picture came in."""

    BROWSER = "browser", pgettext_lazy("take", "Browser")
    RTMP = "rtmp", pgettext_lazy("take", "OBS or a switcher")
    CLOUD = "cloud", pgettext_lazy("take", "Cloud live")


class TakeEnd(TextChoices):
    """Why a take ended."""

    STOPPED = "stopped", pgettext_lazy("take", "Stopped by the publisher")
    DROPPED = "dropped", pgettext_lazy("take", "Connection lost")
    CUT = "cut", pgettext_lazy("take", "Cut by the crew")
    REVOKED = "revoked", pgettext_lazy("take", "Key revoked")
    BROKEN = "broken", pgettext_lazy("take", "Not a usable picture")
    LOST = "lost", pgettext_lazy("take", "Server process lost")
    ENDED = "ended", pgettext_lazy("take", "Session ended")


class ReplayStatus(TextChoices):
    WAITING = "waiting", pgettext_lazy("replay", "Waiting")
    WORKING = "working", pgettext_lazy("replay", "Being made")
    READY = "ready", pgettext_lazy("replay", "Ready")
    FAILED = "failed", pgettext_lazy("replay", "Failed")
    EXPIRED = "expired", pgettext_lazy("replay", "Deleted")


class PartStatus(TextChoices):
    WAITING = "waiting", pgettext_lazy("replay", "Waiting")
    READY = "ready", pgettext_lazy("replay", "Ready")
    BROKEN = "broken", pgettext_lazy("replay", "Broken")


class EventKind(TextChoices):
    """Kinds of room-log entries."""

    MESSAGE = "message", pgettext_lazy("event", "Message")
    REMOVED = "removed", pgettext_lazy("event", "Removed")
    PINNED = "pinned", pgettext_lazy("event", "Pinned")
    UNPINNED = "unpinned", pgettext_lazy("event", "Unpinned")
    QUESTION = "question", pgettext_lazy("event", "Question")
    ANSWER = "answer", pgettext_lazy("event", "Answer")
    QUESTION_PINNED = "question_pinned", pgettext_lazy("event", "Question on screen")
    QUESTION_UNPINNED = "question_unpinned", pgettext_lazy("event", "Question off screen")
    NOTICE = "notice", pgettext_lazy("event", "Notice")
    ON_AIR = "on_air", pgettext_lazy("event", "On air")
    OFF_AIR = "off_air", pgettext_lazy("event", "Off air")
    CAPTION = "caption", pgettext_lazy("event", "Caption")
    SANCTION = "sanction", pgettext_lazy("event", "Sanction")
    MODE = "mode", pgettext_lazy("event", "Room mode")
    MINUTE = "minute", pgettext_lazy("event", "Minute totals")


class MessageStatus(TextChoices):
    SHOWN = "shown", pgettext_lazy("message", "Shown")
    HELD = "held", pgettext_lazy("message", "Held for review")
    REMOVED = "removed", pgettext_lazy("message", "Removed")


class QuestionStatus(TextChoices):
    HELD = "held", pgettext_lazy("question", "Held for review")
    PENDING = "pending", pgettext_lazy("question", "Waiting for an answer")
    ANSWERED = "answered", pgettext_lazy("question", "Answered")
    DISMISSED = "dismissed", pgettext_lazy("question", "Set aside")


#: Questions that somebody still has to deal with.
OPEN_QUESTIONS = frozenset({QuestionStatus.HELD, QuestionStatus.PENDING})


class SanctionKind(TextChoices):
    MUTE = "mute", _("Muted")
    BAN = "ban", _("Banned")


class WatchKind(TextChoices):
    """What was played: the picture here, the room's page while it is elsewhere, or the replay."""

    MEDIA = "media", pgettext_lazy("watched", "Watching")
    ROOM = "room", pgettext_lazy("watched", "In the room")
    RERUN = "rerun", pgettext_lazy("watched", "Watching the replay")


class WordAction(TextChoices):
    """What happens to a message that holds a listed word."""

    HOLD = "hold", pgettext_lazy("word list", "Hold for review")
    REFUSE = "refuse", pgettext_lazy("word list", "Refuse")


SESSION_TRANSITIONS: dict[str, frozenset[str]] = {
    SessionStatus.LIVE: frozenset({SessionStatus.SCHEDULED, SessionStatus.ENDED}),
    SessionStatus.ENDED: frozenset({SessionStatus.LIVE}),
    SessionStatus.REPLAY: frozenset({SessionStatus.ENDED}),
}

ITEM_TRANSITIONS: dict[str, frozenset[str]] = {
    ItemStatus.CURRENT: frozenset({ItemStatus.PLANNED, ItemStatus.SKIPPED, ItemStatus.DONE}),
    ItemStatus.DONE: frozenset({ItemStatus.CURRENT}),
    ItemStatus.SKIPPED: frozenset({ItemStatus.PLANNED}),
    ItemStatus.PLANNED: frozenset({ItemStatus.SKIPPED}),
}

#: An answer that was given is never taken back by setting its question aside.
QUESTION_TRANSITIONS: dict[str, frozenset[str]] = {
    QuestionStatus.PENDING: frozenset({QuestionStatus.HELD}),
    QuestionStatus.ANSWERED: frozenset({QuestionStatus.PENDING}),
    QuestionStatus.DISMISSED: OPEN_QUESTIONS,
}

#: An answer marked by mistake is taken back by ``reopen_question``, some minutes long.
QUESTION_REOPENING: dict[str, frozenset[str]] = {
    QuestionStatus.PENDING: frozenset({QuestionStatus.ANSWERED}),
}

HONOUR_TRANSITIONS: dict[str, frozenset[str]] = {
    HonourStatus.APPROVED: frozenset({HonourStatus.SUBMITTED}),
    HonourStatus.REJECTED: frozenset({HonourStatus.SUBMITTED}),
    HonourStatus.REVOKED: frozenset({HonourStatus.APPROVED}),
    HonourStatus.SUBMITTED: frozenset({HonourStatus.REJECTED}),
}

#: Crew who work the console: pin, skip, mark on and off air.
CONSOLE_ROLES = frozenset({CrewRole.OPERATOR, CrewRole.DIRECTOR, CrewRole.HOST})
