"""Sign-in and account pages. They work without scripts."""

from __future__ import annotations

from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts import devices, mfa, services, sign_in
from accounts.actor import actor_of
from accounts.forms import CodeForm, NameForm, PhoneForm
from accounts.middleware import CHANNEL_KEY
from core.errors import DomainError, RateLimited
from core.phones import spoken

SECOND_FACTOR_NEXT = "second_factor_next"


@never_cache
@require_http_methods(["GET", "POST"])
def sign_in_page(request: HttpRequest) -> HttpResponse:
    """Ask for the phone number and send a code to it."""
    next_path = mfa.return_path(request)
    if request.user.is_authenticated:
        return redirect(next_path)
    waiting = sign_in.pending(request)
    initial = {"phone": spoken(waiting.phone)} if waiting else {}
    form = PhoneForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        return _send_code(request, form, next_path, waiting)
    return _phone_page(request, form, next_path)


def _send_code(
    request: HttpRequest, form: PhoneForm, next_path: str, waiting: sign_in.Pending | None
) -> HttpResponse:
    """Send a code and go on, or say on the page why not."""
    phone = form.cleaned_data["phone"]
    try:
        sign_in.request_code(request, phone)
    except RateLimited as error:
        if waiting and waiting.phone == phone:
            messages.warning(request, _wait_text(error))
            return redirect(_with_next("sign-in-code", next_path))
        form.add_error(None, _wait_text(error))
        response = _phone_page(request, form, next_path, status=error.status)
        response["Retry-After"] = str(error.retry_after)
        return response
    except DomainError as error:
        form.add_error(None, str(error.message))
        return _phone_page(request, form, next_path, status=error.status)
    response = redirect(_with_next("sign-in-code", next_path))
    devices.ensure(request, response, channel_code=request.session.get(CHANNEL_KEY, ""))
    return response


def _phone_page(
    request: HttpRequest, form: PhoneForm, next_path: str, *, status: int = 200
) -> HttpResponse:
    page = {"form": form, "next": next_path, "china_only": settings.PHONE_REGIONS == ["CN"]}
    return render(request, "accounts/sign_in.html", page, status=status)


@never_cache
@require_http_methods(["GET", "POST"])
def sign_in_code_page(request: HttpRequest) -> HttpResponse:
    """Ask for the code and sign in."""
    next_path = mfa.return_path(request)
    if request.user.is_authenticated:
        return redirect(next_path)
    waiting = sign_in.pending(request)
    if waiting is None:
        if request.method == "POST":
            messages.warning(request, _("This code is no longer valid. Ask for a new one."))
        return redirect(_with_next("sign-in", next_path))
    form = CodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        answer = _try_code(request, form, next_path)
        if answer is not None:
            return answer
    page = {
        "form": form,
        "next": next_path,
        "waiting": waiting,
        "phone": spoken(waiting.phone),
        "change_url": _with_next("sign-in", next_path),
    }
    return render(request, "accounts/sign_in_code.html", page)


def _try_code(request: HttpRequest, form: CodeForm, next_path: str) -> HttpResponse | None:
    """Sign in, or put on the form what stops it."""
    try:
        sign_in.verify_code(request, form.cleaned_data["code"], next_path=next_path)
    except sign_in.SecondFactorPending:
        return redirect("mfa_authenticate")
    except DomainError as error:
        if sign_in.pending(request) is None:
            messages.error(request, str(error.message))
            return redirect(_with_next("sign-in", next_path))
        form.add_error("code", str(error.message))
        return None
    return redirect(next_path)


@require_POST
def sign_out_page(request: HttpRequest) -> HttpResponse:
    """End this browser's session."""
    services.sign_out(request)
    messages.success(request, _("You are signed out."))
    return redirect(mfa.return_path(request))


@never_cache
@require_http_methods(["GET", "POST"])
def account_page(request: HttpRequest) -> HttpResponse:
    """Name, phone, second factor and sessions of the person's account."""
    user = actor_of(request).require_user()
    form: Form = NameForm(request.POST or None, initial={"display_name": user.display_name})
    if request.method == "POST" and form.is_valid():
        services.rename(actor=actor_of(request), display_name=form.cleaned_data["display_name"])
        messages.success(request, _("Saved."))
        return redirect("account")
    page = {"form": form, "account": user, "has_second_factor": mfa.has_second_factor(user)}
    return render(request, "accounts/account.html", page)


@require_POST
def sign_out_everywhere_page(request: HttpRequest) -> HttpResponse:
    """End every session of the account, this one too."""
    services.sign_out_everywhere(actor=actor_of(request))
    services.sign_out(request)
    messages.success(request, _("You are signed out on every device."))
    return redirect("sign-in")


@never_cache
@require_GET
def second_factor_page(request: HttpRequest) -> HttpResponse:
    """Lead to showing the second factor, or to setting one up, and back to ``next``."""
    user = actor_of(request).require_user()
    next_path = mfa.return_path(request)
    if mfa.passed_recently(request):
        return redirect(next_path)
    if mfa.has_second_factor(user):
        return redirect(_with_next("mfa_reauthenticate", next_path))
    request.session[SECOND_FACTOR_NEXT] = next_path
    messages.info(
        request, _("What you want to open touches personal data: it needs a second step.")
    )
    return redirect("mfa_activate_totp")


def _with_next(name: str, next_path: str) -> str:
    if next_path == "/":
        return reverse(name)
    return f"{reverse(name)}?{urlencode({REDIRECT_FIELD_NAME: next_path})}"


def _wait_text(error: RateLimited) -> str:
    if error.retry_after > 90:
        return str(error.message)
    return _("Please wait %(n)s seconds before you ask for another code.") % {
        "n": error.retry_after
    }
