"""The shape of what is typed into the search page: words, and what narrows them."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from search.selectors import Filters

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import tzinfo

    Choices = Iterable[tuple[str, str]]

ROLES = (("", gettext_lazy("Everybody")), ("user", gettext_lazy("Me")), ("assistant", gettext_lazy("The models")))


class _Day(forms.DateField):
    widget = forms.DateInput({"type": "date"}, format="%Y-%m-%d")


class SearchForm(forms.Form):
    """All of it is optional; what cannot be read is said beside its field, and does not narrow."""

    q = forms.CharField(required=False, strip=False)
    role = forms.ChoiceField(label=gettext_lazy("Said by"), choices=ROLES, required=False)
    model = forms.ChoiceField(label=gettext_lazy("Model"), required=False)
    folder = forms.ChoiceField(label=gettext_lazy("Folder"), required=False)
    conversation = forms.UUIDField(required=False, widget=forms.HiddenInput)
    since = _Day(label=gettext_lazy("From"), required=False)
    until = _Day(label=gettext_lazy("To"), required=False)

    def __init__(self, data: Any, *, models: Choices, folders: Choices, zone: tzinfo) -> None:
        super().__init__(data, label_suffix="")
        self._zone = zone
        self.fields["model"].choices = [("", _("Any model")), *models]  # type: ignore[attr-defined]  # a choice field
        self.fields["folder"].choices = [("", _("Any folder")), *folders]  # type: ignore[attr-defined]  # likewise
        for field in self.fields.values():
            field.widget.attrs["class"] = "input"

    def filters(self) -> list[forms.BoundField]:
        """List what narrows; a folder only for who has any."""
        names = ["role", "model", "folder", "since", "until"]
        if len(self.fields["folder"].choices) == 1:  # type: ignore[attr-defined]  # a choice field
            names.remove("folder")
        return [self[name] for name in names]

    def read(self) -> tuple[str, Filters]:
        """Give the words and the filters, as far as they can be read."""
        self.is_valid()
        read = self.cleaned_data
        since, until = read.get("since"), read.get("until")
        filters = Filters(
            role=read.get("role", ""),
            model=read.get("model", ""),
            folder=read.get("folder", ""),
            conversation=read.get("conversation"),
            since=self._begin(since) if since else None,
            until=self._begin(until + timedelta(days=1)) if until and until < date.max else None,
        )
        return read.get("q", ""), filters

    def _begin(self, day: date) -> datetime:
        """Give the moment at which a day begins where the person is."""
        return datetime.combine(day, time.min, self._zone)
