"""Frames and bodies nobody should send: random bytes, random JSON, and nearly right ones."""

from __future__ import annotations

import json
import random
import string
import uuid
from collections.abc import Iterator
from typing import Any

TYPES = ("hello", "message", "ping", "watch", "react", "welcome", "", "消息")
FIELDS = (
    "type",
    "client_id",
    "text",
    "token",
    "after",
    "lang",
    "kind",
    "played",
    "on",
    "n",
    "__proto__",
)
STRINGS = (
    "", "\x00", "\u202e", "\ud800", "𝕏" * 40, "1e999", "true", "<script>alert(1)</script>",
    "' OR 1=1 --", "../../etc/passwd", "{{7*7}}", "焊工", "A" * 3000,
)  # fmt: skip
NUMBERS = (0, -1, 1, 2**31, 2**53, 2**64, -(2**63), 0.1, 1e308, -0.0)


def value(chance: random.Random, depth: int = 3) -> Any:
    """Any JSON value."""
    kinds = ["string", "number", "word", "uuid", "text"] + ["list", "object"] * (depth > 0)
    match chance.choice(kinds):
        case "string":
            return chance.choice(STRINGS)
        case "number":
            return chance.choice(NUMBERS)
        case "word":
            return chance.choice((None, True, False))
        case "uuid":
            return str(uuid.UUID(int=chance.getrandbits(128)))
        case "text":
            return "".join(chance.choices(string.printable, k=chance.randrange(30)))
        case "list":
            return [value(chance, depth - 1) for _ in range(chance.randrange(4))]
    return {chance.choice(FIELDS): value(chance, depth - 1) for _ in range(chance.randrange(5))}


def body(chance: random.Random, names: tuple[str, ...] = FIELDS) -> dict[str, Any]:
    """An object with some of the given fields."""
    return {name: value(chance) for name in names if chance.random() < 0.7}


def frame(chance: random.Random) -> str | bytes:
    """One frame of a socket."""
    match chance.randrange(6):
        case 0:
            return chance.randbytes(chance.randrange(200))
        case 1:
            return "".join(
                map(chr, (chance.randrange(0xD7FF) for _ in range(chance.randrange(80))))
            )
        case 2:
            return json.dumps(value(chance))
        case 3:
            whole = json.dumps({"type": chance.choice(TYPES), **body(chance)})
            return whole[: chance.randrange(len(whole) + 1)]
        case 4:
            return "[" * chance.randrange(5000)
    return json.dumps({**body(chance), "type": chance.choice(TYPES)})


def frames(chance: random.Random, number: int) -> Iterator[str | bytes]:
    """So many frames."""
    return (frame(chance) for _ in range(number))
