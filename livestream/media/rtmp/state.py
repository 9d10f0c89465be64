"""What the media process tells the pages, as small files: it may be another process's page.

``MEDIA_DIR/run/rtmp/`` holds the lock of the one media process, what it runs, and one file per
session in ``now/`` that is rewritten every second while somebody publishes.
"""

from __future__ import annotations

import fcntl
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from django.conf import settings

#: A file that was not written for this long tells of nobody.
_FRESH_S: Final = 8.0
#: Why somebody was sent away is shown this long.
_REFUSED_S: Final = 120.0


class AlreadyRunningError(RuntimeError):
    """Another media process works in this directory."""


@dataclass(slots=True)
class Now:
    """One publisher at this moment. ``warning`` is for the crew, translated."""

    take: int
    kbits: int = 0
    width: int = 0
    height: int = 0
    frame_rate: float = 0.0
    warning: str = ""
    at: float = 0.0


def run_folder() -> Path:
    """The media process's own directory; nothing in it is served."""
    return Path(settings.MEDIA_DIR).absolute() / "run" / "rtmp"


@contextmanager
def lock() -> Iterator[Path]:
    """Be the one media process of this directory for the length of the block; yields it."""
    run = run_folder()
    (run / "now").mkdir(mode=0o700, parents=True, exist_ok=True)
    run.chmod(0o700)
    handle = os.open(run / "lock", os.O_CREAT | os.O_RDWR, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AlreadyRunningError(f"a media process works in {run} already") from None
        yield run
    finally:
        os.close(handle)


def is_running() -> bool:
    """Whether a media process works in this directory."""
    try:
        handle = os.open(run_folder() / "lock", os.O_RDWR)
    except OSError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(handle)
    return False


def former_start(run: Path, start: str) -> str:
    """Remember this start; the name of the one before, empty for the first."""
    file = run / "start"
    former = file.read_text() if file.exists() else ""
    _write(file, start)
    return former


def tell(session: UUID, now: Now) -> None:
    """Publish what comes in for a session."""
    now.at = time.time()
    _write(_file(session), json.dumps(asdict(now)))


def tell_refused(session: UUID, why: str) -> None:
    """Publish that somebody was sent away from a session and why (a code)."""
    _write(_file(session, "refused"), json.dumps({"why": why, "at": time.time()}))


def forget(session: UUID) -> None:
    """Nobody publishes to this session any more."""
    _file(session).unlink(missing_ok=True)


def now(session: UUID, take: int) -> Now | None:
    """What comes in for this take; ``None`` where nobody tells."""
    found = _read(_file(session))
    if found.get("take") != take or time.time() - found.get("at", 0) > _FRESH_S:
        return None
    return Now(**found)


def refused(session: UUID) -> str:
    """Why somebody was sent away just now; empty: nobody was."""
    found = _read(_file(session, "refused"))
    return str(found["why"]) if time.time() - found.get("at", 0) <= _REFUSED_S else ""


def _file(session: UUID, kind: str = "json") -> Path:
    return run_folder() / "now" / f"{session.hex}.{kind}"


def _read(file: Path) -> dict[str, Any]:
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _write(file: Path, text: str) -> None:
    young = file.with_suffix(".new")
    young.write_text(text, encoding="utf-8")
    young.rename(file)
