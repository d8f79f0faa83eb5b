"""What operators fill in about words: one entry, a file of them, a text to try."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django import forms

from moderation.importing import WordFile
from moderation.models import Action, AllowedPhrase, Direction, SensitiveWord

if TYPE_CHECKING:
    from django.core.files.uploadedfile import UploadedFile

MOST_BYTES = 15_000_000


class WordForm(forms.ModelForm):  # type: ignore[type-arg]  # takes no parameter at run time
    class Meta:
        model = SensitiveWord
        fields = ("pattern", "whole_word", "action", "direction", "category", "language", "enabled", "note")


class PhraseForm(forms.ModelForm):  # type: ignore[type-arg]  # likewise
    class Meta:
        model = AllowedPhrase
        fields = ("phrase", "enabled", "note")


class ImportForm(forms.Form):
    file = forms.FileField(
        help_text="UTF-8. *.csv with a heading that names the columns, or text with one entry a line; under 15 MB."
    )
    action = forms.ChoiceField(
        choices=Action, initial=Action.FLAG, help_text="This and the next: where the file says none."
    )
    direction = forms.ChoiceField(choices=Direction, initial=Direction.BOTH)
    category = forms.CharField(max_length=60, required=False)
    language = forms.CharField(max_length=16, required=False)
    whole_word = forms.BooleanField(initial=True, required=False, label="Whole words only")
    dry_run = forms.BooleanField(
        initial=True,
        required=False,
        label="Only try",
        help_text="Change nothing; show what would have been caught in the last 30 days.",
    )

    def clean_file(self) -> UploadedFile[bytes]:
        file: UploadedFile[bytes] = self.cleaned_data["file"]
        if (file.size or 0) > MOST_BYTES:
            raise forms.ValidationError("This file is too large for this page. Use manage.py import_words.")
        return file

    def read_file(self) -> WordFile:
        """Give the file, with what this form says for the columns that it leaves out."""
        defaults = {name: self.cleaned_data[name] for name in ("action", "direction", "category", "language")}
        whole_word = "yes" if self.cleaned_data["whole_word"] else "no"
        given: UploadedFile[bytes] = self.cleaned_data["file"]
        return WordFile(given.name or "", given.read(), {**defaults, "whole_word": whole_word})


class TryForm(forms.Form):
    text = forms.CharField(widget=forms.Textarea(attrs={"rows": 6, "class": "vLargeTextField"}), max_length=100_000)
    direction = forms.ChoiceField(choices=[choice for choice in Direction.choices if choice[0] != Direction.BOTH])
