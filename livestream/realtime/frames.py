"""Frames of the room socket, validated like forms: exact fields, exact types, bounded sizes."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple, NoReturn
from uuid import UUID

from django.core.serializers.json import DjangoJSONEncoder
from django.utils.translation import gettext_lazy as _

from core.errors import Invalid
from core.ids import read_id
from core.numbers import MOST_EXACT
from livestream.enums import WatchKind
from livestream.realtime import tokens

#: Bytes of one frame from a client.
MAX_BYTES = 4096
MAX_TEXT = 500
#: Longer reports come from no page of ours.
MAX_PLAYED_S = 900
MAX_REACTIONS = 20
#: Nobody's picture is further behind; a clock is wrong.
MAX_DELAY_S = 600

Event = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Hello:
    """The first frame: who comes, and what they have seen already."""

    token: str
    after: int
    lang: str


@dataclass(frozen=True, slots=True)
class Post:
    """A chat message; the same ``client_id`` again is the same message."""

    client_id: UUID
    text: str


@dataclass(frozen=True, slots=True)
class Ping:
    """Asks for a pong."""


@dataclass(frozen=True, slots=True)
class Watch:
    """Played time since the page's last report, in seconds; ``on``: it goes on.

    ``delay_s`` is how far the picture on the page is behind, where the page knows.
    """

    kind: WatchKind
    played_s: float
    on: bool
    delay_s: float | None = None


@dataclass(frozen=True, slots=True)
class React:
    """♥ taps since the last such frame."""

    count: int


ClientFrame = Hello | Post | Ping | Watch | React


class FrameError(Invalid):
    """A frame that is not as the protocol says."""


def _refuse(code: str) -> NoReturn:
    raise FrameError(code, _("The server did not understand what this page sent."))


def _no_duplicates(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) != len(pairs):
        _refuse("frame_duplicate_field")
    return fields


def _no_constant(name: str) -> NoReturn:
    del name
    _refuse("frame_not_json")


def _decode(text: str) -> dict[str, Any]:
    if len(text) > MAX_BYTES or len(text.encode("utf-8", "surrogatepass")) > MAX_BYTES:
        _refuse("frame_too_large")
    try:
        frame = json.loads(text, object_pairs_hook=_no_duplicates, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        _refuse("frame_not_json")
    if not isinstance(frame, dict):
        _refuse("frame_not_object")
    return frame


def _text(frame: dict[str, Any], name: str, limit: int) -> str:
    value = frame[name]
    if not isinstance(value, str) or len(value) > limit:
        _refuse(f"frame_bad_{name}")
    if "\x00" in value or any("\ud800" <= char <= "\udfff" for char in value):
        _refuse(f"frame_bad_{name}")
    return value


def _hello(frame: dict[str, Any]) -> Hello:
    after = frame["after"]
    if type(after) is not int or not 0 <= after <= MOST_EXACT:
        _refuse("frame_bad_after")
    lang = _text(frame, "lang", 12) if "lang" in frame else ""
    return Hello(token=_text(frame, "token", tokens.MAX_LENGTH), after=after, lang=lang)


def _post(frame: dict[str, Any]) -> Post:
    raw = _text(frame, "client_id", 36)
    client_id = read_id(raw)
    if client_id is None or str(client_id) != raw.lower():
        _refuse("frame_bad_client_id")
    return Post(client_id=client_id, text=_text(frame, "text", MAX_TEXT))


def _ping(frame: dict[str, Any]) -> Ping:
    del frame
    return Ping()


def _watch(frame: dict[str, Any]) -> Watch:
    kind, played, on = frame["kind"], frame["played"], frame["on"]
    if kind not in _WATCH_KINDS:
        _refuse("frame_bad_kind")
    if type(played) not in {int, float} or not 0 <= played <= MAX_PLAYED_S:
        _refuse("frame_bad_played")
    if type(on) is not bool:
        _refuse("frame_bad_on")
    delay = frame.get("delay", 0)
    if type(delay) not in {int, float} or not 0 <= delay <= MAX_DELAY_S:
        _refuse("frame_bad_delay")
    told = float(delay) if "delay" in frame else None
    return Watch(kind=WatchKind(kind), played_s=float(played), on=on, delay_s=told)


def _react(frame: dict[str, Any]) -> React:
    count = frame["n"]
    if type(count) is not int or not 1 <= count <= MAX_REACTIONS:
        _refuse("frame_bad_n")
    return React(count)


#: That it is a replay the server knows better than a page.
_WATCH_KINDS = (WatchKind.MEDIA.value, WatchKind.ROOM.value)
_REQUIRED = {
    "hello": frozenset({"type", "token", "after"}),
    "message": frozenset({"type", "client_id", "text"}),
    "ping": frozenset({"type"}),
    "watch": frozenset({"type", "kind", "played", "on"}),
    "react": frozenset({"type", "n"}),
}
_OPTIONAL = {"hello": frozenset({"lang"}), "watch": frozenset({"delay"})}
_PARSERS: dict[str, Callable[[dict[str, Any]], ClientFrame]] = {
    "hello": _hello,
    "message": _post,
    "ping": _ping,
    "watch": _watch,
    "react": _react,
}


def parse_client(text: str | None) -> ClientFrame:
    """Return what one text frame (None: a binary one) says, or raise :class:`FrameError`.

    Any input whatever gives one or the other.
    """
    if text is None:
        _refuse("frame_binary")
    frame = _decode(text)
    kind = frame.get("type")
    if not isinstance(kind, str) or kind not in _PARSERS:
        _refuse("frame_unknown_type")
    names = frozenset(frame)
    if names - _REQUIRED[kind] - _OPTIONAL.get(kind, frozenset()):
        _refuse("frame_unknown_field")
    if _REQUIRED[kind] - names:
        _refuse("frame_missing_field")
    return _PARSERS[kind](frame)


def encode(frame: dict[str, Any]) -> str:
    """The text of a frame from the server."""
    return json.dumps(frame, cls=DjangoJSONEncoder, ensure_ascii=False, separators=(",", ":"))


class Now(NamedTuple):
    """Values without a place in the log: persons connected, persons playing, ♥ so far."""

    present: int = 0
    playing: int = 0
    hearts: int = 0


def clock() -> str:
    """The server's time as frames carry it."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def tick(start: int, head: int, events: Iterable[str], now: Now, *, left_out: int = 0) -> str:
    """The text of a tick over the entries ``start`` to ``head``; ``events`` are encoded already.

    Without entries ``start`` is ``head + 1``, so a page that is behind notices by the same rule.
    ``left_out`` chat lines between them are missing on purpose.
    """
    return "{" + _tick_part(start, head, events, now, left_out) + "}"


def _tick_part(start: int, head: int, events: Iterable[str], now: Now, left_out: int) -> str:
    skipped = f'"left_out":{left_out},' if left_out else ""
    values = (
        f'"present":{now.present},"playing":{now.playing},"hearts":{now.hearts},"at":"{clock()}"'
    )
    listed = ",".join(events)
    return f'"from":{start},"to":{head},{skipped}"events":[{listed}],"now":{{{values}}}'


def welcome(
    session: UUID,
    role: str,
    spread_s: float,
    *,
    after: int,
    head: int,
    events: Iterable[str],
    now: Now,
    left_out: int = 0,
) -> str:
    """The text of the answer to ``hello``: it is a tick too, with the tail after ``after``."""
    greeting = encode(
        {
            "type": "welcome",
            "session": str(session),
            "role": role,
            "seq": head,
            "reconnect_spread_s": spread_s,
        }
    )
    return f"{greeting[:-1]},{_tick_part(after + 1, head, events, now, left_out)}}}"


def reconnect(spread_s: float) -> dict[str, Any]:
    """This process is going down: come back, elsewhere, within ``spread_s``."""
    return {"type": "reconnect", "spread_s": spread_s}


def to_feed(spread_s: float) -> dict[str, Any]:
    """The line is full: follow the cacheable feed instead of the socket."""
    return {"type": "feed", "spread_s": spread_s}


def ack(client_id: UUID, seq: int, *, held: bool) -> dict[str, Any]:
    """The message is stored as entry ``seq``; ``held`` ones wait for a moderator."""
    return {"type": "ack", "client_id": str(client_id), "seq": seq, "held": held}


def error(
    code: str, message: str, *, client_id: UUID | None = None, retry_after: int | None = None
) -> dict[str, Any]:
    """Something the client asked for was not done."""
    frame: dict[str, Any] = {"type": "error", "code": code, "message": message}
    if client_id is not None:
        frame["client_id"] = str(client_id)
    if retry_after is not None:
        frame["retry_after"] = retry_after
    return frame


def pong() -> dict[str, Any]:
    """The answer to a ping."""
    return {"type": "pong", "at": clock()}
