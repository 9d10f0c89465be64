"""The statistics page of a fair, for its managers and statisticians."""

from __future__ import annotations

from typing import Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from accounts.actor import actor_of
from core.errors import Invalid, NotFound
from fairs.enums import StaffRole
from fairs.models import Fair
from insights.exports import csv_text, workbook
from insights.moments import read_as_of
from insights.report import Report, headline_html, report_of
from insights.selectors import fair_statistics

READERS: Final = (StaffRole.MANAGER, StaffRole.STATISTICIAN)
XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def _fair(request: HttpRequest, slug: str) -> Fair:
    user = actor_of(request).require_user()
    fair = Fair.objects.staffed_by(user, *READERS).filter(slug=slug).first()
    if fair is None:
        raise NotFound
    return fair


@never_cache
@require_GET
def statistics_page(request: HttpRequest, slug: str) -> HttpResponse:
    """Headline, funnel, tables; ``as_of`` takes any moment of the past."""
    fair = _fair(request, slug)
    error = ""
    try:
        as_of = read_as_of(request.GET.get("as_of", ""), local=True)
    except Invalid as refusal:
        as_of, error = None, str(refusal.message)
    report = report_of(fair, fair_statistics(fair, as_of))
    local = timezone.localtime(report.statistics.as_of)
    page = {
        "fair": fair,
        "report": report,
        "headline": headline_html(report.statistics),
        "figures": report.statistics,
        "asked": as_of is not None,
        "as_of_error": error,
        "as_of_input": local.strftime("%Y-%m-%dT%H:%M"),
        "as_of_query": report.statistics.as_of.isoformat(),
        "most": max((net.persons or 0 for _name, net, _gross in report.funnel), default=0) or 1,
    }
    return render(request, "insights/statistics.html", page)


@never_cache
@require_GET
def statistics_export(request: HttpRequest, slug: str, form: str) -> HttpResponse:
    """The same figures as .xlsx or .csv; ``public=1`` leaves out cells of few persons."""
    fair = _fair(request, slug)
    as_of = read_as_of(request.GET.get("as_of", ""), local=True)
    report = report_of(fair, fair_statistics(fair, as_of), public=request.GET.get("public") == "1")
    if form == "xlsx":
        answer = HttpResponse(workbook(report), content_type=XLSX)
    else:
        answer = HttpResponse(csv_text(report), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{_filename(report)}.{form}"'
    return answer


def _filename(report: Report) -> str:
    when = timezone.localtime(report.statistics.as_of)
    scope = "-public" if report.public else ""
    return f"{report.fair.slug}-{when:%Y%m%d-%H%M}{scope}"
