"""The workers who go on air, and their honours."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.db.models import Count
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_http_methods

from core.errors import DomainError, NotFound
from jobfair.desk.access import MANAGERS, staff
from jobfair.desk.acting import explain, page_of
from jobfair.desk.forms import GuestForm, HonourForm
from jobfair.requests import signed_in_actor
from livestream.models import Guest
from livestream.services import people


@require_GET
def listing(request: HttpRequest) -> HttpResponse:
    """All guests of the installation."""
    staff(request, *MANAGERS)
    rows = Guest.objects.annotate(honour_count=Count("honours")).order_by("name", "pk")
    return render(request, "desk/guests.html", {"page_obj": page_of(request, rows)})


@require_http_methods(["GET", "POST"])
def create(request: HttpRequest) -> HttpResponse:
    """Add a guest."""
    staff(request, *MANAGERS)
    form = GuestForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        try:
            guest = people.create_guest(actor=signed_in_actor(request), **form.cleaned_data)
        except DomainError as error:
            explain(form, error)
        else:
            messages.success(request, _("The guest has been added. Now their honours."))
            return HttpResponseRedirect(reverse("desk-guest", args=[guest.public_id]))
    page = {"form": form, "heading": _("New guest"), "back": reverse("desk-guests")}
    return render(request, "desk/form.html", page)


@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, guest_id: UUID) -> HttpResponse:
    """Change a guest's page and enter honours."""
    staff(request, *MANAGERS)
    guest = _guest(guest_id)
    form = GuestForm(request.POST or None, request.FILES or None, instance=guest)
    if request.method == "POST" and form.is_valid():
        changes = {name: form.cleaned_data[name] for name in form.changed_data}
        try:
            people.update_guest(
                actor=signed_in_actor(request), guest=_guest(guest_id), changes=changes
            )
        except DomainError as error:
            explain(form, error)
        else:
            messages.success(request, _("Saved."))
            return HttpResponseRedirect(request.path)
    return _show(request, guest, form, HonourForm())


@require_http_methods(["POST"])
def add_honour(request: HttpRequest, guest_id: UUID) -> HttpResponse:
    """Enter an honour of the guest for review."""
    staff(request, *MANAGERS)
    guest = _guest(guest_id)
    form = HonourForm(request.POST, request.FILES)
    if form.is_valid():
        try:
            people.submit_honour(actor=signed_in_actor(request), guest=guest, **form.cleaned_data)
        except DomainError as error:
            explain(form, error)
        else:
            messages.success(request, _("Entered. It shows once a reviewer has confirmed it."))
            return HttpResponseRedirect(reverse("desk-guest", args=[guest.public_id]))
    return _show(request, guest, GuestForm(instance=guest), form)


def _show(
    request: HttpRequest, guest: Guest, form: GuestForm, honour_form: HonourForm
) -> HttpResponse:
    page = {
        "guest": guest,
        "form": form,
        "honour_form": honour_form,
        "honours": guest.honours.order_by("-year"),
    }
    return render(request, "desk/guest.html", page)


def _guest(public_id: UUID) -> Guest:
    guest = Guest.objects.filter(public_id=public_id).first()
    if guest is None:
        raise NotFound
    return guest
