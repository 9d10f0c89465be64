"""Importing vacancies into a fair: a preview of every row's fate, then the confirmation."""

from __future__ import annotations

from typing import Any, BinaryIO, Final, cast
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from core.errors import DomainError, NotFound
from employers.spreadsheet.template import template_workbook
from fairs import importing
from fairs.enums import ImportStatus
from fairs.models import Fair, ImportBatch
from jobfair.desk.access import REVIEWERS, fair_of
from jobfair.desk.acting import attempt, page_of, told, upload
from jobfair.requests import decision_of, signed_in_actor

XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
#: Rows of the report that one page shows; the counts above them tell of all.
SHOWN_ROWS: Final = 500


@require_http_methods(["GET", "POST"])
def upload_page(request: HttpRequest, slug: str) -> HttpResponse:
    """Choose a spreadsheet; what it would do is shown before anything happens."""
    fair = fair_of(request, slug, *REVIEWERS)
    if request.method == "POST":
        file = upload(request, "file")
        if file is None or file.file is None:
            messages.error(request, _("Choose a spreadsheet first."))
        else:
            try:
                batch = importing.preview_import(
                    actor=signed_in_actor(request),
                    fair=fair,
                    file=cast(BinaryIO, file.file),
                    filename=file.name or "",
                )
            except DomainError as error:
                messages.error(request, told(error))
            else:
                return HttpResponseRedirect(_address(fair, batch))
        return HttpResponseRedirect(request.path)
    batches = fair.imports.select_related("uploaded_by", "employer").order_by("-created_at")
    page = {"fair": fair, "page_obj": page_of(request, batches)}
    return render(request, "desk/imports.html", page)


@require_GET
def template(request: HttpRequest, slug: str) -> HttpResponse:
    """The blank workbook to fill in."""
    fair_of(request, slug, *REVIEWERS)
    response = HttpResponse(template_workbook(), content_type=XLSX)
    response["Content-Disposition"] = 'attachment; filename="vacancies.xlsx"'
    return response


@require_GET
def preview(request: HttpRequest, slug: str, batch_id: UUID) -> HttpResponse:
    """Every row's fate, before and after it is confirmed."""
    fair = fair_of(request, slug, *REVIEWERS)
    batch = _batch(fair, batch_id)
    return render(
        request, "desk/import_preview.html", {"fair": fair, "batch": batch, **_fates(batch)}
    )


def _fates(batch: ImportBatch) -> dict[str, Any]:
    report = batch.report
    rows = report.get("rows", [])
    rejected = [row for row in rows if row["outcome"] == "rejected"]
    changed = [row for row in rows if row["changes"]]
    doubtful = [row for row in rows if row["outcome"] != "rejected" and row["problems"]]
    return {
        "report": report,
        "missing": [(name, n) for name, n in report.get("missing", {}).items() if n],
        "rejected": rejected[:SHOWN_ROWS],
        "changed": changed[:SHOWN_ROWS],
        "doubtful": doubtful[:SHOWN_ROWS],
        "longest": max(len(rejected), len(changed), len(doubtful)),
        "shown_rows": SHOWN_ROWS,
        "waits": batch.status == ImportStatus.PREVIEWED,
        "usable": report.get("created", 0) + report.get("updated", 0) > 0,
    }


@require_POST
def settle(request: HttpRequest, slug: str, batch_id: UUID) -> HttpResponse:
    """Confirm or discard a previewed import."""
    fair = fair_of(request, slug, *REVIEWERS)
    batch, actor = _batch(fair, batch_id), signed_in_actor(request)
    if decision_of(request, "confirm", "discard") == "confirm":
        return attempt(
            request,
            lambda: importing.confirm_import(actor=actor, batch=batch),
            done=_("Imported. Vacancies are drafts until they are complete and opened."),
            back=_address(fair, batch),
        )
    return attempt(
        request,
        lambda: importing.discard_import(actor=actor, batch=batch),
        done=_("Discarded. Nothing was imported."),
        back=reverse("desk-imports", args=[fair.slug]),
    )


def _batch(fair: Fair, public_id: UUID) -> ImportBatch:
    batch = fair.imports.filter(public_id=public_id).select_related("uploaded_by").first()
    if batch is None:
        raise NotFound
    return batch


def _address(fair: Fair, batch: ImportBatch) -> str:
    return reverse("desk-import", args=[fair.slug, batch.public_id])
