"""The shape of what people send."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from transfer.models import Format


class ExportForm(forms.Form):
    format = forms.ChoiceField(
        choices=[
            (Format.JSON, _("JSON: all branches and your files, to keep or to import again")),
            (Format.MARKDOWN, _("Markdown: one file a conversation, to read anywhere")),
            (Format.HTML, _("HTML: one page a conversation, as it looks here")),
        ],
        widget=forms.RadioSelect,
        initial=Format.JSON,
    )


class ImportForm(forms.Form):
    file = forms.FileField(
        label=_("A file (.json or .zip)"),
        allow_empty_file=True,
        widget=forms.FileInput(attrs={"accept": ".json,.zip,application/json,application/zip"}),
        error_messages={"required": _("Choose a file first.")},
    )
