"""What operators fill in about an incident: what they decide, and what they have to say to its person."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

from django import forms

from moderation.decisions import decision
from moderation.models import Incident, PersonalWarning, State


class IncidentForm(forms.ModelForm):  # type: ignore[type-arg]  # takes no parameter at run time
    """Decides about an incident as it was when the page was made: ``seen`` is posted with it."""

    class Meta:
        model = Incident
        fields = ("state", "note")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        incident = self.instance
        shown = repr((incident.state, incident.reviewer_id, incident.reviewed_at, incident.note))
        self.seen = sha256(shown.encode()).hexdigest()
        self._decision, self._state = decision(incident), incident.state

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if self.data.get("seen") != self.seen:
            raise forms.ValidationError(
                f"Somebody changed this meanwhile. {self._decision} Look at it, and save again."
            )
        if self._state not in {State.OPEN, cleaned.get("state")} and cleaned.get("state") != State.OPEN:
            self.add_error("state", f"{self._decision} Open it again first, to decide anew.")
        return cleaned


class WarningForm(forms.Form):
    text = forms.CharField(
        label="What you want to say",
        max_length=PersonalWarning.LONGEST_TEXT,
        widget=forms.Textarea(attrs={"rows": 6, "class": "vLargeTextField"}),
        help_text="They see it above their conversations until they have taken note of it, with the name of the site.",
    )
