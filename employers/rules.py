"""Rules of employers and vacancies: no database, no request."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from core.search import bigrams
from employers.enums import EmployerStatus, VacancyStatus
from employers.models import Employer, Vacancy
from employers.revisions import MATERIAL_FIELDS, snapshot_of
from employers.spreadsheet.wording import WordingWarning, check_wording

# --- The unified social credit code, GB 32100-2015 ----------------------------------------------
_ALPHABET: Final = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_CODE_LENGTH: Final = 18
_WEIGHT_BASE: Final = 3
_SEPARATORS: Final = str.maketrans("", "", " -\u00a0\u3000\t")


def credit_code(text: str) -> str:
    """Return the code as it is stored: half-width, upper case, no spaces or hyphens."""
    return unicodedata.normalize("NFKC", text).translate(_SEPARATORS).upper()


def has_code_shape(code: str) -> bool:
    """Whether ``code`` has 18 characters of the standard's alphabet (no I, O, S, V, Z)."""
    return len(code) == _CODE_LENGTH and all(letter in _ALPHABET for letter in code)


def check_character(code: str) -> str:
    """Return the check character that belongs to the first 17 characters (GB 32100-2015, 5.7)."""
    total = sum(
        _ALPHABET.index(letter) * pow(_WEIGHT_BASE, place, len(_ALPHABET))
        for place, letter in enumerate(code[: _CODE_LENGTH - 1])
    )
    return _ALPHABET[-total % len(_ALPHABET)]


def code_fits(code: str) -> bool:
    """Whether the check character is right. A wrong one is a warning: registers hold such codes."""
    return has_code_shape(code) and check_character(code) == code[-1]


# --- Employers ----------------------------------------------------------------------------------
#: Verified facts: fixed while staff look at them and after they said yes.
IDENTITY_FIELDS: Final = ("name", "credit_code", "kind", "hr_licence_no", "hr_licence_expires")
PROFILE_FIELDS: Final = (
    "intro", "industry", "size", "address", "contact_name", "contact_phone", "logo",
)  # fmt: skip
IDENTITY_OPEN: Final = frozenset({EmployerStatus.DRAFT, EmployerStatus.REJECTED})
#: An imported employer's vacancies may be opened by staff before anybody claims it.
MAY_HAVE_OPEN_VACANCIES: Final = frozenset({EmployerStatus.VERIFIED, EmployerStatus.UNCLAIMED})
#: Staff look at a verified employer again after six months.
RECHECK_MONTHS: Final = 6


def months_later(day: date, months: int) -> date:
    """Return the same day ``months`` later, or the last day of that month if it is shorter."""
    year, month0 = divmod(day.year * 12 + day.month - 1 + months, 12)
    for last in (day.day, 30, 29, 28):
        try:
            return date(year, month0 + 1, last)
        except ValueError:
            continue
    raise AssertionError  # every month has 28 days


def identity_open(employer: Employer) -> bool:
    """Whether name, code and licence may still be changed."""
    return employer.status in IDENTITY_OPEN


# --- Vacancies ----------------------------------------------------------------------------------
def missing_of(vacancy: Vacancy, *, today: date) -> list[str]:
    """Return which of ``enums.REQUIRED_TO_OPEN`` the vacancy does not state yet, in that order.

    若干 states a headcount and 面议 states a pay. A validity that has passed is none.
    """
    stated = {
        "headcount": vacancy.headcount_stated or vacancy.headcount is not None,
        "duties": bool(vacancy.duties.strip()),
        "requirements": bool(vacancy.requirements.strip()),
        "place": bool(vacancy.place_text.strip()),
        "pay": vacancy.pay_negotiable
        or vacancy.pay_min_fen is not None
        or vacancy.pay_max_fen is not None,
        "validity": vacancy.valid_until is not None and vacancy.valid_until >= today,
    }
    return [name for name, is_stated in stated.items() if not is_stated]


def search_text_of(vacancy: Vacancy) -> str:
    """Return what the vacancy is found by: its words and its employer's name, as bigrams."""
    parts = [
        vacancy.title,
        vacancy.trade,
        vacancy.employer.name,
        vacancy.place_text,
        vacancy.certificates,
        vacancy.requirements,
        vacancy.duties,
    ]
    return bigrams("\n".join(parts))


def wording_of(vacancy: Vacancy) -> list[WordingWarning]:
    """Return doubtful wording in what the vacancy says: shown to its employer and to staff."""
    return check_wording(
        vacancy.title,
        vacancy.duties,
        vacancy.requirements,
        vacancy.certificates,
        vacancy.deposit_text,
        vacancy.base_pay_text,
        vacancy.total_pay_text,
    )


def material_changes(vacancy: Vacancy, before: Mapping[str, Any]) -> list[str]:
    """Return the fields a seeker decides on that differ from the snapshot ``before``."""
    now = snapshot_of(vacancy)
    return [name for name in MATERIAL_FIELDS if now[name] != before.get(name)]


def may_edit(vacancy: Vacancy) -> bool:
    """Whether the content may be changed; a closed vacancy is reopened first."""
    return vacancy.status != VacancyStatus.CLOSED
