"""What an operator fills in: a question, the ways in which it is also asked, its answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from faq.models import LONGEST_ANSWER, LONGEST_LINE, Entry
from faq.wording import key_of

if TYPE_CHECKING:
    from datetime import date

MOST_VARIANTS = 100
SHOWN_OF_A_LINE = 40


class EntryForm(forms.ModelForm):  # type: ignore[type-arg]  # takes no parameter at run time
    question = forms.CharField(
        max_length=LONGEST_LINE,
        widget=forms.TextInput(attrs={"class": "vLargeTextField", "size": 80}),
        help_text="Asked word for word. Only spaces, the capital a word begins with and a question mark at the end do "
        "not matter. IT and it are two words.",
    )
    variants = forms.CharField(
        label="Also asked as",
        required=False,
        widget=forms.Textarea(attrs={"rows": 4, "class": "vLargeTextField"}),
        help_text="One question a line: every way in which people type it.",
    )
    answer = forms.CharField(
        max_length=LONGEST_ANSWER,
        widget=forms.Textarea(attrs={"rows": 12, "class": "vLargeTextField"}),
        help_text="Markdown, as models write it.",
    )

    class Meta:
        model = Entry
        fields = ("question", "variants", "answer", "active", "valid_until")
        help_texts = {"valid_until": "The last day on which it is given. Empty: for as long as it is active."}  # noqa: RUF012 - Django's way to write it

    def clean_question(self) -> str:
        return _checked(self.cleaned_data["question"])

    def clean_variants(self) -> str:
        lines = dict.fromkeys(filter(None, map(str.strip, self.cleaned_data["variants"].splitlines())))
        if len(lines) > MOST_VARIANTS:
            raise ValidationError(f"These are {len(lines)} lines; at most {MOST_VARIANTS} can be kept.")
        return "\n".join(map(_checked, lines))

    def clean_valid_until(self) -> date | None:
        until: date | None = self.cleaned_data["valid_until"]
        if until and until < timezone.localdate() and "valid_until" in self.changed_data:
            raise ValidationError("This day is over. Choose today or a later one, or leave it empty.")
        return until


def _checked(line: str) -> str:
    shown = line if len(line) <= SHOWN_OF_A_LINE else line[:SHOWN_OF_A_LINE] + "…"
    if len(line) > LONGEST_LINE:
        raise ValidationError(f"“{shown}” has {len(line)} characters; at most {LONGEST_LINE} can be kept.")
    if not key_of(line):
        raise ValidationError(f"“{shown}” has no word in it.")
    return line
