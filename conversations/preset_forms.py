"""The shape of what is said to models before a conversation: presets, and a person's own instructions."""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.forms import CardForm, NameField
from chatproject.errors import BadRequest, TooManyRequests
from conversations.models import Preset
from conversations.presets import MAX_INSTRUCTIONS, NAME_TAKEN, limit_faults, require_room
from conversations.writing import BlockedTexts, screen_texts
from providers.facts import LARGEST_TEMPERATURE
from providers.gateway import get_gateway

if TYPE_CHECKING:
    from accounts.models import User
    from providers.catalogue import CatalogueEntry

TEMPERATURE_WORDS = gettext_lazy("Write the temperature as a number from 0 to 2, such as 0.7.")
LIMIT_WORDS = gettext_lazy("Write the output limit as a whole number of tokens, such as 2000.")

Choices = list[tuple[str, list[tuple[str, str]]]]


class PresetForm(forms.ModelForm):  # type: ignore[type-arg]  # takes no parameter at run time
    """Makes or changes a preset of ``instance.user``; nobody is everybody."""

    name = NameField(max_length=60, required=True, autocomplete="off")
    model = forms.ChoiceField(label=gettext_lazy("Model"))
    instructions = forms.CharField(
        label=gettext_lazy("Instructions"),
        required=False,
        max_length=MAX_INSTRUCTIONS,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 8, "dir": "auto"}),
        help_text=gettext_lazy("Said to the model before every conversation."),
    )
    temperature = forms.FloatField(
        label=gettext_lazy("Temperature"),
        required=False,
        min_value=0,
        max_value=LARGEST_TEMPERATURE,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
        help_text=gettext_lazy("From 0 (steady) to 2 (surprising). Empty: the model’s own."),
        error_messages=dict.fromkeys(("invalid", "min_value", "max_value"), TEMPERATURE_WORDS),
    )
    output_tokens = forms.IntegerField(
        label=gettext_lazy("Output limit"),
        required=False,
        min_value=1,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
        help_text=gettext_lazy("In tokens, about three quarters of a word each. Empty: the model’s own."),
        error_messages=dict.fromkeys(("invalid", "min_value"), LIMIT_WORDS),
    )

    class Meta:
        model = Preset
        fields: ClassVar[tuple[str, ...]] = ("name", "model", "instructions", "temperature", "output_tokens")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, words in (("temperature", TEMPERATURE_WORDS), ("output_tokens", LIMIT_WORDS)):
            field = self.fields[name]
            for validator in field.validators:
                validator.message = words  # type: ignore[attr-defined]  # both are limits
        if self.instance._state.adding and (default := get_gateway().default_model()):  # noqa: SLF001 - the documented model API
            self.initial.setdefault("model", default.id)
        self.fields["model"].choices = model_choices(self.instance.model)  # type: ignore[attr-defined]  # a choice

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        others = Preset.objects.filter(user=self.instance.user_id, name=name).exclude(pk=self.instance.pk)
        if others.exists():
            raise ValidationError(NAME_TAKEN)
        return name

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if entry := _entry(data.get("model", "")):
            self._check_limits(entry)
        return data

    def _check_limits(self, entry: CatalogueEntry) -> None:
        chosen = {name: self.cleaned_data.get(name) for name in ("temperature", "output_tokens")}
        for name, words in limit_faults(entry, **chosen).items():
            self.add_error(name, words)


class OwnPresetForm(CardForm, PresetForm):
    """The same for a person: on our pages, and not without end."""

    takes_focus = False
    retry_after = 0
    """Seconds to wait, where it was refused for being one too many."""

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        self._user = user
        kwargs["instance"] = kwargs.get("instance") or Preset(user=user)
        super().__init__(*args, **kwargs)

    def clean(self) -> dict[str, Any]:
        is_new = self.instance._state.adding  # noqa: SLF001 - the documented model API
        if is_new:
            try:
                require_room(self.instance.user_id)
            except BadRequest as error:
                raise ValidationError(error.message) from None
        data = super().clean()
        if not self.errors:
            self.retry_after = screen_fields(self, self._user, data, ("name", "instructions"))
        return data


class InstructionsForm(CardForm):
    """What a person says to the model in every new conversation."""

    takes_focus = False
    retry_after = 0
    """Seconds to wait, where it was refused for being one too many."""

    text = forms.CharField(
        label=gettext_lazy("Instructions"),
        required=False,
        max_length=MAX_INSTRUCTIONS,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 10, "dir": "auto"}),
        help_text=gettext_lazy("What models should know about you, and how you like your answers."),
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        self._user = user
        super().__init__(*args, **kwargs)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if not self.errors:
            self.retry_after = screen_fields(self, self._user, data, ("text",))
        return data


def screen_fields(form: forms.BaseForm, user: User, data: dict[str, Any], names: tuple[str, ...]) -> int:
    """Count and check what a person writes, now that nothing else stands against saving it.

    It is stored as it may be. Returns the seconds to wait, where it was refused for being one too many, else 0.
    """
    try:
        data.update(screen_texts(user, {name: data[name] for name in names}))
    except TooManyRequests as error:
        form.add_error(None, error.message)
        return ceil(error.retry_after or 1)
    except BlockedTexts as error:
        for one in error.refused:
            form.add_error(one.name, one.message)
    return 0


def model_choices(present: str = "") -> Choices:
    """List the models that can be asked, by provider, and the present one where no list has it."""
    choices: Choices = [
        (listing.label, [(entry.id, entry.label) for entry in listing.models])
        for listing in get_gateway().list_providers()
        if listing.models
    ]
    if present and all(present != model for _group, models in choices for model, _name in models):
        choices.append((_("Not listed"), [(present, present.partition("/")[2])]))
    return choices


def _entry(model: str) -> CatalogueEntry | None:
    try:
        return get_gateway().find_model(model)
    except BadRequest:
        return None
