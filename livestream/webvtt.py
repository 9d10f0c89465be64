"""Caption files: WebVTT (W3C), and SubRip as caption editors here write it. Pure functions.

Read strictly: whoever uploads a file is told every line that is wrong, and nothing of it is taken.
Only what is said is kept; styles, positions and notes are passed over.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

MOST_CUES: Final = 5000
MOST_TEXT: Final = 200
#: Of a line with its markup. Longer ones are not even looked at.
MOST_LINE: Final = 1000
#: More do not help anybody; the first ones usually explain the rest.
MOST_PROBLEMS: Final = 20
_TIME = r"(?:(\d{2,4}):)?([0-5]\d):([0-5]\d)[.,](\d{3})"
_TIMING: Final = re.compile(rf"^{_TIME}[ \t]+-->[ \t]+{_TIME}(?:[ \t]+\S.*)?$")
_HEADER: Final = re.compile(r"^WEBVTT(?:[ \t].*)?$")
_ASIDE: Final = re.compile(r"^(?:NOTE|STYLE|REGION)(?:[ \t].*)?$")
# What is repeated in these two ends where the next begins, and at the next tag: every character is
# looked at a fixed number of times.
_VOICE: Final = re.compile(r"<v(?:\.[^ \t<>]*)?[ \t]+([^ \t<>][^<>]*)>")
_TAG: Final = re.compile(r"</?(?:c|i|b|u|v|ruby|rt|lang|font)?(?:[. \t][^<>]*)?>|<[\d:.]+>")


@dataclass(frozen=True, slots=True)
class Cue:
    """One line of captions, in milliseconds from the file's zero."""

    starts_ms: int
    ends_ms: int
    text: str


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong in a line of the file (from 1)."""

    line: int
    text: str | Promise


class BadCaptionsError(Exception):
    """The file is not as it should be; ``problems`` says where and why."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__(f"{len(problems)} problems")
        self.problems = problems


def parse(content: str) -> list[Cue]:
    """Return the cues of a file in order, or raise :class:`BadCaptionsError`.

    Any text whatever gives one or the other.
    """
    lines = content.removeprefix("﻿").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    blocks = _cue_blocks(lines)
    problems: list[Problem] = []
    cues: list[Cue] = []
    for number, block in blocks:
        cue = _cue(number, block, cues[-1] if cues else None, problems)
        if cue is not None:
            cues.append(cue)
        if len(problems) >= MOST_PROBLEMS:
            break
    if not cues and not problems:
        problems.append(Problem(1, _("There are no captions in the file.")))
    if problems:
        raise BadCaptionsError(problems)
    return cues


def _cue_blocks(lines: list[str]) -> list[tuple[int, list[str]]]:
    """The blocks that hold a cue; refuses a file that is none of ours, or too long."""
    blocks = list(_blocks(lines))
    if not blocks:
        raise BadCaptionsError([Problem(1, _("The file is empty."))])
    if _HEADER.match(blocks[0][1][0]):
        blocks = blocks[1:]
    elif not _is_subrip(blocks[0][1]):
        raise BadCaptionsError([Problem(blocks[0][0], _("The file must begin with WEBVTT."))])
    blocks = [(number, block) for number, block in blocks if not _ASIDE.match(block[0])]
    if len(blocks) > MOST_CUES:
        most = format_lazy(_("More than {most} captions."), most=MOST_CUES)
        raise BadCaptionsError([Problem(blocks[MOST_CUES][0], most)])
    return blocks


def _blocks(lines: list[str]) -> Iterator[tuple[int, list[str]]]:
    """What stands between empty lines, with the number of its first line."""
    block: list[str] = []
    for number, line in enumerate([*lines, ""], start=1):
        if line.strip():
            block.append(line)
        elif block:
            yield number - len(block), block
            block = []


def _is_subrip(block: list[str]) -> bool:
    return block[0].strip().isdecimal() and len(block) > 1 and bool(_TIMING.match(block[1].strip()))


def _cue(number: int, block: list[str], before: Cue | None, problems: list[Problem]) -> Cue | None:
    for offset, line in enumerate(block):
        if len(line) > MOST_LINE:
            words = format_lazy(_("The line is longer than {most} characters."), most=MOST_LINE)
            problems.append(Problem(number + offset, words))
            return None
    place = 0 if "-->" in block[0] else 1
    timing = _TIMING.match(block[place].strip()) if place < len(block) else None
    if timing is None:
        words = _("A time like 00:01:02.500 --> 00:01:05.000 is expected here.")
        problems.append(Problem(number + min(place, len(block) - 1), words))
        return None
    starts, ends = _milliseconds(timing.groups()[:4]), _milliseconds(timing.groups()[4:])
    text = _text(block[place + 1 :])
    wrong = _wrong(starts, ends, text, block[place + 1 :], before)
    if wrong is not None:
        problems.append(Problem(number + place, wrong))
        return None
    return Cue(starts, ends, text)


def _wrong(
    starts: int, ends: int, text: str, payload: list[str], before: Cue | None
) -> str | Promise | None:
    if ends <= starts:
        return _("It ends before it begins.")
    if before is not None and starts < before.starts_ms:
        return _("It begins before the one above it.")
    if not text:
        return _("There is no text.")
    if any("-->" in line for line in payload):
        return _("An empty line is missing before the next time.")
    if len(text) > MOST_TEXT:
        return format_lazy(_("The text is longer than {most} characters."), most=MOST_TEXT)
    return None


def _milliseconds(parts: tuple[str | None, ...]) -> int:
    hours, minutes, seconds, rest = (int(part or 0) for part in parts)
    return ((hours * 60 + minutes) * 60 + seconds) * 1000 + rest


def _text(payload: list[str]) -> str:
    """What is said, without markup; a voice is named once, in front."""
    spoken = [_TAG.sub("", _VOICE.sub(r"\1: ", line)) for line in payload]
    clean = (" ".join(html.unescape(line.replace("\x00", "")).split()) for line in spoken)
    return "\n".join(line for line in clean if line)


def compose(cues: Iterable[Cue]) -> str:
    """The WebVTT file of the cues, which must be in order."""
    blocks = [f"{stamp(c.starts_ms)} --> {stamp(c.ends_ms)}\n{_escape(c.text)}\n" for c in cues]
    return "\n".join(["WEBVTT\n", *blocks])


def stamp(milliseconds: int) -> str:
    """Milliseconds as a WebVTT time."""
    seconds, rest = divmod(max(0, milliseconds), 1000)
    minutes, second = divmod(seconds, 60)
    return f"{minutes // 60:02d}:{minutes % 60:02d}:{second:02d}.{rest:03d}"


def _escape(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
