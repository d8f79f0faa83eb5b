"""The shape of what people send."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

NEVER = "never"
DAYS = ((NEVER, _("Until I take it back")), ("1", _("One day")), ("7", _("One week")), ("30", _("30 days")))


class ShareForm(forms.Form):
    days = forms.ChoiceField(
        label=_("The link works"),
        choices=DAYS,
        initial=NEVER,
        widget=forms.Select(attrs={"class": "input"}),
    )

    with_files = forms.BooleanField(
        label=_("Show the attached files, too"),
        required=False,
        widget=forms.CheckboxInput(attrs={"class": "checkbox"}),
    )

    def __init__(self, *args: Any, has_files: bool = False, **fields: Any) -> None:
        """``has_files`` tells whether there is anything to tick."""
        super().__init__(*args, **fields)
        if not has_files:
            del self.fields["with_files"]

    @property
    def is_with_files(self) -> bool:
        return bool(self.cleaned_data.get("with_files"))

    @property
    def expires_in(self) -> timedelta | None:
        days = self.cleaned_data["days"]
        return None if days == NEVER else timedelta(days=int(days))


class ContinueForm(forms.Form):
    client_id = forms.RegexField(r"^[0-9a-f]{32}$", max_length=32, widget=forms.HiddenInput)
