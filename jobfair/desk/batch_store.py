"""Where an uploaded batch waits between its preview and its confirmation.

A batch lies in private storage under the person who uploaded it; nobody else's address leads
there. What is older than a week goes with the next upload.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, BinaryIO, Final, cast
from uuid import UUID

from django.core.files.base import ContentFile
from django.core.files.storage import Storage, storages
from django.core.files.uploadedfile import UploadedFile
from django.utils import timezone

from accounts.models import User
from core.errors import NotFound
from core.ids import new_id

_ROOT: Final = "employer-batches"
_SHEET, _LICENCES, _ABOUT, _RESULT = "sheet", "licences.zip", "about.json", "result.json"
_KEPT: Final = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class StoredBatch:
    """One uploaded batch of one person."""

    owner: UUID
    batch: UUID

    @property
    def about(self) -> dict[str, Any]:
        """Names of the uploaded files, for people."""
        return self._read(_ABOUT)

    @property
    def settled(self) -> dict[str, dict[str, str]]:
        """What became of rows so far: row number → ``outcome`` or ``problem``."""
        return self._read(_RESULT)

    def note(self, settled: dict[str, dict[str, str]]) -> None:
        """Store what has become of the rows."""
        self._write(_RESULT, settled)

    @contextlib.contextmanager
    def files(self) -> Iterator[tuple[BinaryIO, BinaryIO | None]]:
        """Open the sheet and, where there is one, the licence folder."""
        store = _storage()
        with contextlib.ExitStack() as stack:
            sheet = stack.enter_context(store.open(self._path(_SHEET), "rb"))
            licences = None
            if store.exists(self._path(_LICENCES)):
                licences = stack.enter_context(store.open(self._path(_LICENCES), "rb"))
            yield cast(BinaryIO, sheet.file), cast(BinaryIO, licences.file) if licences else None

    def delete(self) -> None:
        """Remove the files."""
        for name in (_SHEET, _LICENCES, _ABOUT, _RESULT):
            _storage().delete(self._path(name))
        _storage().delete(f"{_ROOT}/{self.owner}/{self.batch}")

    def _path(self, name: str) -> str:
        return f"{_ROOT}/{self.owner}/{self.batch}/{name}"

    def _read(self, name: str) -> dict[str, Any]:
        if not _storage().exists(self._path(name)):
            return {}
        with _storage().open(self._path(name), "rb") as file:
            found: dict[str, Any] = json.load(file)
        return found

    def _write(self, name: str, value: dict[str, Any]) -> None:
        _storage().delete(self._path(name))
        _storage().save(self._path(name), ContentFile(json.dumps(value).encode()))


def keep(
    user: User, sheet: UploadedFile[bytes], licences: UploadedFile[bytes] | None
) -> StoredBatch:
    """Store an upload of ``user``; their batches older than a week go."""
    for old in _batches_of(user):
        if _storage().get_modified_time(old._path(_ABOUT)) < timezone.now() - _KEPT:
            old.delete()
    batch = StoredBatch(user.public_id, new_id())
    _storage().save(batch._path(_SHEET), sheet)
    if licences is not None:
        _storage().save(batch._path(_LICENCES), licences)
    names = {"sheet": sheet.name or "", "licences": licences.name if licences else ""}
    batch._write(_ABOUT, {key: (name or "")[-120:] for key, name in names.items()})
    return batch


def batch_of(user: User, public_id: UUID) -> StoredBatch:
    """The batch with that id if ``user`` uploaded it."""
    batch = StoredBatch(user.public_id, public_id)
    if not _storage().exists(batch._path(_ABOUT)):
        raise NotFound
    return batch


def _batches_of(user: User) -> Iterator[StoredBatch]:
    base = f"{_ROOT}/{user.public_id}"
    if not _storage().exists(base):
        return
    for name in _storage().listdir(base)[0]:
        batch = StoredBatch(user.public_id, UUID(name))
        if _storage().exists(batch._path(_ABOUT)):
            yield batch


def _storage() -> Storage:
    return storages["private"]
