"""Booths at fairs, the vacancies brought there, and vacancies by spreadsheet."""

from __future__ import annotations

from typing import Any, BinaryIO, Final, cast
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from core.errors import DomainError, NotFound
from employers import selectors
from employers.enums import MISSING_NAMES, VacancyStatus
from employers.spreadsheet.template import template_workbook
from fairs import importing, services
from fairs.enums import BoothStatus, FairStatus, ImportStatus
from fairs.models import Booth, BoothVacancy, Fair, ImportBatch
from jobfair.desk.acting import attempt, explain
from jobfair.employer_console.access import Console, in_console, page

XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
#: Fairs that still take employers and their vacancies.
_OPEN_FAIRS: Final = (FairStatus.PUBLISHED, FairStatus.LIVE)
_SHOWN_ROWS: Final = 500


@require_safe
@in_console
def fairs(request: HttpRequest, console: Console) -> HttpResponse:
    """The employer's booths, and fairs where it may apply for one."""
    booths = list(
        Booth.objects.filter(employer=console.employer)
        .select_related("fair")
        .order_by("-fair__starts_at")
    )
    counts = _brought_counts(booths)
    taken = [booth.fair_id for booth in booths]
    others = (
        Fair.objects.visible_to(console.user)
        .filter(status__in=_OPEN_FAIRS)
        .exclude(pk__in=taken)
        .order_by("starts_at")
    )
    return page(
        request,
        console,
        "fairs.html",
        "fairs",
        booths=[
            {"booth": booth, "kind": _KINDS[BoothStatus(booth.status)], "count": counts[booth.pk]}
            for booth in booths
        ],
        others=others,
    )


_KINDS: Final = {
    BoothStatus.APPLIED: "wait",
    BoothStatus.INVITED: "info",
    BoothStatus.APPROVED: "ok",
    BoothStatus.DECLINED: "bad",
}


def _brought_counts(booths: list[Booth]) -> dict[int, int]:
    counts = {booth.pk: 0 for booth in booths}
    for booth in BoothVacancy.objects.filter(booth__in=booths).values_list("booth", flat=True):
        counts[booth] += 1
    return counts


def _fair_of(console: Console, slug: str) -> Fair:
    fair = Fair.objects.visible_to(console.user).filter(slug=slug).first()
    if fair is None:
        raise NotFound
    return fair


def _booth_of(console: Console, slug: str) -> Booth:
    booth = (
        Booth.objects.filter(employer=console.employer, fair__slug=slug)
        .select_related("fair", "employer")
        .first()
    )
    if booth is None:
        raise NotFound
    return booth


@require_POST
@in_console
def apply(request: HttpRequest, console: Console, slug: str) -> HttpResponse:
    """Ask for a booth; staff acting for the employer offer one instead."""
    fair = _fair_of(console, slug)
    ask = services.invite_employer if console.on_behalf_of else services.apply_for_booth
    return attempt(
        request,
        lambda: ask(actor=console.actor, fair=fair, employer=console.employer),
        done=_("Asked for a booth. Choose the vacancies you bring while staff look at it."),
        back=console.url("employer-fair", slug),
    )


@require_POST
@in_console
def answer(request: HttpRequest, console: Console, slug: str, answer: str) -> HttpResponse:
    """Accept an invitation, or give the booth back."""
    booth = _booth_of(console, slug)
    steps = {
        "accept": (services.approve_booth, _("You take part. Choose the vacancies you bring.")),
        "decline": (services.decline_booth, _("The booth has been given back.")),
    }
    if answer not in steps:
        raise NotFound
    act, done = steps[answer]
    # Staff act for the employers of their fairs; who has given the booth back is none of them.
    leaves = console.on_behalf_of is not None and answer == "decline"
    desk = reverse("desk-employer", args=[console.employer.public_id])
    return attempt(
        request,
        lambda: act(actor=console.actor, booth=booth),
        done=done,
        back=desk if leaves else console.url("employer-fairs"),
    )


@require_http_methods(["GET", "POST"])
@in_console
def fair(request: HttpRequest, console: Console, slug: str) -> HttpResponse:
    """Which vacancies the employer brings to one fair."""
    booth = _booth_of(console, slug)
    vacancies = list(selectors.vacancies_of(console.employer).exclude(status=VacancyStatus.CLOSED))
    brought = set(
        BoothVacancy.objects.filter(booth=booth).values_list("vacancy__public_id", flat=True)
    )
    if request.method == "POST":
        chosen = set(request.POST.getlist("vacancy"))
        try:
            _choose(console, booth, vacancies, brought, chosen)
        except DomainError as error:
            messages.error(request, str(error.message))
        else:
            messages.success(request, _("Saved."))
        return HttpResponseRedirect(console.url("employer-fair", slug))
    return page(
        request,
        console,
        "fair.html",
        "fairs",
        booth=booth,
        kind=_KINDS[BoothStatus(booth.status)],
        rows=[(vacancy, vacancy.public_id in brought) for vacancy in vacancies],
    )


def _choose(
    console: Console, booth: Booth, vacancies: list[Any], brought: set[UUID], chosen: set[str]
) -> None:
    for vacancy in vacancies:
        wanted = str(vacancy.public_id) in chosen
        if wanted and vacancy.public_id not in brought:
            services.bring_vacancy(actor=console.actor, booth=booth, vacancy=vacancy)
        elif not wanted and vacancy.public_id in brought:
            services.take_back_vacancy(actor=console.actor, booth=booth, vacancy=vacancy)


# --- spreadsheets -------------------------------------------------------------------------------
class UploadForm(forms.Form):
    """A spreadsheet, and the fair it is for."""

    fair = forms.ModelChoiceField(
        label=gettext_lazy("Job fair"),
        queryset=Fair.objects.none(),
        to_field_name="slug",
        empty_label=None,
    )
    file = forms.FileField(
        label=gettext_lazy("Spreadsheet"),
        help_text=gettext_lazy(".xlsx or .csv; headings in any order, one vacancy per row."),
        widget=forms.FileInput(attrs={"accept": ".xlsx,.csv"}),
    )

    def __init__(self, console: Console, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["fair"]
        assert isinstance(field, forms.ModelChoiceField)  # noqa: S101 - for the type checker
        field.queryset = (
            Fair.objects.visible_to(console.user)
            .filter(status__in=_OPEN_FAIRS)
            .order_by("starts_at")
        )


@require_http_methods(["GET", "POST"])
@in_console
def upload(request: HttpRequest, console: Console) -> HttpResponse:
    """Choose a spreadsheet; nothing is written before the preview is confirmed."""
    posted = request.method == "POST"
    form = UploadForm(console, *((request.POST, request.FILES) if posted else ()))
    if posted and form.is_valid():
        file: UploadedFile[bytes] = form.cleaned_data["file"]
        try:
            batch = importing.preview_import(
                actor=console.actor,
                fair=form.cleaned_data["fair"],
                file=cast(BinaryIO, file.file),
                filename=file.name or "",
                employer=console.employer,
            )
        except DomainError as error:
            explain(form, error)
        else:
            return HttpResponseRedirect(console.url("employer-import-batch", batch.public_id))
    batches = (
        ImportBatch.objects.filter(employer=console.employer)
        .select_related("fair")
        .order_by("-created_at")[:10]
    )
    return page(request, console, "import.html", "import", form=form, batches=batches)


@require_safe
@in_console
def template(request: HttpRequest, console: Console) -> HttpResponse:
    """The blank workbook."""
    response = HttpResponse(template_workbook(without_employer=True), content_type=XLSX)
    response["Content-Disposition"] = 'attachment; filename="vacancies.xlsx"'
    return response


def _batch_of(console: Console, public_id: UUID) -> ImportBatch:
    batch = (
        ImportBatch.objects.filter(employer=console.employer, public_id=public_id)
        .select_related("fair", "employer")
        .first()
    )
    if batch is None:
        raise NotFound
    return batch


@require_safe
@in_console
def batch(request: HttpRequest, console: Console, batch: UUID) -> HttpResponse:
    """What becomes of every row, before and after confirming."""
    found = _batch_of(console, batch)
    report = found.report
    rows = report.get("rows", [])
    return page(
        request,
        console,
        "import_batch.html",
        "import",
        batch=found,
        report=report,
        rejected=[row for row in rows if row["outcome"] == "rejected"][:_SHOWN_ROWS],
        doubtful=[row for row in rows if row["outcome"] != "rejected"][:_SHOWN_ROWS],
        missing=_missing(report),
        waits=found.status == ImportStatus.PREVIEWED,
        usable=report.get("created", 0) + report.get("updated", 0) > 0,
    )


def _missing(report: dict[str, Any]) -> list[tuple[str, int]]:
    return [
        (str(MISSING_NAMES[name]), count)
        for name, count in report.get("missing", {}).items()
        if count
    ]


@require_POST
@in_console
def settle(request: HttpRequest, console: Console, batch: UUID, step: str) -> HttpResponse:
    """Confirm a preview, or drop it."""
    found = _batch_of(console, batch)
    steps = {
        "confirm": (
            importing.confirm_import,
            _("Imported. Complete what is missing, then send the vacancies to staff."),
            console.url("employer-import-batch", batch),
        ),
        "discard": (importing.discard_import, _("Dropped."), console.url("employer-import")),
    }
    if step not in steps:
        raise NotFound
    act, done, back = steps[step]
    return attempt(request, lambda: act(actor=console.actor, batch=found), done=done, back=back)
