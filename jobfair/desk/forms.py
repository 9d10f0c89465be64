"""Forms of the desk. They read input; the services judge it."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from typing import Any, ClassVar

from django import forms
from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from core.errors import Invalid
from core.phones import normalise_mobile
from core.uploads import CleanFile, clean_document, clean_picture
from employers.models import Employer, Vacancy
from fairs.enums import PartnerKind, StaffRole
from fairs.models import Fair
from fairs.selectors import employers_at
from livestream.enums import CrewRole, ItemKind, VideoSource
from livestream.models import Guest, Honour, RunSheetItem, Session

#: Length of a segment, in seconds, and what it means.
USUAL_S = 2
SEGMENTS = [
    (1, _("Short: 3 to 4 seconds, for a good line")),
    (2, _("Usual: 5 to 7 seconds")),
    (4, _("Calm: 10 seconds and more, for bad lines")),
]


class LocalDateTime(forms.DateTimeInput):
    """The browser's own picker for date and time."""

    input_type = "datetime-local"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%dT%H:%M")


class PhoneField(forms.CharField):
    """A mobile number as people type it; cleaned to E.164."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("label", _("Mobile number"))
        options.setdefault("max_length", 30)
        options.setdefault("widget", forms.TextInput(attrs={"type": "tel", "autocomplete": "off"}))
        super().__init__(**options)

    def clean(self, value: Any) -> str:
        try:
            return normalise_mobile(super().clean(value))
        except Invalid as error:
            raise forms.ValidationError(str(error.message)) from error


class CleanedFileField(forms.FileField):
    """An upload that is known by its content and stored as ``clean`` returns it."""

    def __init__(
        self, *, clean: Callable[[UploadedFile[bytes]], CleanFile], accept: str, **options: Any
    ) -> None:
        options.setdefault("required", False)
        options.setdefault("widget", forms.FileInput(attrs={"accept": accept}))
        super().__init__(**options)
        self._clean = clean

    def clean(self, data: Any, initial: Any = None) -> Any:
        file = super().clean(data, initial)
        if not isinstance(file, UploadedFile):
            return file
        try:
            content: ContentFile[bytes] = self._clean(file).content
        except Invalid as error:
            raise forms.ValidationError(str(error.message)) from error
        return content


def picture_field(label: Any, help_text: Any = "") -> CleanedFileField:
    """A picture to show: drawn anew, without metadata."""
    return CleanedFileField(
        clean=clean_picture, accept="image/jpeg,image/png", label=label, help_text=help_text
    )


def document_field(label: Any, help_text: Any = "") -> CleanedFileField:
    """A paper to keep: a picture or a PDF."""
    accept = "image/jpeg,image/png,application/pdf"
    return CleanedFileField(clean=clean_document, accept=accept, label=label, help_text=help_text)


class ServiceJudges:
    """A model form whose rules between fields are the service's to explain.

    Django would name the violated constraint, which tells nobody what to do.
    """

    instance: Any

    def clean(self) -> dict[str, Any] | None:
        """Leave the constraints to the service."""
        self.instance.validate_constraints = _leave
        cleaned: dict[str, Any] | None = super().clean()  # type: ignore[misc]
        return cleaned


def _leave(exclude: Any = None) -> None:
    """Judge nothing."""


class FairForm(ServiceJudges, forms.ModelForm[Fair]):
    """A fair's own facts."""

    cover = picture_field(
        _("cover picture"), _("Wide, at least 1200 pixels. JPEG or PNG, at most 10 MB.")
    )

    class Meta:
        model = Fair
        fields: ClassVar[list[str]] = [
            "name",
            "slug",
            "tagline",
            "intro",
            "cover",
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
        labels: ClassVar[dict[str, Any]] = {"slug": _("Web address")}
        help_texts: ClassVar[dict[str, Any]] = {
            "slug": _("The last part of the fair's link, for example spring-2026."),
        }
        error_messages: ClassVar[dict[str, dict[str, Any]]] = {
            "slug": {"invalid": _("Letters, digits and hyphens only, for example spring-2026.")},
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
            (kind, line.strip()[:80])
            for kind in PartnerKind
            for line in self.cleaned_data[kind].splitlines()
            if line.strip()
        ]


class StaffForm(forms.Form):
    """Invite somebody to work at a fair."""

    phone = PhoneField()
    role = forms.ChoiceField(label=_("Role"), choices=StaffRole.choices)


class CrewForm(forms.Form):
    """Invite somebody to work at a session; an employer's voice names whose it is."""

    phone = PhoneField()
    role = forms.ChoiceField(label=_("Role"), choices=CrewRole.choices)
    employer = forms.ModelChoiceField(
        label=_("Whose voice"),
        queryset=Employer.objects.none(),
        to_field_name="public_id",
        required=False,
        help_text=_("One with an approved booth at this fair."),
    )

    def __init__(self, *args: Any, session: Session, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["employer"].queryset = employers_at(  # type: ignore[attr-defined]
            session.fair
        )

    def clean_employer(self) -> Employer | None:
        """What was chosen before another role was is not meant any more."""
        chosen: Employer | None = self.cleaned_data["employer"]
        return chosen if self.cleaned_data.get("role") == CrewRole.EMPLOYER_VOICE else None


class ChannelForm(forms.Form):
    """An entry channel."""

    name = forms.CharField(label=_("Name"), max_length=60)
    code = forms.SlugField(
        label=_("Code"),
        max_length=32,
        help_text=_("Goes on links as ?c=, for example wx or poster."),
    )


class SessionForm(ServiceJudges, forms.ModelForm[Session]):
    """A session's own facts. Fields of a source of the picture stand under that source."""

    video_source = forms.ChoiceField(
        label=_("Where the picture comes from"),
        choices=VideoSource.choices,
        widget=forms.RadioSelect,
    )
    external_url = forms.URLField(
        label=_("link to the picture"),
        max_length=500,
        required=False,
        assume_scheme="https",
        help_text=_("Begins with https. It is never opened by this server."),
    )
    segment_s = forms.TypedChoiceField(
        label=_("Delay of the picture"),
        choices=SEGMENTS,
        coerce=int,
        required=False,
        initial=USUAL_S,
    )

    class Meta:
        model = Session
        fields: ClassVar[list[str]] = [
            "title",
            "intro",
            "starts_at",
            "ends_at",
            "video_source",
            "segment_s",
            "external_url",
            "platform_name",
            "declared_delay_s",
            "stop_contact",
        ]
        widgets: ClassVar[dict[str, forms.Widget]] = {
            "starts_at": LocalDateTime(),
            "ends_at": LocalDateTime(),
            "intro": forms.Textarea(attrs={"rows": 3}),
        }
        help_texts: ClassVar[dict[str, Any]] = {
            "declared_delay_s": _(
                "How late the picture is there. Moments of applications are estimated by it."
            ),
            "stop_contact": _(
                "Name and phone of whoever can end the broadcast over there; the studio shows it. "
                "We cannot stop the picture of another site."
            ),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["video_source"] = self.instance.video_source or VideoSource.HOSTED
        usual = {value for value, _label in SEGMENTS}
        present = self.instance.segment_s
        if present not in usual:
            seconds = [(present, _("%(count)d seconds") % {"count": present})]
            self.fields["segment_s"].choices = [*SEGMENTS, *seconds]  # type: ignore[attr-defined]
        if not settings.FRAME_ORIGINS and self.instance.video_source != VideoSource.EMBED:
            choices = [pair for pair in VideoSource.choices if pair[0] != VideoSource.EMBED]
            self.fields["video_source"].choices = choices  # type: ignore[attr-defined]
        self.fields["declared_delay_s"].required = False

    def clean_segment_s(self) -> int:
        """Nothing stands for the usual."""
        return self.cleaned_data["segment_s"] or USUAL_S

    def clean_declared_delay_s(self) -> int:
        """Nothing stands for none."""
        return self.cleaned_data["declared_delay_s"] or 0

    @property
    def common(self) -> list[forms.BoundField]:
        """What every session has."""
        return [self[name] for name in ("title", "intro", "starts_at", "ends_at")]

    @property
    def sources(self) -> list[tuple[Any, Any]]:
        """The choices of the picture's source, each with what it means."""
        hints = {
            VideoSource.HOSTED: _(
                "From a browser or phone without software, or by OBS. With recording and replay; "
                "on air as soon as somebody publishes."
            ),
            VideoSource.TEST: _("A picture with a clock, for trying things out."),
            VideoSource.EXTERNAL_HLS: _(
                "An .m3u8 address, played here. You mark when it is on air; no replay from here."
            ),
            VideoSource.EMBED: _("Their player in a frame: %(sites)s")
            % {"sites": ", ".join(settings.FRAME_ORIGINS)},
            VideoSource.ELSEWHERE: _(
                "WeChat Channels, Douyin and so on: viewers follow a link, the room stays here."
            ),
        }
        return [(radio, hints[radio.data["value"]]) for radio in self["video_source"]]

    @property
    def foreign(self) -> list[forms.BoundField]:
        """What only pictures of other sites have."""
        names = ("external_url", "platform_name", "declared_delay_s", "stop_contact")
        return [self[name] for name in names]


class RunSheetForm(ServiceJudges, forms.ModelForm[RunSheetItem]):
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
        widget=forms.CheckboxSelectMultiple,
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


class GuestForm(ServiceJudges, forms.ModelForm[Guest]):
    """A worker who goes on air."""

    portrait = picture_field(_("portrait"), _("JPEG or PNG, at most 10 MB."))

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


class HonourForm(ServiceJudges, forms.ModelForm[Honour]):
    """An honour with its evidence, for review."""

    evidence = document_field(
        _("evidence"), _("The certificate or the published list: a picture or PDF.")
    )

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
    evidence = forms.CharField(
        label=_("How they agreed"),
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Who called whom and when, for example: called in at 14:20, line 2."),
    )
    agreed = forms.BooleanField(
        label=_("I have read the sentence above to them, and they said yes.")
    )
    client_id = forms.UUIDField(widget=forms.HiddenInput)


class CompleteForm(forms.Form):
    """What many vacancies have in common; each gap is filled only where it is one."""

    headcount = forms.CharField(
        label=_("headcount"),
        max_length=8,
        required=False,
        widget=forms.TextInput(attrs={"placeholder": _("a number, or 若干")}),
    )
    valid_until = forms.DateField(
        label=_("valid until"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )
    place_text = forms.CharField(label=_("place of work"), max_length=120, required=False)
    negotiable = forms.BooleanField(label=_("Pay: negotiable (面议)"), required=False)

    _SEVERAL: ClassVar[frozenset[str]] = frozenset({"若干", "several"})

    def clean_headcount(self) -> dict[str, Any]:
        """Return the fields that state the headcount."""
        text = unicodedata.normalize("NFKC", self.cleaned_data["headcount"]).strip().lower()
        if not text:
            return {}
        if text in self._SEVERAL:
            return {"headcount": None, "headcount_stated": True}
        if text.isdecimal() and int(text) > 0:
            return {"headcount": int(text)}
        raise forms.ValidationError(_("Write the headcount as a number, or 若干."))

    def gaps(self) -> dict[str, dict[str, Any]]:
        """Return what fills each gap, as ``complete_and_open`` reads it."""
        chosen = self.cleaned_data
        gaps: dict[str, dict[str, Any]] = {"headcount": chosen["headcount"]}
        if chosen["valid_until"]:
            gaps["validity"] = {"valid_until": chosen["valid_until"]}
        if chosen["place_text"]:
            gaps["place"] = {"place_text": chosen["place_text"]}
        if chosen["negotiable"]:
            gaps["pay"] = {"pay_text": "面议"}
        return gaps


class BatchForm(forms.Form):
    """A sheet of decisions on employers, and the folder of their licences."""

    sheet = forms.FileField(
        label=_("Sheet"), widget=forms.FileInput(attrs={"accept": ".xlsx,.csv"})
    )
    licences = forms.FileField(
        label=_("Licence folder"), required=False, widget=forms.FileInput(attrs={"accept": ".zip"})
    )
