"""Phone numbers: one written form for storage, one for people, one that may appear in a log."""

from __future__ import annotations

import unicodedata

import phonenumbers
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from core.errors import Invalid

_MOBILE = (
    phonenumbers.PhoneNumberType.MOBILE,
    phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE,
)
_MAX_TYPED = 40
#: What people leave between digits, and the dashes that keyboards and chats make of "-".
_BETWEEN = str.maketrans(dict.fromkeys(" \t\r\n-._()/‐‑‒–—―ー・·\u200b\u2060\ufeff\u202c\u202d"))


def normalise_mobile(typed: str) -> str:
    """Return a mobile number as E.164: ``138 0000-0001``, ``0086138…``, ``８６138…`` → ``+86138…``.

    A number without a country is Chinese. Only mobile numbers of the countries in
    ``settings.PHONE_REGIONS`` pass (a text message elsewhere costs much and reaches nobody we
    know). Raises :class:`Invalid` with code ``phone_invalid``.
    """
    text = unicodedata.normalize("NFKC", typed[:_MAX_TYPED]).translate(_BETWEEN)
    if text.startswith("00"):
        text = "+" + text[2:]
    elif text.startswith("86") and len(text) == 13:
        text = "+" + text
    try:
        number = phonenumbers.parse(text, settings.PHONENUMBER_DEFAULT_REGION)
    except phonenumbers.NumberParseException:
        raise _invalid(typed) from None
    if number.extension or not phonenumbers.is_valid_number(number):
        raise _invalid(typed)
    if phonenumbers.number_type(number) not in _MOBILE:
        raise _refused(_("This is not a mobile number. The code can only be sent to a mobile."))
    if phonenumbers.region_code_for_number(number) not in settings.PHONE_REGIONS:
        raise _refused(_("We cannot send text messages to numbers of this country."))
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


def _invalid(typed: str) -> Invalid:
    if not typed.strip():
        return _refused(_("Enter your mobile number."))
    return _refused(_("Enter a mobile number of 11 digits, for example 138 0013 8000."))


def _refused(message: object) -> Invalid:
    text = str(message)
    return Invalid("phone_invalid", text, fields={"phone": text})


def spoken(phone: str) -> str:
    """Write an E.164 number the way people read it: ``138 0013 8000``, ``+852 9123 4567``."""
    local = phone.removeprefix("+86")
    if local != phone and len(local) == 11:
        return f"{local[:3]} {local[3:7]} {local[7:]}"
    number = phonenumbers.parse(phone, None)
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL))


def mask(phone: str) -> str:
    """Hide the middle of a number: ``138****0001``. Fit for any page or log."""
    local = phone.removeprefix("+86")
    return f"{local[:3]}****{local[-4:]}"
