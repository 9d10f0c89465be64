"""A vacancy as schema.org's JobPosting, for search engines."""

from __future__ import annotations

import json
from typing import Any, Final

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from employers.enums import Education, EmploymentForm, PayUnit
from employers.models import Vacancy
from employers.spreadsheet.places import area_name

_UNITS: Final = {
    PayUnit.MONTH: "MONTH",
    PayUnit.YEAR: "YEAR",
    PayUnit.DAY: "DAY",
    PayUnit.HOUR: "HOUR",
}
_EMPLOYMENT: Final = {
    EmploymentForm.DIRECT: "FULL_TIME",
    EmploymentForm.DISPATCH: "CONTRACTOR",
    EmploymentForm.OUTSOURCED: "CONTRACTOR",
    EmploymentForm.INTERN: "INTERN",
    EmploymentForm.PART_TIME: "PART_TIME",
}
_EDUCATION: Final = {
    Education.SECONDARY: "high school",
    Education.COLLEGE: "associate degree",
    Education.BACHELOR: "bachelor degree",
    Education.MASTER: "postgraduate degree",
    Education.DOCTOR: "postgraduate degree",
}
#: What could end the script element or start another, as Django's json_script escapes it.
_ESCAPES: Final = {ord(">"): "\\u003E", ord("<"): "\\u003C", ord("&"): "\\u0026"}


def markup(vacancy: Vacancy, *, url: str, employer_url: str) -> SafeString:
    """Return the content of a ``application/ld+json`` element for an open vacancy."""
    data = json.dumps(posting(vacancy, url=url, employer_url=employer_url), ensure_ascii=False)
    return mark_safe(data.translate(_ESCAPES))  # noqa: S308 - escaped for a script element


def posting(vacancy: Vacancy, *, url: str, employer_url: str) -> dict[str, Any]:
    """Return the JobPosting with what the vacancy states and nothing else."""
    data: dict[str, Any] = {
        "@context": "https://schema.org/",
        "@type": "JobPosting",
        "title": vacancy.title,
        "url": url,
        "identifier": {
            "@type": "PropertyValue",
            "name": vacancy.publisher.name,
            "value": str(vacancy.public_id),
        },
        "description": _paragraphs(vacancy.duties) + _paragraphs(vacancy.requirements),
        "datePosted": vacancy.opened_at.date().isoformat() if vacancy.opened_at else None,
        "validThrough": vacancy.valid_until.isoformat() if vacancy.valid_until else None,
        "employmentType": _EMPLOYMENT.get(EmploymentForm(vacancy.employment_form))
        if vacancy.employment_form
        else None,
        "hiringOrganization": {
            "@type": "Organization",
            "name": vacancy.employer.name,
            "sameAs": employer_url,
        },
        "jobLocation": {"@type": "Place", "address": _address(vacancy)},
        "baseSalary": _salary(vacancy),
        "totalJobOpenings": vacancy.headcount,
        "educationRequirements": _education(vacancy.education),
        "experienceRequirements": _experience(vacancy.experience_years),
        "directApply": True,
    }
    return {name: value for name, value in data.items() if value is not None}


def _paragraphs(text: str) -> str:
    return "".join(f"<p>{escape(line)}</p>" for line in text.splitlines() if line.strip())


def _address(vacancy: Vacancy) -> dict[str, str]:
    code = vacancy.place_code
    address = {
        "@type": "PostalAddress",
        "addressCountry": "CN",
        "addressRegion": area_name(code[:2]),
        "addressLocality": area_name(code[:4]) if len(code) >= 4 else "",
        "streetAddress": vacancy.place_text,
    }
    return {name: value for name, value in address.items() if value}


def _salary(vacancy: Vacancy) -> dict[str, Any] | None:
    bounds = {
        "minValue": vacancy.pay_min_fen,
        "maxValue": vacancy.pay_max_fen,
    }
    amounts = {name: fen / 100 for name, fen in bounds.items() if fen is not None}
    unit = _UNITS.get(PayUnit(vacancy.pay_unit)) if vacancy.pay_unit else None
    if not amounts or unit is None:
        return None
    value = {"@type": "QuantitativeValue", "unitText": unit, **amounts}
    return {"@type": "MonetaryAmount", "currency": "CNY", "value": value}


def _education(level: int | None) -> dict[str, str] | None:
    category = _EDUCATION.get(Education(level)) if level is not None else None
    if category is None:
        return None
    return {"@type": "EducationalOccupationalCredential", "credentialCategory": category}


def _experience(years: int | None) -> dict[str, Any] | str | None:
    if years is None:
        return None
    if years == 0:
        return "no requirements"
    return {"@type": "OccupationalExperienceRequirements", "monthsOfExperience": years * 12}
