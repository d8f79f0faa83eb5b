"""The shape of what pages send."""

from __future__ import annotations

from django import forms

from chatproject.errors import BadRequest


class RenameForm(forms.Form):
    title = forms.CharField(
        max_length=200,
        error_messages={
            "required": "A title needs at least one visible character.",
            "max_length": "A title has at most 200 characters.",
        },
    )

    def read(self) -> str:
        """Return the title; raises BadRequest with the sentence of the first thing wrong with it."""
        if self.is_valid():
            return str(self.cleaned_data["title"])
        raise BadRequest(str(self.errors["title"][0]))
