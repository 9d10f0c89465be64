"""Forms of the desk. They read input; the services judge it."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from core.errors import Invalid
from core.phones import normalise_mobile
from employers.models import Vacancy
from fairs.enums import PartnerKind, StaffRole
from fairs.models import Fair
from livestream.enums import CrewRole, ItemKind, VideoSource
from livestream.models import Guest, Honour, RunSheetItem, Session


class LocalDateTime(forms.DateTimeInput):
    """The browser's own picker for date and time."""

    input_type = "datetime-local"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%dT%H:%M")


class PhoneField(forms.CharField):
    """A mobile number as people type it; cleaned to E.164."""

    def __init__(self, **options: Any) -> None:
        widget = forms.TextInput(attrs={"type": "tel", "autocomplete": "off"})
        super().__init__(**{"label": _("Mobile number"), "max_length": 30, "widget": widget} | options)

    def clean(self, value: Any) -> str:
        try:
            return normalise_mobile(super().clean(value))
        except Invalid as error:
            raise forms.ValidationError(str(error.message)) from error


class FairForm(forms.ModelForm[Fair]):
    """A fair's own facts."""

    class Meta:
        model = Fair
        fields: ClassVar[list[str]] = [
            "name",
            "slug",
            "tagline",
            "intro",
            "starts_at",
            "ends_at",
            "vacancy_deadline",
            "intent_label",
            "two_person_review",
            "contact_phone",
            "licence_text",
        ]
        widgets: ClassVar[dict[str, forms.Widget]] = {
            "starts_at": LocalDateTime(),
            "ends_at": LocalDateTime(),
            "vacancy_deadline": LocalDateTime(),
            "intro": forms.Textarea(attrs={"rows": 4}),
        }


class PartnersForm(forms.Form):
    """The organisations behind a fair, one a line."""

    organiser = forms.CharField(
        label=PartnerKind.ORGANISER.label, widget=forms.Textarea(attrs={"rows": 2}), required=False
    )
    co_organiser = forms.CharField(
        label=PartnerKind.CO_ORGANISER.label,
        widget=forms.Textarea(attrs={"rows": 2}),
        required=False,
    )
    supporter = forms.CharField(
        label=PartnerKind.SUPPORTER.label, widget=forms.Textarea(attrs={"rows": 2}), required=False
    )

    def partners(self) -> list[tuple[PartnerKind, str]]:
        """The names by kind, in the order written."""
        return [
            (kind, line.strip())
            for kind in PartnerKind
            for line in self.cleaned_data[kind].splitlines()
            if line.strip()
        ]


class StaffForm(forms.Form):
    """Invite somebody to work at a fair."""

    phone = PhoneField()
    role = forms.ChoiceField(label=_("Role"), choices=StaffRole.choices)


class CrewForm(forms.Form):
    """Invite somebody to work at a session."""

    phone = PhoneField()
    role = forms.ChoiceField(label=_("Role"), choices=CrewRole.choices)


class ChannelForm(forms.Form):
    """An entry channel."""

    name = forms.CharField(label=_("Name"), max_length=60)
    code = forms.SlugField(
        label=_("Code"), max_length=32, help_text=_("Goes on links as ?c=, for example wx or poster.")
    )


class SessionForm(forms.ModelForm[Session]):
    """A session's own facts."""

    video_source = forms.ChoiceField(
        label=_("Where the picture comes from"), choices=VideoSource.choices
    )
    external_url = forms.URLField(
        label=_("link to the picture"), max_length=500, required=False, assume_scheme="https"
    )

    class Meta:
        model = Session
        fields: ClassVar[list[str]] = [
            "title",
            "intro",
            "starts_at",
            "ends_at",
            "video_source",
            "platform_name",
            "external_url",
            "declared_delay_s",
        ]
        widgets: ClassVar[dict[str, forms.Widget]] = {
            "starts_at": LocalDateTime(),
            "ends_at": LocalDateTime(),
            "intro": forms.Textarea(attrs={"rows": 3}),
        }


class RunSheetForm(forms.ModelForm[RunSheetItem]):
    """One step of a run-sheet; vacancies and presenters offered are those of the session."""

    presenters = forms.ModelMultipleChoiceField(
        label=_("Presenters"),
        queryset=Guest.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        to_field_name="public_id",
    )
    vacancies = forms.ModelMultipleChoiceField(
        label=_("Vacancies"),
        queryset=Vacancy.objects.none(),
        required=False,
        widget=forms.SelectMultiple(attrs={"size": 10}),
        to_field_name="public_id",
    )

    class Meta:
        model = RunSheetItem
        fields: ClassVar[list[str]] = [
            "kind",
            "title",
            "planned_minutes",
            "presenters",
            "vacancies",
        ]

    def __init__(self, *args: Any, session: Session, offered: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["kind"].initial = ItemKind.EMPLOYER
        self.fields["vacancies"].queryset = offered  # type: ignore[attr-defined]
        self.fields["presenters"].queryset = Guest.objects.filter(  # type: ignore[attr-defined]
            appearances__session=session
        )
        self.fields["vacancies"].label_from_instance = (  # type: ignore[attr-defined]
            lambda vacancy: f"{vacancy.employer.name} · {vacancy.title}"
        )


class GuestForm(forms.ModelForm[Guest]):
    """A worker who goes on air."""

    class Meta:
        model = Guest
        fields: ClassVar[list[str]] = [
            "name",
            "trade",
            "years",
            "workplace",
            "headline",
            "story",
            "portrait",
        ]
        widgets: ClassVar[dict[str, forms.Widget]] = {"story": forms.Textarea(attrs={"rows": 6})}


class HonourForm(forms.ModelForm[Honour]):
    """An honour with its evidence, for review."""

    class Meta:
        model = Honour
        fields: ClassVar[list[str]] = ["level", "title", "year", "issuer", "evidence"]


class GuestListForm(forms.Form):
    """Who appears at a session."""

    guests = forms.ModelMultipleChoiceField(
        label=_("Guests on air"),
        queryset=Guest.objects.order_by("name"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        to_field_name="public_id",
    )


class PhoneIntentForm(forms.Form):
    """An intent given by phone, entered on behalf of the seeker."""

    phone = PhoneField()
    name = forms.CharField(label=_("How to call them"), max_length=40, required=False)
    trade = forms.CharField(label=_("Trade"), max_length=60, required=False)
    years = forms.IntegerField(
        label=_("Years in the trade"), min_value=0, max_value=70, required=False
    )
    certificates = forms.CharField(label=_("Certificates"), max_length=200, required=False)
    vacancy = forms.ModelChoiceField(
        label=_("Vacancy"), queryset=Vacancy.objects.none(), to_field_name="public_id"
    )
    evidence = forms.CharField(
        label=_("How they agreed"),
        max_length=300,
        help_text=_("Who called whom, when, and that the consent below was read out."),
    )
    client_id = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, offered: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["vacancy"].queryset = offered  # type: ignore[attr-defined]
        self.fields["vacancy"].label_from_instance = (  # type: ignore[attr-defined]
            lambda vacancy: f"{vacancy.employer.name} · {vacancy.title}"
        )
