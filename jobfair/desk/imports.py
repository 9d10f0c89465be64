"""Importing vacancies into a fair: a preview of every row's fate, then the confirmation."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from core.errors import DomainError, NotFound
from fairs import importing
from fairs.models import Fair, ImportBatch
from jobfair.desk.access import REVIEWERS, actor_of, fair_of
from jobfair.desk.acting import attempt, page_of, told, upload


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
                    actor=actor_of(request), fair=fair, file=file, filename=file.name or ""
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
def preview(request: HttpRequest, slug: str, batch_id: UUID) -> HttpResponse:
    """Every row's fate."""
    fair = fair_of(request, slug, *REVIEWERS)
    return render(
        request, "desk/import_preview.html", {"fair": fair, "batch": _batch(fair, batch_id)}
    )


@require_POST
def settle(request: HttpRequest, slug: str, batch_id: UUID) -> HttpResponse:
    """Confirm or discard a previewed import."""
    fair = fair_of(request, slug, *REVIEWERS)
    batch, actor = _batch(fair, batch_id), actor_of(request)
    if request.POST.get("decision") == "confirm":
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
    batch = fair.imports.filter(public_id=public_id).first()
    if batch is None:
        raise NotFound
    return batch


def _address(fair: Fair, batch: ImportBatch) -> str:
    return reverse("desk-import", args=[fair.slug, batch.public_id])
