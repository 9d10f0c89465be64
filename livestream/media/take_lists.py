"""Reading a take's own playlist, as the packager left it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

_ATTRIBUTE: Final = re.compile(r'([A-Z-]+)=("[^"]*"|[^,]*)')


class BrokenTakeError(Exception):
    """There is nothing to show of a take; ``code`` says why, for staff."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Segment:
    """A line of a take's playlist; ``at_ms`` is its programme time in Unix milliseconds.

    ``jump``: its time stamps do not follow on those before it.
    """

    file: str
    at_ms: float
    duration_s: float
    jump: bool = False


def moment_of(at_ms: float) -> datetime:
    """The moment of Unix milliseconds, to the microsecond."""
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=at_ms)


def unix_ms(at: datetime) -> float:
    """Unix milliseconds of an aware moment."""
    return (at - datetime(1970, 1, 1, tzinfo=UTC)) / timedelta(milliseconds=1)


def read_playlist(path: Path) -> tuple[str, list[Segment]]:
    """The name of the file with the beginning, and the segments. Raises :class:`BrokenTakeError`.

    A segment without a programme time follows on the one before it.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (FileNotFoundError, UnicodeDecodeError):
        raise BrokenTakeError("no_files") from None
    begin, segments = "", list[Segment]()
    duration, at, jump = 0.0, float("nan"), False
    for line in lines:
        name, _colon, value = line.partition(":")
        if name == "#EXT-X-MAP":
            begin = dict(_ATTRIBUTE.findall(value)).get("URI", "").strip('"')
        elif name == "#EXT-X-PROGRAM-DATE-TIME":
            at = _milliseconds(value, at)
        elif name == "#EXT-X-DISCONTINUITY":
            jump = bool(segments)
        elif name == "#EXTINF":
            duration = _seconds(value)
        elif line and not line.startswith("#"):
            if at == at and duration > 0:  # noqa: PLR0124 - not a number is not itself
                segments.append(Segment(line, at, duration, jump))
                jump = False
            at += duration * 1000
    if not begin or not segments:
        raise BrokenTakeError("no_files")
    return begin, segments


def _milliseconds(text: str, default: float) -> float:
    try:
        at = datetime.fromisoformat(text.strip())
    except ValueError:
        return default
    return unix_ms(at if at.tzinfo else at.replace(tzinfo=UTC))


def _seconds(text: str) -> float:
    try:
        return float(text.split(",", maxsplit=1)[0])
    except ValueError:
        return 0.0
