"""What every form of the desk does: call one service, tell what came of it, go back."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar
from urllib.parse import urlencode

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.core.paginator import Page, Paginator
from django.db.models import Model, QuerySet
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.functional import Promise

from accounts.mfa import SecondFactorRequired
from core.errors import DomainError, NotAllowed, NotFound

M = TypeVar("M", bound=Model)

PAGE_SIZE = 25


def attempt(
    request: HttpRequest,
    act: Callable[[], object],
    *,
    done: str | Promise | Callable[[], str | Promise],
    back: str,
) -> HttpResponse:
    """Run ``act`` and return to ``back`` with ``done`` or with what stood in the way.

    ``done`` may be a function that looks at what came of it.
    """
    try:
        act()
    except (NotFound, NotAllowed, SecondFactorRequired):
        raise
    except DomainError as error:
        messages.error(request, told(error))
    else:
        messages.success(request, str(done() if callable(done) else done))
    return HttpResponseRedirect(back)


def told(error: DomainError) -> str:
    """The error in one line, with what is wrong in each field."""
    lines = [str(error.message), *(str(text) for text in error.fields.values())]
    return " ".join(dict.fromkeys(lines))


def explain(form: BaseForm, error: DomainError) -> None:
    """Show a refusal of the service in the form, at its field where it names one."""
    placed = False
    for name, text in error.fields.items():
        if name in form.fields:
            form.add_error(name, str(text))
            placed = True
    if not placed:
        form.add_error(None, told(error))


def page_of(request: HttpRequest, rows: QuerySet[M]) -> Page[M]:
    """The page of ``rows`` that ``?page=`` asks for; a number out of range is the nearest one."""
    return Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page"))


def query_of(**filters: str) -> str:
    """The filters of a list, as the addresses of its other pages carry them."""
    return urlencode({name: value for name, value in filters.items() if value})


def upload(request: HttpRequest, name: str) -> UploadedFile[bytes] | None:
    """The uploaded file of that name, if there is one."""
    file = request.FILES.get(name)
    return file if isinstance(file, UploadedFile) else None


def refuse(request: HttpRequest, form: BaseForm, back: str) -> HttpResponse:
    """Return to ``back`` with what is wrong in a form that stands there among others."""
    for errors in form.errors.values():
        messages.error(request, " ".join(str(error) for error in errors))
    return HttpResponseRedirect(back)
