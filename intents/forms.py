"""Forms of the seeker: the four answers and the groups."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.rules import NAME_MAX, clean_display_name
from core.errors import Invalid
from seekers import consent
from seekers.enums import Group
from seekers.selectors import declared_groups, profile_of
from seekers.services import Answers


class AnswersForm(forms.Form):
    """称呼, trade, years, certificates, and the groups with their own consent."""

    display_name = forms.CharField(
        label=_("What to call you"),
        max_length=NAME_MAX,
        required=False,
        widget=forms.TextInput(
            attrs={"autocomplete": "nickname", "placeholder": _("for example Mr Wang")}
        ),
    )
    trade = forms.CharField(
        label=_("Your trade"),
        max_length=60,
        required=False,
        widget=forms.TextInput(attrs={"placeholder": _("for example welder, carer, clerk")}),
    )
    years = forms.IntegerField(
        label=_("Years in the trade"),
        min_value=0,
        max_value=70,
        required=False,
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
    )
    certificates = forms.CharField(
        label=_("Certificates"),
        max_length=200,
        required=False,
        widget=forms.TextInput(attrs={"placeholder": _("for example welder's licence")}),
    )
    groups = forms.MultipleChoiceField(
        label=_("Does any of these apply to you?"),
        choices=Group.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    groups_consent = forms.BooleanField(label=_("I agree"), required=False)

    def clean_display_name(self) -> str:
        typed: str = self.cleaned_data["display_name"]
        if not typed.strip():
            return ""
        try:
            return clean_display_name(typed)
        except Invalid as error:
            raise forms.ValidationError(str(error.message), code=error.code) from None

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        if data.get("groups") and not data.get("groups_consent"):
            self.add_error(
                "groups_consent",
                _("Please tick that you agree, or leave the groups empty."),
            )
        return data

    @property
    def answers(self) -> Answers:
        """The cleaned answers as the services take them."""
        data = self.cleaned_data
        return Answers(
            name=data["display_name"],
            trade=data["trade"],
            years=data["years"],
            certificates=data["certificates"],
            groups=data["groups"],
            groups_consent=consent.CURRENT if data["groups_consent"] else "",
        )


def answers_form(user: User, data: Any = None) -> AnswersForm:
    """The form with what ``user`` answered before."""
    profile = profile_of(user)
    groups = declared_groups(profile)
    known = {
        "display_name": user.display_name,
        "trade": profile.trade,
        "years": profile.years,
        "certificates": profile.certificates,
        "groups": groups,
        "groups_consent": bool(groups),
    }
    return AnswersForm(data, initial=known)
