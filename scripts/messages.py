#!/usr/bin/env python3
"""Translations without system gettext: extract, add, check and compile the Chinese catalogue.

Commands (run with the interpreter of ``.venv``):

``update``    bring ``locale/zh_Hans/LC_MESSAGES/django.po`` in line with the sources; keeps
              every translation, parks what no source uses as obsolete (``--prune`` drops it).
``add``       read a JSON object ``{"English": "中文"}`` from standard input and store it.
              * context (``pgettext``):  ``{"ctx|English": "中文"}``
              * plural (``ngettext``, ``{% blocktranslate count %}``): the key is the singular,
                the value a list with the one Chinese form (a plain string is accepted too):
                ``{"%(n)s vacancy": ["%(n)s 个岗位"]}``; the plural msgid is read from the source.
``check``     fail on untranslated, fuzzy, stale or placeholder-breaking entries and list them;
              path prefixes narrow it: ``check fairs templates/fairs``.
``compile``   write ``django.mo`` if it is older than ``django.po``.

Several processes may call it at once: every change holds one file lock.
"""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import io
import json
import os
import re
import sys
import tempfile
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import polib

ROOT = Path(__file__).resolve().parent.parent
CATALOGUE = ROOT / "locale" / "zh_Hans" / "LC_MESSAGES" / "django.po"
LOCK = ROOT / "var" / "messages.lock"
SOURCES = [
    *("jobfair", "integrations", "insights", "intents", "livestream", "fairs"),
    *("employers", "seekers", "accounts", "jobs", "core"),
]
TEMPLATE_SUFFIXES = {".html", ".txt", ".xml", ".svg"}
METADATA = {
    "Project-Id-Version": "Jobfair Live",
    "Language": "zh_Hans",
    "MIME-Version": "1.0",
    "Content-Type": "text/plain; charset=UTF-8",
    "Content-Transfer-Encoding": "8bit",
    "Plural-Forms": "nplurals=1; plural=0;",
}
# What each gettext function means to babel: positions of context ("c"), singular and plural.
KEYWORDS: dict[str, tuple[int | tuple[int, str], ...] | None] = {
    "_": None,
    # Names under which a module that has the lazy one as ``_`` imports the other.
    "_g": None,
    "_t": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
    "npgettext_lazy": ((1, "c"), 2, 3),
}
PLACEHOLDER = re.compile(r"%%|%\([^)]*\)[a-z]|%[sdif]|\{[a-z_][\w.]*(?:![rs])?(?::[^{}]*)?\}")

Key = tuple[str, str]  # (context, msgid)


@dataclass
class Message:
    """One msgid as the sources use it."""

    context: str
    msgid: str
    plural: str = ""
    paths: set[str] = field(default_factory=set)

    @property
    def key(self) -> Key:
        return self.context, self.msgid


class SourceUnreadable(Exception):
    """A source file cannot be tokenised; nothing may be called dead on its account."""


# --- extraction -----------------------------------------------------------------------------


def source_files() -> Iterator[Path]:
    """Every Python file of the apps and every template, in a stable order."""
    for package in SOURCES:
        for path in sorted((ROOT / package).rglob("*.py")):
            if "migrations" not in path.parts:
                yield path
        for path in sorted((ROOT / package).rglob("templates/**/*")):
            if path.suffix in TEMPLATE_SUFFIXES:
                yield path
    for path in sorted((ROOT / "templates").rglob("*")):
        if path.suffix in TEMPLATE_SUFFIXES:
            yield path


def python_of(path: Path) -> bytes:
    """The file as text babel's Python extractor can read."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".py":
        return text.encode()
    from django.conf import settings
    from django.utils.translation.template import templatize

    if not settings.configured:
        settings.configure()
    name = path.relative_to(ROOT).as_posix()
    lines = templatize(text, origin=name).splitlines()
    # The markup left over is not Python: indentation must not matter.
    return "\n".join(line.strip() for line in lines).encode()


def extract() -> dict[Key, Message]:
    """All messages of all sources by (context, msgid). Raises SourceUnreadable."""
    from babel.messages.extract import extract as babel_extract

    found: dict[Key, Message] = {}
    for path in source_files():
        name = path.relative_to(ROOT).as_posix()
        try:
            rows = list(babel_extract("python", io.BytesIO(python_of(path)), keywords=KEYWORDS))
        except (tokenize.TokenError, SyntaxError, UnicodeDecodeError) as error:
            raise SourceUnreadable(f"{name}: {error}") from error
        for _line, ids, _comments, context in rows:
            singular, plural = (ids, "") if isinstance(ids, str) else (ids[0], ids[1])
            if not singular:
                continue
            message = found.setdefault(
                (context or "", singular), Message(context or "", singular, plural)
            )
            message.plural = message.plural or plural
            message.paths.add(name)
    return found


# --- catalogue ------------------------------------------------------------------------------


@contextlib.contextmanager
def locked() -> Iterator[None]:
    """Hold the one lock all writers of the catalogue share."""
    LOCK.parent.mkdir(parents=True, exist_ok=True)
    with LOCK.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def load() -> dict[Key, polib.POEntry]:
    if not CATALOGUE.exists():
        return {}
    entries = polib.pofile(str(CATALOGUE), encoding="utf-8", wrapwidth=0)
    return {(entry.msgctxt or "", entry.msgid): entry for entry in entries}


def write_atomically(target: Path, data: bytes) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    with os.fdopen(handle, "wb") as stream:
        stream.write(data)
    Path(name).chmod(0o644)
    Path(name).replace(target)


def save(entries: dict[Key, polib.POEntry]) -> None:
    """Write the catalogue sorted, without dates or line numbers, and compile it."""
    catalogue = polib.POFile(wrapwidth=0)
    catalogue.header = "Changed with scripts/messages.py only."
    catalogue.metadata = dict(METADATA)
    for _key, entry in sorted(entries.items(), key=lambda item: (item[1].obsolete, item[0])):
        entry.occurrences = []
        entry.comment = entry.tcomment = ""
        catalogue.append(entry)
    data = f"{catalogue}\n".encode()
    if not CATALOGUE.exists() or CATALOGUE.read_bytes() != data:
        write_atomically(CATALOGUE, data)
    compile_catalogue()


def compile_catalogue() -> None:
    """Write django.mo when it is missing or older than django.po."""
    target = CATALOGUE.with_suffix(".mo")
    if not CATALOGUE.exists():
        return
    if target.exists() and target.stat().st_mtime_ns >= CATALOGUE.stat().st_mtime_ns:
        return
    catalogue = polib.pofile(str(CATALOGUE), encoding="utf-8")
    write_atomically(target, catalogue.to_binary())


def translation_of(entry: polib.POEntry) -> str:
    """The one Chinese text of an entry, empty if there is none."""
    if entry.msgid_plural:
        forms: dict[int, str] = entry.msgstr_plural
        return forms.get(0, "")
    text: str = entry.msgstr
    return text


def make_entry(message: Message, text: str) -> polib.POEntry:
    entry = polib.POEntry(msgid=message.msgid, msgctxt=message.context or None)
    if message.plural:
        entry.msgid_plural = message.plural
        entry.msgstr_plural = {0: text}
    else:
        entry.msgstr = text
    if PLACEHOLDER.search(message.msgid) and "%" in message.msgid:
        entry.flags = ["python-format"]
    return entry


# --- commands -------------------------------------------------------------------------------


def update(*, prune: bool) -> int:
    """Merge the sources into the catalogue. Returns 0."""
    messages = extract()
    with locked():
        old = load()
        new = {
            key: make_entry(message, translation_of(old[key]) if key in old else "")
            for key, message in messages.items()
        }
        for key in new.keys() & old.keys():
            new[key].flags += [flag for flag in old[key].flags if flag == "fuzzy"]
        dead = {key: entry for key, entry in old.items() if key not in new}
        if not prune:
            for key, entry in dead.items():
                if translation_of(entry):
                    entry.obsolete = True
                    new[key] = entry
        save(new)
    empty = sum(1 for entry in new.values() if not entry.obsolete and not translation_of(entry))
    fate = "dropped" if prune else "parked as obsolete"
    print(f"{len(messages)} messages, {empty} untranslated, {len(dead)} unused {fate}")
    return 0


def find_message(key: str, messages: dict[Key, Message]) -> Message:
    """The message a JSON key names; ``ctx|msgid`` unless the sources use the key as it stands."""
    if ("", key) in messages:
        return messages["", key]
    context, bar, msgid = key.partition("|")
    if bar and (context, msgid) in messages:
        return messages[context, msgid]
    if bar and re.fullmatch(r"[\w .-]+", context) and not context.endswith(" "):
        return Message(context, msgid)
    return Message("", key)


def add(stream: io.TextIOBase | None = None) -> int:
    """Store the translations of a JSON object. Returns 1 when one of them was refused."""
    pairs = json.load(stream or sys.stdin)
    if not isinstance(pairs, dict):
        print('messages add: expected a JSON object {"English": "中文"}', file=sys.stderr)
        return 2
    messages = extract()
    refused: list[str] = []
    unused: list[str] = []
    changed = 0
    with locked():
        entries = load()
        for key, value in pairs.items():
            text = value[0] if isinstance(value, list) and value else value
            message = find_message(key, messages)
            problem = problem_of(message, text)
            if problem:
                refused.append(f"{key!r}: {problem}")
                continue
            if message.key not in messages:
                unused.append(key)
            known = entries.get(message.key)
            if known is None or known.obsolete or translation_of(known) != text:
                entries[message.key] = make_entry(message, text)
                changed += 1
        save(entries)
    print(f"{changed} changed, {len(pairs) - changed - len(refused)} as before")
    for key in unused:
        print(f"not used by any source yet: {key!r}")
    for line in refused:
        print(f"refused {line}", file=sys.stderr)
    return 1 if refused else 0


def problem_of(message: Message, text: object) -> str:
    """Why ``text`` cannot translate ``message``; empty when it can."""
    if not isinstance(text, str) or not text.strip():
        return "the translation is empty or not a string"
    wanted = placeholders(message.plural or message.msgid)
    missing, extra = wanted - placeholders(text), placeholders(text) - wanted
    if message.plural:
        missing &= placeholders(message.msgid)
    if missing or extra:
        return f"placeholders differ: missing {sorted(missing)}, extra {sorted(extra)}"
    for end in ("startswith", "endswith"):
        if getattr(message.msgid, end)("\n") != getattr(text, end)("\n"):
            return f"newline {end} differs"
    return ""


def placeholders(text: str) -> set[str]:
    """Named and positional placeholders; positional ones numbered, since each must stay."""
    seen: set[str] = set()
    positional = 0
    for found in PLACEHOLDER.findall(text):
        if found.startswith("%") and not found.startswith(("%(", "%%")):
            positional += 1
            seen.add(f"{found}#{positional}")
        elif found != "%%":
            seen.add(found)
    return seen


def check(prefixes: list[str]) -> int:
    """List everything that keeps the catalogue from being complete and fresh."""
    messages = extract()
    entries = load()
    problems: list[str] = []
    for key, message in sorted(messages.items()):
        if prefixes and not any(path.startswith(tuple(prefixes)) for path in message.paths):
            continue
        problem = state_of(message, entries.get(key))
        if problem:
            label = f"{message.context}|{message.msgid}" if message.context else message.msgid
            problems.append(f"{problem}: {label!r} ({', '.join(sorted(message.paths)[:3])})")
    if not prefixes:
        problems += [
            f"stale: {entry.msgid!r} (no source uses it; `make messages` drops it)"
            for key, entry in sorted(entries.items())
            if key not in messages
        ]
    for line in problems:
        print(line)
    print(f"{len(messages)} messages, {len(problems)} problems")
    return 1 if problems else 0


def state_of(message: Message, entry: polib.POEntry | None) -> str:
    if entry is None or entry.obsolete or not translation_of(entry):
        return "untranslated"
    if "fuzzy" in entry.flags:
        return "fuzzy"
    if (entry.msgid_plural or "") != message.plural:
        return "plural form out of date (run `make messages`)"
    return problem_of(message, translation_of(entry))


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("update").add_argument("--prune", action="store_true")
    commands.add_parser("add")
    commands.add_parser("check").add_argument("prefixes", nargs="*")
    commands.add_parser("compile")
    options = parser.parse_args(arguments)
    try:
        if options.command == "update":
            return update(prune=options.prune)
        if options.command == "add":
            return add()
        if options.command == "check":
            return check(options.prefixes)
    except SourceUnreadable as error:
        print(f"messages: cannot read a source, nothing changed: {error}", file=sys.stderr)
        return 2
    except json.JSONDecodeError as error:
        print(f"messages add: not JSON: {error}", file=sys.stderr)
        return 2
    compile_catalogue()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
