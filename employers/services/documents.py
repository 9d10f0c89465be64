"""Licences of employers."""

from __future__ import annotations

from uuid import UUID

from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from accounts import audit
from accounts.actor import Actor
from core.errors import Conflict, Invalid
from core.transactions import write
from core.uploads import CleanFile, clean_document
from employers import rules
from employers.enums import DocumentKind, EmployerStatus
from employers.models import Employer, EmployerDocument


def attach_document(
    *,
    actor: Actor,
    employer: Employer,
    kind: str,
    upload: UploadedFile[bytes],
    on_behalf_of: UUID | None = None,
) -> EmployerDocument:
    """Store a licence: a picture drawn anew or a PDF, at most 10 MB, under a random name.

    Earlier ones stay for the record; the newest of its kind counts. Raises :class:`Invalid` for
    anything else than a picture or PDF and :class:`Conflict` once staff have begun to check.
    """
    _require_open(employer, kind, by_reviewer=False)
    return store_document(
        actor=actor,
        employer=employer,
        kind=kind,
        clean=clean_document(upload),
        on_behalf_of=on_behalf_of,
    )


def store_document(
    *,
    actor: Actor,
    employer: Employer,
    kind: str,
    clean: CleanFile,
    by_reviewer: bool = False,
    on_behalf_of: UUID | None = None,
) -> EmployerDocument:
    """Store a licence that :func:`core.uploads.clean_document` has cleaned.

    Staff who check an employer may add one themselves (``by_reviewer``).
    """
    user = actor.require_user()
    _require_open(employer, kind, by_reviewer=by_reviewer)
    with write():
        document = EmployerDocument(
            employer=employer, kind=kind, media_type=clean.media_type, uploaded_by=user
        )
        document.file.save(clean.content.name or "file", clean.content, save=False)
        document.save()
        audit.record(
            actor=user,
            action="employer.document_attached",
            obj=document,
            diff={"kind": ["", kind]},
            on_behalf_of=on_behalf_of,
        )
    return document


def _require_open(employer: Employer, kind: str, *, by_reviewer: bool) -> None:
    if kind not in DocumentKind.values:
        raise Invalid("document_kind", _("Choose what the document is."))
    checking = by_reviewer and employer.status == EmployerStatus.SUBMITTED
    if not (rules.identity_open(employer) or checking):
        raise Conflict(
            "identity_fixed",
            _("Name, code and licence are fixed while and after staff check them. Ask the staff."),
        )
