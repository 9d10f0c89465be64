"""Forms of employers: what people type, before the services read it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

from django import forms
from django.db.models import Field
from django.forms.models import fields_for_model
from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from employers.enums import DocumentKind, Education, EmployerKind, EmployerRole
from employers.models import Employer, Vacancy
from employers.services.vacancies import CONTENT_FIELDS, FORM_FIELD

UNSTATED: Final = _("Not stated")
_OFFERED: Final = [
    ("", UNSTATED),
    ("true", pgettext_lazy("offered", "Yes")),
    ("false", pgettext_lazy("offered", "No")),
]
_AREAS: Final = {"duties": 6, "requirements": 5, "intro": 6}


class RegisterForm(forms.Form):
    """Who the employer is."""

    name = forms.CharField(
        label=_("Name of the employer"),
        max_length=120,
        help_text=_("As on the business licence."),
        widget=forms.TextInput(attrs={"autocomplete": "organization"}),
    )
    credit_code = forms.CharField(
        label=_("unified social credit code"),
        max_length=30,
        required=False,
        help_text=_("18 digits and letters, on the licence. You may add it later."),
        widget=forms.TextInput(attrs={"autocapitalize": "characters", "spellcheck": "false"}),
    )
    kind = forms.ChoiceField(
        label=_("How do you recruit?"),
        choices=EmployerKind.choices,
        initial=EmployerKind.DIRECT,
        widget=forms.RadioSelect,
    )


class IdentityForm(RegisterForm):
    """The facts that staff verify."""

    hr_licence_no = forms.CharField(
        label=_("HR service licence number"),
        max_length=60,
        required=False,
        help_text=_("For staffing agencies."),
    )
    hr_licence_expires = forms.DateField(
        label=_("HR licence valid until"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
    )

    @staticmethod
    def values_of(employer: Employer) -> dict[str, Any]:
        """What the form shows of ``employer``."""
        return {
            "name": employer.name,
            "credit_code": employer.credit_code or "",
            "kind": employer.kind,
            "hr_licence_no": employer.hr_licence_no,
            "hr_licence_expires": employer.hr_licence_expires,
        }


class ProfileForm(forms.Form):
    """How the employer presents itself."""

    NAMES: Final = ("intro", "industry", "size", "address", "contact_name", "contact_phone")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields.update(
            fields_for_model(Employer, fields=self.NAMES, formfield_callback=_formfield)
        )
        self.fields["size"].help_text = _("For example 50–200 people.")
        self.fields["contact_phone"].help_text = _("For staff only; seekers do not see it.")
        self.fields["contact_phone"].widget.input_type = "tel"


class DocumentForm(forms.Form):
    """A licence to upload."""

    kind = forms.ChoiceField(label=_("Document"), choices=DocumentKind.choices)
    file = forms.FileField(
        label=_("Picture or PDF"),
        widget=forms.FileInput(attrs={"accept": "image/jpeg,image/png,application/pdf"}),
    )


class InviteForm(forms.Form):
    """A colleague's phone number and role."""

    phone = forms.CharField(
        label=_("Mobile number"),
        max_length=20,
        widget=forms.TextInput(attrs={"type": "tel", "inputmode": "tel", "autocomplete": "off"}),
    )
    role = forms.ChoiceField(
        label=_("Role"), choices=EmployerRole.choices, initial=EmployerRole.RECRUITER
    )


def _formfield(field: Field[Any, Any], **kwargs: Any) -> forms.Field | None:
    """The form field of a model field, with "not stated" for what may be left open."""
    if field.name in {"couple_room", "social_insurance", "shuttle"}:
        return forms.TypedChoiceField(
            label=capfirst(field.verbose_name),
            choices=_OFFERED,
            required=False,
            coerce=lambda value: value == "true",
            empty_value=None,
        )
    if field.name == "education":
        return forms.TypedChoiceField(
            label=capfirst(field.verbose_name),
            choices=[("", UNSTATED), *Education.choices],
            required=False,
            coerce=int,
            empty_value=None,
        )
    if field.name == "valid_until":
        kwargs["widget"] = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    if field.name in _AREAS:
        kwargs["widget"] = forms.Textarea(attrs={"rows": _AREAS[field.name]})
    if field.choices:
        return forms.ChoiceField(
            label=capfirst(field.verbose_name),
            choices=[("", UNSTATED), *(pair for pair in field.flatchoices if pair[0])],
            required=False,
        )
    return field.formfield(**kwargs)


_HELP: Final[dict[str, str | Promise]] = {
    "title": _("The name of the job, without pay or praise: 电焊工."),
    "trade": _("What people search for: 焊工, 电工, 护理员."),
    "pay_text": _("As you would write it: 6-8千/月, 150元/天, 3.5元/件 or 面议."),
    "base_pay_text": _("For example 3000元/月."),
    "total_pay_text": _("What most people really take home: 7000元左右/月."),
    "place_text": _("City and district: 广州-黄埔区."),
    "certificates": _("For example 焊工证; leave empty if none is needed."),
    "experience_years": _("0 if no experience is needed."),
    "deposit_text": _("Write 无 if you take none. Deposits are forbidden by law."),
    "valid_until": _("The last day on which people can apply."),
    "headcount": _("How many people you want to hire."),
}
#: Sections of the vacancy form, in the order people think of them.
SECTIONS: Final[tuple[tuple[str | Promise, tuple[str, ...]], ...]] = (
    (_("The job"), ("title", "trade", "headcount", "headcount_stated", "duties")),
    (_("Pay"), ("pay_text", "pay_scheme", "base_pay_text", "total_pay_text")),
    (
        _("Who you are looking for"),
        ("requirements", "education", "experience_years", "certificates"),
    ),
    (_("Where and when"), ("place_text", "shift", "valid_until")),
    (
        _("Terms and life on site"),
        ("employment_form", "board", "couple_room", "social_insurance", "shuttle", "deposit_text"),
    ),
    (_("Source"), ("source_name", "source_url")),
)


class VacancyForm(forms.Form):
    """A vacancy in plain words. Only the title is needed to save a draft."""

    def __init__(self, *args: Any, only: Iterable[str] = CONTENT_FIELDS, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        names = list(only)
        self.fields.update(fields_for_model(Vacancy, fields=names, formfield_callback=_formfield))
        for name, text in _HELP.items():
            if name in self.fields:
                self.fields[name].help_text = str(text)
        for name in FORM_FIELD.values():
            if name in self.fields:
                self.fields[name].mark = _("needed to open")  # type: ignore[attr-defined]
        if "headcount_stated" in self.fields:
            self.fields["headcount_stated"] = forms.BooleanField(
                label=_("Several (no fixed number)"), required=False
            )

    def sections(self) -> Iterator[tuple[str | Promise, list[forms.BoundField]]]:
        """The fields in groups, for the page."""
        for title, names in SECTIONS:
            fields = [self[name] for name in names if name in self.fields]
            if fields:
                yield title, fields

    @staticmethod
    def values_of(vacancy: Vacancy) -> dict[str, Any]:
        """What the form shows of ``vacancy``."""
        values = {name: getattr(vacancy, name) for name in CONTENT_FIELDS}
        for name in ("couple_room", "social_insurance", "shuttle"):
            values[name] = {True: "true", False: "false", None: ""}[values[name]]
        values["headcount_stated"] = vacancy.headcount is None and vacancy.headcount_stated
        return values
