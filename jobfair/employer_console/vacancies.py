"""The employer's vacancies: table, form, many at once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from core.errors import DomainError, NotFound
from core.ids import read_id
from core.transactions import write
from employers import rules, selectors, services
from employers.enums import MISSING_NAMES, VacancyStatus
from employers.forms import VacancyForm
from employers.models import Vacancy
from employers.services.vacancies import FORM_FIELD, Batch
from fairs.services import bring_to_fairs_on
from jobfair.desk.acting import attempt, explain, page_of, told
from jobfair.employer_console.access import Console, in_console, page

_VALID_DAYS: Final = 60
_AT_ONCE: Final = 20
_KINDS: Final = {
    VacancyStatus.DRAFT: "",
    VacancyStatus.SUBMITTED: "wait",
    VacancyStatus.OPEN: "ok",
    VacancyStatus.REJECTED: "bad",
    VacancyStatus.CLOSED: "",
}


def vacancy_of(console: Console, public_id: UUID) -> Vacancy:
    """One of the employer's vacancies, or :class:`NotFound`."""
    vacancy = selectors.vacancies_of(console.employer).filter(public_id=public_id).first()
    if vacancy is None:
        raise NotFound
    return vacancy


@require_safe
@in_console
def table(request: HttpRequest, console: Console) -> HttpResponse:
    """Every vacancy with its state and what it still lacks."""
    status = request.GET.get("status", "")
    text = request.GET.get("q", "").strip()[:60]
    found = page_of(request, selectors.vacancies_of(console.employer, status=status, text=text))
    counts = selectors.vacancy_counts(console.employer)
    return page(
        request,
        console,
        "vacancies.html",
        "vacancies",
        rows=[
            {
                "vacancy": vacancy,
                "kind": _KINDS[VacancyStatus(vacancy.status)],
                "missing": _missing(vacancy),
            }
            for vacancy in found
        ],
        page_obj=found,
        status=status,
        text=text,
        total=sum(counts.values()),
        chips=[
            {"value": state.value, "label": state.label, "count": counts.get(state.value, 0)}
            for state in VacancyStatus
        ],
        incomplete=_incomplete(console).count(),
    )


def _missing(vacancy: Vacancy) -> list[str]:
    if vacancy.status not in {VacancyStatus.DRAFT, VacancyStatus.REJECTED}:
        return []
    names = rules.missing_of(vacancy, today=timezone.localdate())
    return [str(MISSING_NAMES[name]) for name in names]


@require_http_methods(["GET", "POST"])
@in_console
def create(request: HttpRequest, console: Console) -> HttpResponse:
    """A new vacancy."""
    until = timezone.localdate() + timedelta(days=_VALID_DAYS)
    form = VacancyForm(request.POST or None, initial={"valid_until": until})
    if request.method == "POST" and form.is_valid():
        try:
            with write():
                vacancy = services.create_vacancy(
                    actor=console.actor,
                    employer=console.employer,
                    content=form.cleaned_data,
                    on_behalf_of=console.on_behalf_of,
                )
                brought = bring_to_fairs_on(actor=console.actor, vacancy=vacancy)
        except DomainError as error:
            explain(form, error)
        else:
            if brought:
                fairs = _(", ").join(row.booth.fair.name for row in brought)
                text = _("It comes along to %(fairs)s. Change that under “Job fairs”.")
                messages.info(request, text % {"fairs": fairs})
            return _saved(request, console, vacancy)
    return page(request, console, "vacancy_form.html", "vacancies", form=form, vacancy=None)


@require_http_methods(["GET", "POST"])
@in_console
def edit(request: HttpRequest, console: Console, vacancy: UUID) -> HttpResponse:
    """Change a vacancy; what needs a new review says so before."""
    row = vacancy_of(console, vacancy)
    form = VacancyForm(request.POST or None, initial=VacancyForm.values_of(row))
    if request.method == "POST" and form.is_valid():
        was_open = row.status == VacancyStatus.OPEN
        try:
            row = services.update_vacancy(
                actor=console.actor,
                vacancy=row,
                content=form.cleaned_data,
                on_behalf_of=console.on_behalf_of,
            )
        except DomainError as error:
            explain(form, error)
        else:
            if was_open and row.status == VacancyStatus.SUBMITTED:
                messages.info(
                    request,
                    _("Saved. Staff check the change; until then nobody new can apply."),
                )
                return HttpResponseRedirect(console.url("employer-vacancy", row.public_id))
            return _saved(request, console, row)
    return page(
        request,
        console,
        "vacancy_form.html",
        "vacancies",
        form=form,
        vacancy=row,
        kind=_KINDS[VacancyStatus(row.status)],
        missing=_missing(row),
        warnings=rules.wording_of(row),
        may_edit=rules.may_edit(row),
        may_submit=row.status in {VacancyStatus.DRAFT, VacancyStatus.REJECTED},
    )


def _saved(request: HttpRequest, console: Console, vacancy: Vacancy) -> HttpResponse:
    """After saving: submit as well if that button was pressed."""
    back = console.url("employer-vacancy", vacancy.public_id)
    if "submit" in request.POST:
        return attempt(
            request,
            lambda: services.submit_vacancy(
                actor=console.actor, vacancy=vacancy, on_behalf_of=console.on_behalf_of
            ),
            done=_("Sent. Staff check it before it opens."),
            back=back,
        )
    messages.success(request, _("Saved."))
    return HttpResponseRedirect(back)


@require_POST
@in_console
def step(request: HttpRequest, console: Console, vacancy: UUID, step: str) -> HttpResponse:
    """Submit, close or reopen one vacancy."""
    row = vacancy_of(console, vacancy)
    steps: dict[str, tuple[Callable[..., Vacancy], str]] = {
        "submit": (services.submit_vacancy, _("Sent. Staff check it before it opens.")),
        "close": (services.close_vacancy, _("Closed. Applications so far can still be answered.")),
        "reopen": (services.reopen_vacancy, _("It is a draft again. Check it and send it.")),
    }
    if step not in steps:
        raise NotFound
    act, done = steps[step]
    return attempt(
        request,
        lambda: act(actor=console.actor, vacancy=row, on_behalf_of=console.on_behalf_of),
        done=done,
        back=console.url("employer-vacancy", vacancy),
    )


@require_POST
@in_console
def many(request: HttpRequest, console: Console) -> HttpResponse:
    """Submit or close the chosen ones; tell of the others why not."""
    chosen = [one for raw in request.POST.getlist("vacancy") if (one := read_id(raw))]
    rows = list(selectors.vacancies_of(console.employer).filter(public_id__in=chosen))
    acts = {"submit": services.submit_many, "close": services.close_many}
    act = acts.get(request.POST.get("act", ""))
    if act is None:
        raise NotFound
    if not rows:
        messages.info(request, _("Choose vacancies first."))
    else:
        batch = act(actor=console.actor, vacancies=rows, on_behalf_of=console.on_behalf_of)
        _tell(request, batch)
    status = request.POST.get("status", "")
    query = f"?status={status}" if status in VacancyStatus.values else ""
    return HttpResponseRedirect(console.url("employer-vacancies") + query)


def _tell(request: HttpRequest, batch: Batch) -> None:
    if batch.done:
        n = len(batch.done)
        messages.success(
            request, ngettext("%(n)d vacancy done.", "%(n)d vacancies done.", n) % {"n": n}
        )
    for vacancy, error in batch.skipped[:5]:
        messages.warning(request, f"{vacancy.title}: {told(error)}")
    if len(batch.skipped) > 5:
        n = len(batch.skipped) - 5
        messages.warning(
            request, ngettext("%(n)d more could not.", "%(n)d more could not.", n) % {"n": n}
        )


# --- completing many ----------------------------------------------------------------------------
@require_http_methods(["GET", "POST"])
@in_console
def complete(request: HttpRequest, console: Console) -> HttpResponse:
    """Fill in only what is missing, for many imported drafts on one page."""
    rows = list(_incomplete(console)[:_AT_ONCE])
    posted = request.POST if request.method == "POST" else None
    forms = [(row, _gap_form(row, posted)) for row in rows]
    if posted is not None:
        saved = sum(_fill_gaps(console, row, form) for row, form in forms)
        if "submit" in posted:
            refreshed = [Vacancy.objects.get(pk=row.pk) for row in rows]
            whole = [row for row in refreshed if not row.missing]
            batch = services.submit_many(
                actor=console.actor, vacancies=whole, on_behalf_of=console.on_behalf_of
            )
            _tell(request, batch)
        elif saved:
            messages.success(request, _("Saved."))
        if all(form.is_valid() for _row, form in forms):
            return HttpResponseRedirect(console.url("employer-complete"))
    return page(
        request,
        console,
        "complete.html",
        "vacancies",
        forms=forms,
        left=_incomplete(console).count(),
    )


def _incomplete(console: Console) -> Any:
    return (
        selectors.vacancies_of(console.employer)
        .filter(status__in=[VacancyStatus.DRAFT, VacancyStatus.REJECTED])
        .exclude(missing=[])
    )


def _gap_form(vacancy: Vacancy, posted: Any) -> VacancyForm:
    missing = rules.missing_of(vacancy, today=timezone.localdate())
    names = [FORM_FIELD[name] for name in missing]
    if "headcount" in names:
        names.append("headcount_stated")
    return VacancyForm(
        posted,
        only=[name for name in names if name != "title"],
        prefix=str(vacancy.public_id)[-12:],
        initial={name: getattr(vacancy, name) for name in names},
    )


def _fill_gaps(console: Console, vacancy: Vacancy, form: VacancyForm) -> bool:
    """Save what was filled in; an answer that cannot be read is shown at its field."""
    if not form.is_valid():
        return False
    content = {name: value for name, value in form.cleaned_data.items() if value}
    if not content:
        return False
    try:
        services.update_vacancy(
            actor=console.actor,
            vacancy=vacancy,
            content=content,
            on_behalf_of=console.on_behalf_of,
        )
    except DomainError as error:
        explain(form, error)
        return False
    return True
