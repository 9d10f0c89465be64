"""The vacancies at the desk: reviewed one by one, completed and opened by the hundred."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _g
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.models import User
from core.errors import DomainError, NotFound
from core.moments import read_moment
from employers import rules, services
from employers.enums import VacancyStatus
from employers.forms import VacancyForm
from employers.models import Vacancy
from employers.services.completing import complete_and_open
from employers.services.vacancies import Batch
from employers.spreadsheet.wording import WordingWarning
from fairs.models import Fair
from jobfair.desk.access import REVIEWERS, staff
from jobfair.desk.acting import attempt, explain, page_of, query_of, refuse, told
from jobfair.desk.forms import CompleteForm
from jobfair.requests import decision_of, signed_in_actor, uuid_or_404

MAX_AT_ONCE: Final = 500
_TOLD: Final = 10
#: States whose vacancies can be ticked and opened together.
_OPENABLE: Final = frozenset({VacancyStatus.DRAFT, VacancyStatus.SUBMITTED})


@dataclass(frozen=True, slots=True)
class Line:
    """A vacancy in the queue, with doubtful words in what it says."""

    vacancy: Vacancy
    warnings: list[WordingWarning]


@dataclass(frozen=True, slots=True)
class Filters:
    """Which vacancies the queue shows."""

    status: str
    missing: str
    fair: str
    text: str

    @classmethod
    def of(cls, data: QueryDict) -> Filters:
        """Read them from an address or a form."""
        return cls(
            data.get("status") or VacancyStatus.SUBMITTED,
            data.get("missing", ""),
            data.get("fair", ""),
            data.get("q", "").strip()[:60],
        )

    @property
    def query(self) -> str:
        return query_of(status=self.status, missing=self.missing, fair=self.fair, q=self.text)

    def rows(self) -> QuerySet[Vacancy]:
        """The vacancies, longest unchanged first."""
        rows = Vacancy.objects.filter(status=self.status).select_related("employer", "publisher")
        if self.missing:
            whole = self.missing == "none"
            rows = rows.filter(missing=[]) if whole else rows.exclude(missing=[])
        if self.fair:
            rows = rows.filter(brought_to__fair__slug=self.fair)
        if self.text:
            rows = rows.filter(
                Q(title__icontains=self.text) | Q(employer__name__icontains=self.text)
            )
        return rows.order_by("updated_at", "pk")


@require_GET
def queue(request: HttpRequest) -> HttpResponse:
    """Vacancies to review; ``?status=draft`` are imported ones that may lack something."""
    user = staff(request, *REVIEWERS)
    filters = Filters.of(request.GET)
    page_obj = page_of(request, filters.rows())
    page = {
        "page_obj": page_obj,
        "lines": [Line(vacancy, rules.wording_of(vacancy)) for vacancy in page_obj],
        "filters": filters,
        "query": filters.query,
        "states": VacancyStatus,
        "fairs": _fairs(user),
        "openable": filters.status in _OPENABLE,
        "complete_form": CompleteForm(),
        "at_once": MAX_AT_ONCE,
    }
    return render(request, "desk/vacancies.html", page)


def _fairs(user: User) -> QuerySet[Fair]:
    return Fair.objects.staffed_by(user, *REVIEWERS).order_by("-starts_at")


@require_POST
def decide(request: HttpRequest, vacancy_id: UUID) -> HttpResponse:
    """Open a vacancy or send it back with a reason."""
    staff(request, *REVIEWERS)
    vacancy = _vacancy(vacancy_id)
    opens = decision_of(request, "open", "reject") == "open"
    return attempt(
        request,
        lambda: services.review_vacancy(
            actor=signed_in_actor(request),
            vacancy=vacancy,
            opens=opens,
            reason=request.POST.get("reason", ""),
            seen=read_moment(request.POST.get("seen", "")),
        ),
        done=_("The vacancy is open.") if opens else _("The vacancy went back to its employer."),
        back=_back(request),
    )


@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, vacancy_id: UUID) -> HttpResponse:
    """Complete or correct a vacancy for its employer, and open it when that button is pressed."""
    staff(request, *REVIEWERS)
    vacancy = _vacancy(vacancy_id)
    form = VacancyForm(request.POST or None, initial=VacancyForm.values_of(vacancy))
    if request.method == "POST" and form.is_valid():
        try:
            saved = services.update_vacancy(
                actor=signed_in_actor(request),
                vacancy=vacancy,
                content=form.cleaned_data,
                on_behalf_of=vacancy.employer.public_id,
            )
        except DomainError as error:
            explain(form, error)
        else:
            return _saved(request, saved)
    page = {
        "form": form,
        "vacancy": vacancy,
        "warnings": rules.wording_of(vacancy),
        "may_edit": rules.may_edit(vacancy),
        "may_open": vacancy.status in _OPENABLE,
    }
    return render(request, "desk/vacancy_edit.html", page)


def _saved(request: HttpRequest, vacancy: Vacancy) -> HttpResponse:
    if "open" not in request.POST:
        messages.success(request, _("Saved."))
        return HttpResponseRedirect(request.path)
    batch = services.open_many(actor=signed_in_actor(request), vacancies=[vacancy])
    if batch.skipped:
        messages.warning(request, told(batch.skipped[0][1]))
        return HttpResponseRedirect(request.path)
    messages.success(request, _("The vacancy is open."))
    return HttpResponseRedirect(f"{reverse('desk-vacancies')}?{query_of(status='draft')}")


@require_POST
def open_many(request: HttpRequest) -> HttpResponse:
    """Open the chosen vacancies, as far as they state everything; tell of the others.

    With ``fill`` what is given once for all fills the gaps first.
    """
    staff(request, *REVIEWERS)
    form = CompleteForm(request.POST)
    if not form.is_valid():
        return refuse(request, form, _back(request))
    rows = _chosen(request)
    batch = complete_and_open(actor=signed_in_actor(request), vacancies=rows, gaps=form.gaps())
    _tell(request, batch)
    return HttpResponseRedirect(_back(request))


def _chosen(request: HttpRequest) -> list[Vacancy]:
    """The ticked vacancies, or with ``scope=all`` the first of the whole list."""
    if request.POST.get("scope") == "all":
        return list(Filters.of(request.POST).rows()[:MAX_AT_ONCE])
    chosen = [uuid_or_404(text) for text in request.POST.getlist("vacancy")[:MAX_AT_ONCE]]
    rows = Vacancy.objects.filter(public_id__in=chosen).select_related("employer", "publisher")
    return list(rows.order_by("pk"))


def _tell(request: HttpRequest, batch: Batch) -> None:
    if batch.done:
        n = len(batch.done)
        text = ngettext("%(n)d vacancy opened.", "%(n)d vacancies opened.", n)
        messages.success(request, text % {"n": n})
    for vacancy, error in batch.skipped[:_TOLD]:
        messages.warning(request, f"{vacancy.employer.name} · {vacancy.title} – {told(error)}")
    if len(batch.skipped) > _TOLD:
        more = _g("%(n)d more could not be opened; they stay in the list.")
        messages.warning(request, more % {"n": len(batch.skipped) - _TOLD})
    if not batch.done and not batch.skipped:
        messages.info(request, _("Tick the vacancies to open first."))


def _vacancy(public_id: UUID) -> Vacancy:
    found = Vacancy.objects.filter(public_id=public_id).select_related("employer").first()
    if found is None:
        raise NotFound
    return found


def _back(request: HttpRequest) -> str:
    """The list with the filters that the form carried along."""
    return f"{reverse('desk-vacancies')}?{Filters.of(request.POST).query}"
