"""Files that somebody else reads while they are written."""

from __future__ import annotations

import errno
import os
from contextlib import suppress
from pathlib import Path

from livestream.media.packaging.errors import PackagingError
from livestream.media.packaging.playlists import ENDLIST, MediaPlaylist

#: The web server is another user.
FOLDER_MODE, FILE_MODE = 0o755, 0o644
#: Names of files being written; nothing lists them.
UNFINISHED = ".part-"
#: In the folder of a take of which nothing more may be shown; written by any process.
CUT = "cut"


def make_folder(path: Path) -> None:
    """As :func:`put_folder`. Raises PackagingError."""
    try:
        put_folder(path)
    except OSError as error:
        raise _said(error) from error


def put_folder(path: Path) -> None:
    """Make a folder and those above it, readable for the web server."""
    missing = [path, *path.parents]
    missing = missing[: next((n for n, folder in enumerate(missing) if folder.is_dir()), 0)]
    for folder in reversed(missing):
        folder.mkdir(exist_ok=True)
        folder.chmod(FOLDER_MODE)


def write_file(path: Path, data: bytes | str) -> None:
    """As :func:`put_file`. Raises PackagingError."""
    try:
        put_file(path, data)
    except OSError as error:
        raise _said(error) from error


def put_file(path: Path, data: bytes | str, *, durable: bool = False) -> None:
    """Write a file under another name and give it its own: readers see the old or the new one.

    When it cannot be written the old one stays. A ``durable`` one is on the disk afterwards and
    bears a loss of power.
    """
    part = path.with_name(f"{UNFINISHED}{path.name}")
    try:
        part.write_bytes(data.encode() if isinstance(data, str) else data)
        if durable:
            with part.open("rb") as file:
                os.fsync(file.fileno())
        part.chmod(FILE_MODE)
        part.replace(path)
    except OSError:
        with suppress(OSError):
            part.unlink()
        raise


def _said(error: OSError) -> PackagingError:
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return PackagingError("the disk is full")
    reason = os.strerror(error.errno) if error.errno else "unknown"
    return PackagingError(f"the picture cannot be written: {reason}")


def read_playlist(path: Path) -> MediaPlaylist | None:
    """A playlist from disk; None if it is missing or not one of ours."""
    try:
        return MediaPlaylist.parse(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def end_earlier(folder: Path, take: int) -> None:
    """Close the lists of the takes before one, whose processes may have been killed.

    Also removes what they were writing. Raises PackagingError.
    """
    for earlier in folder.glob("t*"):
        number = earlier.name[1:]
        if not number.isdecimal() or int(number) >= take:
            continue
        for part in earlier.glob(f"{UNFINISHED}*"):
            part.unlink(missing_ok=True)
        for name in ("v.m3u8", "a.m3u8"):
            with suppress(FileNotFoundError):
                text = (earlier / name).read_text(encoding="utf-8")
                if ENDLIST not in text[-64:]:
                    write_file(earlier / name, f"{text}{ENDLIST}\n")


def mark_cut(folder: Path) -> None:
    """List nothing more of the take in this folder, whoever packages it. Raises PackagingError."""
    make_folder(folder)
    write_file(folder / CUT, "")


def is_cut(folder: Path) -> bool:
    """Whether the take in this folder was cut."""
    return (folder / CUT).exists()


def end_live(folder: Path) -> None:
    """Say in the live lists of a session that nothing comes any more: players stop asking.

    A take that begins afterwards takes it back. Raises PackagingError.
    """
    for name in ("video.m3u8", "audio.m3u8"):
        playlist = read_playlist(folder / name)
        if playlist is not None and not playlist.ended:
            playlist.ended = True
            write_file(folder / name, playlist.text())
