"""The shape of what pages send."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from chatproject.errors import BadRequest
from conversations.models import Rating, RatingReason

REPORT_REASONS = {
    "Harmful or hateful": _("Harmful or hateful"),
    "Wrong or made up": _("Wrong or made up"),
    "Private details of somebody": _("Private details of somebody"),
    "Something else": _("Something else"),
}
"""As the operators read them, and as people do."""


class RenameForm(forms.Form):
    title = forms.CharField(
        max_length=200,
        error_messages={
            "required": _("A title needs at least one visible character."),
            "max_length": _("A title has at most 200 characters."),
        },
    )

    def read(self) -> str:
        """Return the title; raises BadRequest with the sentence of the first thing wrong with it."""
        if self.is_valid():
            return str(self.cleaned_data["title"])
        raise BadRequest(str(self.errors["title"][0]))


class ReportForm(forms.Form):
    """Why an answer is reported; nobody has to say it."""

    reason = forms.ChoiceField(
        choices=[*REPORT_REASONS.items()],
        required=False,
        error_messages={"invalid_choice": _("Choose one of the reasons, or none.")},
    )
    remark = forms.CharField(
        max_length=1000,
        required=False,
        error_messages={"max_length": _("What you write about it has at most 1,000 characters.")},
    )

    def read(self) -> dict[str, str]:
        """Return ``reason`` and ``remark``, each perhaps ""; raises BadRequest like :meth:`RenameForm.read`."""
        if self.is_valid():
            return {name: str(self.cleaned_data[name]) for name in ("reason", "remark")}
        raise BadRequest(str(next(iter(self.errors.values()))[0]))


class RatingForm(forms.Form):
    """What somebody thinks of an answer; without a rating it is taken back."""

    rating = forms.TypedChoiceField(
        choices=Rating.choices,
        coerce=int,
        empty_value=None,
        required=False,
        error_messages={"invalid_choice": _("An answer is good, or it is not.")},
    )
    reason = forms.ChoiceField(
        choices=RatingReason.choices,
        required=False,
        error_messages={"invalid_choice": _("Choose one of the reasons, or none.")},
    )

    def read(self) -> dict[str, Any]:
        """Return ``rating`` (None takes it back) and ``reason``, perhaps ""; raises BadRequest like the others."""
        if self.is_valid():
            return {name: self.cleaned_data[name] for name in ("rating", "reason")}
        raise BadRequest(str(next(iter(self.errors.values()))[0]))
