"""The sheet of 我要报名: the same pages inside a sheet and without scripts.

Tap → phone → code and consent → recorded → what happens next, with the optional answers. A request
with the header ``X-Sheet`` gets the inner part only.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods
from django.views.decorators.vary import vary_on_headers

from accounts import devices, sign_in
from accounts.actor import actor_of
from accounts.forms import CodeForm, PhoneForm
from accounts.middleware import CHANNEL_KEY
from accounts.sign_in import SecondFactorPending
from core.errors import DomainError, NotFound, RateLimited
from core.phones import spoken
from intents import drafts
from intents.drafts import Draft
from intents.forms import answers_form
from intents.models import Intent
from intents.progress import steps_of
from intents.selectors import live_intent
from intents.services import answer, express_intent
from seekers import consent as group_consent


def show(
    request: HttpRequest, name: str, page: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    """Render ``intents/<name>.html`` as a page, or as the inside of the sheet."""
    in_sheet = request.headers.get("X-Sheet") == "1"
    layout = "intents/in_sheet.html" if in_sheet else "intents/in_page.html"
    return render(
        request,
        f"intents/{name}.html",
        {**page, "layout": layout, "in_sheet": in_sheet},
        status=status,
    )


def refuse(request: HttpRequest, draft: Draft, error: DomainError) -> HttpResponse:
    """Say why the wish cannot be recorded, and what to do."""
    return show(request, "refused", {"draft": draft, "error": error}, status=error.status)


@never_cache
@vary_on_headers("X-Sheet")
@require_http_methods(["GET", "POST"])
def new_page(request: HttpRequest) -> HttpResponse:
    """The first tap: a signed-in person consents, a visitor gives a phone number."""
    actor = actor_of(request)
    draft = drafts.read(request.POST if request.method == "POST" else request.GET, actor.user)
    if actor.user is not None:
        known = live_intent(actor.user, draft.vacancy)
        if known is not None:
            return redirect("intent-done", known.public_id)
        if request.method == "POST":
            return record(request, draft)
        return show(request, "confirm", {"draft": draft})
    waiting = sign_in.pending(request)
    initial = {"phone": spoken(waiting.phone)} if waiting else {}
    form = PhoneForm(request.POST if "phone" in request.POST else None, initial=initial)
    status = 200
    if form.is_bound and form.is_valid():
        try:
            return _send_code(request, draft, form.cleaned_data["phone"])
        except DomainError as error:
            form.add_error(None if isinstance(error, RateLimited) else "phone", str(error.message))
            status = error.status
    return ask_phone(request, draft, form, status=status)


def ask_phone(
    request: HttpRequest, draft: Draft, form: PhoneForm, *, status: int = 200
) -> HttpResponse:
    """The first step of a visitor, with what was wrong before."""
    page = {"draft": draft, "form": form, "china_only": settings.PHONE_REGIONS == ["CN"]}
    return show(request, "phone", page, status=status)


def _send_code(request: HttpRequest, draft: Draft, phone: str) -> HttpResponse:
    """Send the code and keep the draft; a code that is on its way already is waited for."""
    waiting = sign_in.pending(request)
    try:
        sign_in.request_code(request, phone)
    except RateLimited:
        if waiting is None or waiting.phone != phone:
            raise
    drafts.keep(request, draft)
    response = redirect("intent-code")
    devices.ensure(request, response, channel_code=request.session.get(CHANNEL_KEY, ""))
    return response


@never_cache
@vary_on_headers("X-Sheet")
@require_http_methods(["GET", "POST"])
def code_page(request: HttpRequest) -> HttpResponse:
    """The code that was sent, and the consent: verify and agree to share."""
    actor = actor_of(request)
    draft = drafts.kept(request, actor.user)
    if draft is None:
        return redirect("home")
    again = f"{reverse('intent-new')}?{draft.query}"
    waiting = sign_in.pending(request)
    if actor.user is not None or waiting is None:
        return redirect(again)
    form = CodeForm(request.POST or None)
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            sign_in.verify_code(request, form.cleaned_data["code"], next_path=again)
        except SecondFactorPending:
            return redirect("mfa_authenticate")
        except DomainError as error:
            form.add_error("code", str(error.message))
            status = error.status
            if sign_in.pending(request) is None:  # no try left: ask for a new code
                first = PhoneForm({"phone": spoken(waiting.phone)})
                first.add_error(None, str(error.message))
                return ask_phone(request, draft, first, status=status)
        else:
            return record(request, draft)
    page = {
        "draft": draft,
        "form": form,
        "phone": spoken(waiting.phone),
        "waiting": sign_in.pending(request),
        "again": again,
    }
    return show(request, "code", page, status=status)


def record(request: HttpRequest, draft: Draft) -> HttpResponse:
    """Record the wish of the signed-in person and lead to what happens next."""
    actor = actor_of(request)
    try:
        intent, _created = express_intent(
            actor=actor,
            vacancy=draft.vacancy,
            client_id=draft.client_id,
            consent_version=draft.consent_version,
            session=draft.session,
            pin_seq=draft.pin_seq,
            seen_raw=draft.seen_raw,
            seen_estimated=draft.seen_estimated,
            call_me=draft.call_me,
        )
    except DomainError as error:
        return refuse(request, draft, error)
    drafts.drop(request)
    return redirect("intent-done", intent.public_id)


@never_cache
@vary_on_headers("X-Sheet")
@require_http_methods(["GET", "POST"])
def done_page(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Recorded: what happens next, and the optional answers an employer likes to see."""
    actor = actor_of(request)
    user = actor.require_user()
    own = Intent.objects.of_seeker(user).for_lists().filter(public_id=public_id).first()
    if own is None:
        raise NotFound
    form = answers_form(user, request.POST or None)
    saved = False
    if request.method == "POST" and form.is_valid():
        answer(actor=actor, answers=form.answers)
        saved = True
    page = {
        "intent": own,
        "steps": steps_of(own),
        "form": form,
        "saved": saved,
        "title": _("Thank you") if saved else _("You have applied"),
        "groups_text": group_consent.sentence(),
    }
    return show(request, "done", page)
