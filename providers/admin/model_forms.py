"""The forms of a model and its prices: what an operator may type, and what is said when it cannot be."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError

from providers.facts import LARGEST_TEMPERATURE, TEMPERATURE, largest_temperature
from providers.models import LanguageModel, ModelKind, Price
from providers.money.dollars import write_exactly
from providers.pricing import MICRO
from providers.refusals import OWN_FIELDS
from providers.reuse import LONGEST_REUSE, USUAL_REUSE

MAX_INSTRUCTIONS = 20_000
TEMPERATURE_WORDS = "Write the temperature as a number from 0 to 2, such as 0.7."
TOKENS_WORDS = "Write a whole number of tokens above 0, such as 2000."
HOURS_WORDS = f"Write a whole number of hours from 1 to {LONGEST_REUSE:,}, such as 24."

RESERVED = OWN_FIELDS | {
    "stream_options",
    "temperature",
    "max_output_tokens",
    "num_predict",
    "best_of",
    "functions",
    "tools",
    "n",
}
"""Parts of a request that the chat sets itself, by all their names."""

_PRICE = re.compile(r"\d{1,7}(\.\d{1,6})?")


class PriceField(forms.Field):
    """A price in dollars per million tokens, typed as ``2.50``; a micro-dollar is the smallest part."""

    def __init__(self, **options: Any) -> None:
        widget = forms.TextInput(attrs={"size": 10, "inputmode": "decimal", "autocomplete": "off"})
        super().__init__(widget=widget, **options)

    def prepare_value(self, value: Any) -> Any:
        """Write micro-dollars as dollars; what somebody typed stays as it was."""
        return write_exactly(value) if isinstance(value, int) else value

    def to_python(self, value: Any) -> Any:
        if isinstance(value, int):
            return value
        typed = str(value or "").strip().removeprefix("$").strip()
        if not typed:
            return None
        if "," in typed:
            raise ValidationError("Write the price with a point and without commas, such as 2.50.")
        if typed.startswith(("-", "\N{MINUS SIGN}")):
            raise ValidationError("A price cannot be negative.")
        if not _PRICE.fullmatch(typed):
            raise ValidationError("Write the price in dollars for a million tokens, such as 2.50.")
        return int(Decimal(typed) * MICRO)


class PriceForm(forms.ModelForm):  # type: ignore[type-arg]  # takes no parameter at run time
    above_tokens = forms.IntegerField(
        label="Prompts above",
        min_value=0,
        initial=0,
        widget=forms.TextInput(attrs={"size": 10, "inputmode": "numeric", "autocomplete": "off"}),
        help_text="Tokens. 0: prompts of any length.",
    )
    input = PriceField(label="Input ($)")
    cached_input = PriceField(label="Cached input ($)", required=False)
    cache_write = PriceField(label="Cache write ($)", required=False)
    output = PriceField(label="Output ($)")

    class Meta:
        model = Price
        fields = ("above_tokens", "input", "cached_input", "cache_write", "output")


class PriceFormSet(forms.BaseInlineFormSet):  # type: ignore[type-arg]  # likewise
    def clean(self) -> None:
        super().clean()
        kept = [form for form in self.forms if form.cleaned_data and not form.cleaned_data.get("DELETE")]
        if not any(self.errors) and kept and all(form.cleaned_data["above_tokens"] for form in kept):
            raise ValidationError("One price has to be for prompts of any length: above 0 tokens.")


class FallbackField(forms.ModelChoiceField):  # type: ignore[type-arg]  # likewise
    """Another model, named with its provider."""

    def label_from_instance(self, obj: LanguageModel) -> str:
        return f"{obj.provider}: {obj}"


class ModelForm(forms.ModelForm):  # type: ignore[type-arg]  # likewise
    temperature = forms.FloatField(
        min_value=0,
        max_value=LARGEST_TEMPERATURE,
        initial=TEMPERATURE,
        widget=forms.TextInput(attrs={"size": 6, "inputmode": "decimal"}),
        help_text="From 0 (steady) to 2 (surprising).",
        error_messages={"invalid": TEMPERATURE_WORDS},
    )
    fallback = FallbackField(
        LanguageModel.objects.select_related("provider").filter(kind=ModelKind.CHAT),
        required=False,
        help_text="Answers when this one cannot.",
    )
    instructions = forms.CharField(
        required=False,
        max_length=MAX_INSTRUCTIONS,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 5, "cols": 80}),
        help_text="Said to the model before every conversation.",
    )
    parameters = forms.JSONField(
        required=False,
        initial=dict,
        widget=forms.Textarea(attrs={"rows": 3, "cols": 80}),
        help_text='Further options as a JSON object, sent as they stand, such as {"reasoning_effort": "low"}.',
        error_messages={"invalid": 'This is not a JSON object. Write it such as {"reasoning_effort": "low"}.'},
    )

    reuse_hours = forms.IntegerField(
        label="Repeat for",
        required=False,
        min_value=1,
        max_value=LONGEST_REUSE,
        initial=USUAL_REUSE,
        widget=forms.TextInput(attrs={"size": 6, "inputmode": "numeric"}),
        help_text=f"Hours; {USUAL_REUSE} if empty. Any change of this model ends it at once.",
        error_messages={"invalid": HOURS_WORDS, "min_value": HOURS_WORDS, "max_value": HOURS_WORDS},
    )

    class Meta:
        model = LanguageModel
        fields = "__all__"  # noqa: DJ007 - the admin's fieldsets name them

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, words in (("temperature", TEMPERATURE_WORDS), ("output_tokens", TOKENS_WORDS)):
            if name in self.fields:
                for validator in self.fields[name].validators:
                    validator.message = words  # type: ignore[attr-defined]  # they are limits
        if self.instance.pk and "fallback" in self.fields:
            others = LanguageModel.objects.select_related("provider").filter(kind=ModelKind.CHAT)
            others = others.exclude(pk=self.instance.pk)
            cast("FallbackField", self.fields["fallback"]).queryset = others

    def clean_output_tokens(self) -> int:
        return _above_zero(self.cleaned_data["output_tokens"]) or 0

    def clean_reuse_hours(self) -> int:
        return self.cleaned_data["reuse_hours"] or USUAL_REUSE

    def clean_context_window(self) -> int | None:
        return _above_zero(self.cleaned_data["context_window"])

    def clean_largest_output(self) -> int | None:
        return _above_zero(self.cleaned_data["largest_output"])

    def clean_parameters(self) -> dict[str, Any]:
        parameters = self.cleaned_data["parameters"]
        if parameters is None:
            return {}
        if not isinstance(parameters, dict):
            raise ValidationError(self.fields["parameters"].error_messages["invalid"])
        if taken := sorted(name for name in parameters if name.strip().lower() in RESERVED):
            raise ValidationError(f"The chat sets {', '.join(taken)} itself. Leave that out here.")
        try:
            written = json.dumps(parameters, allow_nan=False)
        except ValueError:
            raise ValidationError("Every number has to be finite: no NaN, no Infinity.") from None
        if "\\u0000" in written:
            raise ValidationError("A NUL cannot be stored.")
        return parameters

    def clean_fallback(self) -> LanguageModel | None:
        fallback: LanguageModel | None = self.cleaned_data["fallback"]
        chain = [self.instance, *_chain_from(fallback)]
        if self.instance.pk and self.instance in chain[1:]:
            until = chain.index(self.instance, 1) + 1
            names = " → ".join(str(model) for model in chain[:until])
            raise ValidationError(f"This would go in a circle: {names}. Choose another one.")
        return fallback

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        limit = data.get("output_tokens")
        largest = data.get("largest_output", self.instance.largest_output)
        if limit and largest and limit > largest:
            self.add_error("output_tokens", f"This model writes at most {largest:,} tokens.")
        window = data.get("context_window")
        is_changed = not {"context_window", "largest_output"}.isdisjoint(self.changed_data)
        if is_changed and window and largest and largest > window:
            self.add_error("largest_output", f"An answer has to fit into the context window of {window:,} tokens.")
        provider = data.get("provider") or (self.instance.provider if self.instance.pk else None)
        hottest = largest_temperature(provider.kind) if provider else LARGEST_TEMPERATURE
        if (data.get("temperature") or 0) > hottest:
            self.add_error("temperature", f"{provider} takes a temperature of {hottest:g} at most.")
        if data.get("is_default", self.instance.is_default) and not data.get("enabled", self.instance.enabled):
            self.add_error("is_default", "A model that is switched off cannot be the default.")
        if data.get("kind", self.instance.kind) != ModelKind.CHAT:
            for name in ("is_default", "fallback"):
                if data.get(name):
                    self.add_error(name, "People talk with chat models only; this one takes none of that.")
        return data

    def _get_validation_exclusions(self) -> set[str]:
        """Let a new default through: it takes the place of the one before when it is saved."""
        exclusions: set[str] = super()._get_validation_exclusions()  # type: ignore[misc]  # Django's own hook
        return exclusions | {"is_default"}


def _above_zero(tokens: int | None) -> int | None:
    if tokens == 0:
        raise ValidationError(TOKENS_WORDS)
    return tokens


def _chain_from(model: LanguageModel | None) -> list[LanguageModel]:
    """List a model, its fallback, the fallback's fallback and so on, each once."""
    chain: list[LanguageModel] = []
    while model is not None and model not in chain:
        chain.append(model)
        model = model.fallback
    return chain
