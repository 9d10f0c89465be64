"""Verifying employers in a batch: upload, every row's fate, confirmation, what came of it."""

from __future__ import annotations

import io
from collections import Counter
from contextlib import ExitStack
from typing import Any, Final
from uuid import UUID

import xlsxwriter
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from core.errors import DomainError
from employers.enums import EmployerStatus
from employers.licence_folder import LicenceFolder, open_folder
from employers.models import Employer
from employers.services.batch_review import Fate, carry_out, plan
from employers.spreadsheet.review_rows import read_reviews
from jobfair.desk.access import REVIEWERS, staff
from jobfair.desk.acting import explain
from jobfair.desk.batch_store import StoredBatch, batch_of, keep
from jobfair.desk.forms import BatchForm
from jobfair.desk.imports import XLSX
from jobfair.desk.reviews import two_person
from jobfair.requests import decision_of, signed_in_actor

#: How long one request works; what is left is carried out by the next one.
SECONDS: Final = 20.0
_HEADINGS: Final = ("单位名称", "统一社会信用代码", "审核结果", "原因")


@require_http_methods(["GET", "POST"])
def upload_page(request: HttpRequest) -> HttpResponse:
    """Choose the sheet and the folder; what they would do is shown before anything happens."""
    user = staff(request, *REVIEWERS)
    form = BatchForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        batch = keep(user, form.cleaned_data["sheet"], form.cleaned_data["licences"])
        try:
            _planned(batch)
        except DomainError as error:
            batch.delete()
            explain(form, error)
        else:
            return HttpResponseRedirect(_address(batch))
    return render(request, "desk/batch.html", {"form": form})


@require_GET
def template(request: HttpRequest) -> HttpResponse:
    """A sheet with the employers that wait, ready for the decisions."""
    staff(request, *REVIEWERS)
    out = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    rows = Employer.objects.filter(status=EmployerStatus.SUBMITTED).order_by("pk")
    with xlsxwriter.Workbook(out, options) as book:
        sheet, text = book.add_worksheet("审核"), book.add_format({"num_format": "@"})
        sheet.set_column(0, len(_HEADINGS) - 1, 26, text)
        for column, heading in enumerate(_HEADINGS):
            sheet.write_string(0, column, heading, book.add_format({"bold": True}))
        for number, employer in enumerate(rows[:500], start=1):
            sheet.write_string(number, 0, employer.name, text)
            sheet.write_string(number, 1, employer.credit_code or "", text)
    response = HttpResponse(out.getvalue(), content_type=XLSX)
    response["Content-Disposition"] = 'attachment; filename="employers.xlsx"'
    return response


@require_GET
def preview(request: HttpRequest, batch_id: UUID) -> HttpResponse:
    """Every row's fate, and after confirming what came of it."""
    batch = batch_of(staff(request, *REVIEWERS), batch_id)
    try:
        fates, unused = _planned(batch)
    except DomainError as error:
        messages.error(request, str(error.message))
        return HttpResponseRedirect(reverse("desk-employers-batch"))
    counts = Counter(_kind(fate) for fate in fates)
    page = {
        "batch_id": batch_id,
        "about": batch.about,
        "lines": [(fate, _kind(fate)) for fate in fates],
        "waits": counts["waits"],
        "done": counts["done"],
        "problems": counts["problem"],
        "unused": unused,
        "begun": bool(batch.settled),
    }
    return render(request, "desk/batch_preview.html", page)


def _kind(fate: Fate) -> str:
    if fate.waits:
        return "waits"
    return "done" if fate.outcome else "problem"


@require_POST
def settle(request: HttpRequest, batch_id: UUID) -> HttpResponse:
    """Carry the batch out as far as the time goes, or discard it."""
    batch = batch_of(staff(request, *REVIEWERS), batch_id)
    if decision_of(request, "confirm", "discard") == "discard":
        batch.delete()
        messages.success(request, _("Discarded. Nothing further was decided."))
        return HttpResponseRedirect(reverse("desk-employers-batch"))
    done = _carry_out(request, batch)
    if done:
        text = ngettext("%(n)d employer decided.", "%(n)d employers decided.", done)
        messages.success(request, text % {"n": done})
    return HttpResponseRedirect(_address(batch))


def _carry_out(request: HttpRequest, batch: StoredBatch) -> int:
    settled, done = batch.settled, 0
    with ExitStack() as stack:
        fates, folder = _open(batch, stack)
        _recall(fates, settled)
        worked = carry_out(
            actor=signed_in_actor(request),
            fates=fates,
            folder=folder,
            two_person=two_person,
            seconds=SECONDS,
        )
        for fate in worked:
            done += bool(fate.outcome)
            settled[str(fate.row.number)] = {"outcome": fate.outcome, "problem": fate.problem}
    batch.note(settled)
    return done


def _planned(batch: StoredBatch) -> tuple[list[Fate], list[str]]:
    """The fates as they stand, and the names of files that belong to nobody in the sheet."""
    with ExitStack() as stack:
        fates, folder = _open(batch, stack)
        used = {licence.entry.filename for fate in fates for licence in fate.licences}
        unused = [found.name for found in folder.licences if found.entry.filename not in used]
    _recall(fates, batch.settled)
    return fates, unused


def _open(batch: StoredBatch, stack: ExitStack) -> tuple[list[Fate], LicenceFolder]:
    sheet, licences = stack.enter_context(batch.files())
    folder = stack.enter_context(open_folder(licences))
    return plan(read_reviews(sheet, batch.about.get("sheet", "")), folder), folder


def _recall(fates: list[Fate], settled: dict[str, dict[str, Any]]) -> None:
    """Put what has become of rows in the place of what was planned."""
    for fate in fates:
        known = settled.get(str(fate.row.number))
        if known:
            fate.outcome, fate.problem = known["outcome"], known["problem"]


def _address(batch: StoredBatch) -> str:
    return reverse("desk-employers-batch-preview", args=[batch.batch])
