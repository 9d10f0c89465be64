"""Forms of the sign-in and account pages."""

from __future__ import annotations

import re
import unicodedata
from typing import Any

from allauth.mfa.base import forms as mfa_forms
from allauth.mfa.totp import forms as totp_forms
from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts.rules import NAME_MAX, clean_display_name
from core.errors import Invalid
from core.phones import normalise_mobile


class PhoneForm(forms.Form):
    """One box for a mobile number, however people write it; cleans to E.164."""

    phone = forms.CharField(
        label=_("Mobile number"),
        max_length=40,
        error_messages={"required": _("Write your mobile number.")},
        widget=forms.TextInput(
            attrs={"type": "tel", "autocomplete": "tel", "inputmode": "tel", "autofocus": True}
        ),
    )

    def clean_phone(self) -> str:
        return _or_error(normalise_mobile, self.cleaned_data["phone"])


class CodeForm(forms.Form):
    """One box for the six digits that were sent."""

    code = forms.CharField(
        label=_("Code from the text message"),
        max_length=20,
        error_messages={"required": _("Write the six digits from the text message.")},
        widget=forms.TextInput(
            attrs={
                "class": "code-input",
                "autocomplete": "one-time-code",
                "inputmode": "numeric",
                "autofocus": True,
            }
        ),
    )

    def clean_code(self) -> str:
        code = re.sub(r"\D", "", unicodedata.normalize("NFKC", self.cleaned_data["code"]))
        if len(code) != 6:
            raise ValidationError(_("The code has 6 digits."), code="wrong_length")
        return code


class NameForm(forms.Form):
    """What to call the person."""

    display_name = forms.CharField(
        label=_("What to call you"),
        max_length=NAME_MAX,
        help_text=_("Shown beside what you say. Your real name is not needed."),
        widget=forms.TextInput(attrs={"autocomplete": "nickname"}),
    )

    def clean_display_name(self) -> str:
        return _or_error(clean_display_name, self.cleaned_data["display_name"])


class _DigitsOnPhones:
    """Opens the number pad for the code of an authenticator app or a recovery code."""

    fields: dict[str, forms.Field]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["code"]
        field.label = _("Code")
        field.widget.attrs = {
            "class": "code-input",
            "autocomplete": "one-time-code",
            "inputmode": "numeric",
            "autofocus": True,
        }


class AuthenticateForm(_DigitsOnPhones, mfa_forms.AuthenticateForm):
    """The second factor at sign-in."""


class ReauthenticateForm(_DigitsOnPhones, mfa_forms.ReauthenticateForm):
    """The second factor again, before something that needs it."""


class ActivateTOTPForm(_DigitsOnPhones, totp_forms.ActivateTOTPForm):
    """The first code of an authenticator app that is being set up."""


def _or_error(clean: Any, typed: str) -> str:
    try:
        return str(clean(typed))
    except Invalid as error:
        raise ValidationError(str(error.message), code=error.code) from None
