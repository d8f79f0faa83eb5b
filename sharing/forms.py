"""The shape of what people send."""

from __future__ import annotations

from datetime import timedelta

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

    @property
    def expires_in(self) -> timedelta | None:
        days = self.cleaned_data["days"]
        return None if days == NEVER else timedelta(days=int(days))


class ContinueForm(forms.Form):
    client_id = forms.RegexField(r"^[0-9a-f]{32}$", max_length=32, widget=forms.HiddenInput)
