"""Where pictures live on disk: one folder per session, one inside it per take and per replay.

::

    MEDIA_DIR/hls/<session>/live.m3u8            what is on air now, all variants
    MEDIA_DIR/hls/<session>/t3/                  the third take: its segments and its playlist
    MEDIA_DIR/hls/<session>/r2/                  the replay's second revision, as it is watched
    MEDIA_DIR/hls/<session>/r2.whole/            the same uncut, for its crew

Everything below ``hls`` is served to whoever holds a signed address (``livestream.media.signing``).
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

from django.conf import settings


def hls_folder() -> Path:
    """The root of what is served."""
    return Path(settings.MEDIA_DIR) / "hls"


def session_folder(session: UUID) -> Path:
    """The folder of one session, by its public id."""
    return hls_folder() / session.hex


def take_folder(session: UUID, number: int) -> Path:
    """The folder of one take."""
    return session_folder(session) / f"t{number}"


def replay_folder(session: UUID, revision: int) -> Path:
    """The folder of one revision of the replay."""
    return session_folder(session) / f"r{revision}"


def whole_folder(session: UUID, revision: int) -> Path:
    """The folder of what one revision of the replay was cut from."""
    return session_folder(session) / f"r{revision}.whole"


def download_folder(session: UUID) -> Path:
    """Files made for staff to download; not served by address."""
    return Path(settings.MEDIA_DIR) / "downloads" / session.hex


@contextmanager
def working_on(session: UUID) -> Iterator[bool]:
    """Hold the session's recordings for the length of the block; False: another process does.

    The kernel lets go of them when their holder dies.
    """
    folder = session_folder(session)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle = os.open(folder / "replay.lock", os.O_CREAT | os.O_RDWR, 0o600)
    except OSError:
        yield True  # nothing can be written here; whoever tries will say so
        return
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        yield False
        return
    else:
        yield True
    finally:
        os.close(handle)
