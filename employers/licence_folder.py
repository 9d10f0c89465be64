"""A folder of licences as a .zip: looked through with suspicion, read one file at a time.

Names in the archive are used to find out whose licence a file is, and for nothing else: nothing
is unpacked to disk, no name becomes a path.
"""

from __future__ import annotations

import io
import stat
import unicodedata
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import BinaryIO, Final

from django.core.files.uploadedfile import SimpleUploadedFile, UploadedFile
from django.utils.translation import gettext as _

from core.errors import Invalid
from core.uploads import MAX_BYTES
from employers.enums import DocumentKind
from employers.spreadsheet.text import folded

MAX_ARCHIVE_BYTES: Final = 200 * 1024 * 1024
MAX_ENTRIES: Final = 300
MAX_UNPACKED_BYTES: Final = 200 * 1024 * 1024
#: Pictures and PDFs are packed already; what shrinks more than this is made to harm.
_MAX_RATIO: Final = 100
_UTF8_NAME: Final = 0x800
_ENCRYPTED: Final = 0x1
_SUFFIXES: Final = (".jpg", ".jpeg", ".png", ".pdf")
_HR_WORDS: Final = ("人力资源", "许可证", "hr_licence", "hrlicence")
_MIN_NAME: Final = 4


class FolderRefused(Invalid):
    """The archive as a whole cannot be used; ``message`` says why."""

    def __init__(self, message: str) -> None:
        super().__init__("licence_folder", message, fields={"licences": message})


@dataclass(frozen=True, slots=True)
class Licence:
    """A file of the folder: its name for people, what it is, and where it stands inside."""

    name: str
    kind: DocumentKind
    entry: zipfile.ZipInfo


class LicenceFolder:
    """An open archive. Make one with :func:`open_folder`."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self.licences = [
            Licence(_shown(path), _kind_of(path), entry)
            for entry in _checked(archive)
            if (path := _path(entry)).lower().endswith(_SUFFIXES) and not _hidden(path)
        ]

    def share_out(self, owners: Iterable[tuple[str, str]]) -> dict[int, list[Licence]]:
        """Give each file to the owner that its path names, at most one of a kind to each.

        ``owners`` are pairs of credit code and name. A code in the path decides; else the longest
        name in it does. Returns the files by the owner's index; what nobody is named in is left.
        """
        marks = [(index, code, folded(name)) for index, (code, name) in enumerate(owners)]
        shared: dict[int, list[Licence]] = {}
        for licence in sorted(self.licences, key=lambda found: found.name):
            index = _owner(folded(_path(licence.entry)), marks)
            if index is None:
                continue
            held = shared.setdefault(index, [])
            if all(other.kind != licence.kind for other in held):
                held.append(licence)
        return shared

    def read(self, licence: Licence) -> UploadedFile[bytes]:
        """Return the file as an upload. Never more than 10 MB is unpacked, whatever it claims."""
        try:
            with self._archive.open(licence.entry) as stream:
                data = stream.read(MAX_BYTES + 1)
        except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, EOFError) as error:
            raise Invalid(
                "licence_damaged", _("The file %(name)s is damaged.") % {"name": licence.name}
            ) from error
        return SimpleUploadedFile("licence", data)


@contextmanager
def open_folder(file: BinaryIO | None) -> Iterator[LicenceFolder]:
    """Open the archive, or an empty folder for ``None``. Raises :class:`FolderRefused`."""
    if file is None:
        file = io.BytesIO()
        zipfile.ZipFile(file, "w").close()
    if file.seek(0, 2) > MAX_ARCHIVE_BYTES:
        raise FolderRefused(_("The licence folder is larger than 200 MB."))
    file.seek(0)
    try:
        archive = zipfile.ZipFile(file)
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError) as error:
        raise FolderRefused(_("The licence folder is not a .zip file.")) from error
    with archive:
        yield LicenceFolder(archive)


def _checked(archive: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    """Return the files of an archive that does no harm; refuse every other one whole."""
    entries = [entry for entry in archive.infolist() if not entry.is_dir()]
    if len(archive.infolist()) > MAX_ENTRIES:
        raise FolderRefused(_("The licence folder holds more than 300 files."))
    if any(entry.flag_bits & _ENCRYPTED for entry in entries):
        raise FolderRefused(_("The licence folder is protected by a password."))
    if any(_escapes(entry) for entry in entries):
        raise FolderRefused(_("The licence folder holds names that lead out of it."))
    if sum(entry.file_size for entry in entries) > MAX_UNPACKED_BYTES or any(
        entry.file_size > MAX_BYTES and entry.file_size > _MAX_RATIO * max(entry.compress_size, 1)
        for entry in entries
    ):
        raise FolderRefused(_("Unpacked, the licence folder would be larger than 200 MB."))
    return entries


def _escapes(entry: zipfile.ZipInfo) -> bool:
    path = _path(entry)
    is_link = stat.S_ISLNK(entry.external_attr >> 16)
    return is_link or path.startswith("/") or ":" in path or ".." in path.split("/")


def _path(entry: zipfile.ZipInfo) -> str:
    """Return the path as its author saw it; Windows writes Chinese names in GB18030."""
    name = entry.orig_filename
    if not entry.flag_bits & _UTF8_NAME:
        with suppress(UnicodeError):
            name = name.encode("cp437").decode("gb18030")
    return unicodedata.normalize("NFC", name.replace("\\", "/"))


def _shown(path: str) -> str:
    return path.rpartition("/")[2][-120:]


def _hidden(path: str) -> bool:
    return any(part.startswith((".", "__MACOSX")) for part in path.split("/"))


def _kind_of(path: str) -> DocumentKind:
    text = folded(_shown(path))
    is_hr = any(word in text for word in _HR_WORDS)
    return DocumentKind.HR_LICENCE if is_hr else DocumentKind.BUSINESS_LICENCE


def _owner(path: str, marks: list[tuple[int, str, str]]) -> int | None:
    for index, code, _name in marks:
        if code and code.lower() in path:
            return index
    named = [(len(name), index) for index, _code, name in marks if _names(name, path)]
    return max(named, key=lambda pair: (pair[0], -pair[1]))[1] if named else None


def _names(name: str, path: str) -> bool:
    return len(name) >= _MIN_NAME and name in path
