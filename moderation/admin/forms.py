"""What operators fill in about words: one entry, a file of them, a text to try."""

from __future__ import annotations

from typing import Any

from django import forms

from moderation.models import Action, AllowedPhrase, Direction, SensitiveWord
from moderation.word_files import FaultyFile, parse_words

MOST_BYTES = 1_800_000


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
        help_text="UTF-8. *.csv with a heading that names the columns, or text with one entry a line; under 2 MB."
        " Larger lists: manage.py import_words."
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

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        file = cleaned.get("file")
        if file is None or self.errors:
            return cleaned
        if file.size > MOST_BYTES:
            raise forms.ValidationError("This file is too large for this page. Use manage.py import_words.")
        defaults = {name: cleaned[name] for name in ("action", "direction", "category", "language")}
        is_csv = file.name.lower().endswith(".csv")
        try:
            cleaned["parsed"] = parse_words(
                file.read(), is_csv=is_csv, whole_word="yes" if cleaned["whole_word"] else "no", **defaults
            )
        except FaultyFile as error:
            raise forms.ValidationError(["Nothing was imported.", *error.faults]) from None
        return cleaned


class TryForm(forms.Form):
    text = forms.CharField(widget=forms.Textarea(attrs={"rows": 6, "class": "vLargeTextField"}), max_length=100_000)
    direction = forms.ChoiceField(choices=[choice for choice in Direction.choices if choice[0] != Direction.BOTH])
