"""The form that makes a token."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.forms import CardForm, NameField
from accounts.models import TOKEN_NAME_LENGTH
from accounts.tokens import Scope

if TYPE_CHECKING:
    from accounts.models import User

NEVER = "never"
DAYS = (
    ("7", _("7 days")),
    ("30", _("30 days")),
    ("90", _("90 days")),
    ("365", _("One year")),
    (NEVER, _("Until I revoke it")),
)


class TokenForm(CardForm):
    takes_focus = False
    name = NameField(max_length=TOKEN_NAME_LENGTH, required=True, autocomplete="off")
    scopes = forms.TypedMultipleChoiceField(
        label=_("It may"),
        coerce=Scope,
        widget=forms.CheckboxSelectMultiple,
        initial=[Scope.READ, Scope.CHAT],
        error_messages={"required": _("Choose what the token may do.")},
    )
    days = forms.ChoiceField(label=_("How long it works"), choices=DAYS, initial="90")

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].help_text = _("Where you use it, so that you know it again.")
        scopes: Any = self.fields["scopes"]
        scopes.choices = [(one.value, one.label) for one in Scope if one != Scope.ADMIN or user.is_operator]
        del scopes.widget.attrs["class"]

    @property
    def expires_at(self) -> datetime | None:
        days = self.cleaned_data["days"]
        return None if days == NEVER else timezone.now() + timedelta(days=int(days))
