"""The catalogue: models, what they can do, how the chat asks them, and their prices."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from django.db import models
from django.db.models import Q

from providers.facts import OUTPUT_TOKENS, TEMPERATURE
from providers.models.keys import Provider
from providers.pricing import PriceTier

if TYPE_CHECKING:
    from collections.abc import Iterable

Row = TypeVar("Row", bound=models.Model)


def new_mark() -> int:
    return secrets.randbits(40)


class MarkedQuerySet(models.QuerySet[Row]):
    def update(self, **values: Any) -> int:
        """Update rows and mark them; ``bulk_update`` comes here, too."""
        return super().update(**{"mark": new_mark(), **values})


class Marked(models.Model):
    """A row with a number that is a new one whenever the row changes.

    Count and sum of the marks tell whether anything in a table changed, in whatever order transactions end.
    """

    mark = models.BigIntegerField(default=new_mark, editable=False)

    objects = MarkedQuerySet.as_manager()

    class Meta:
        abstract = True

    def save(self, *, update_fields: Iterable[str] | None = None, **options: Any) -> None:
        self.mark = new_mark()
        super().save(update_fields=None if update_fields is None else {*update_fields, "mark"}, **options)


class ModelKind(models.TextChoices):
    """As in the port."""

    CHAT = "chat"
    EMBEDDING = "embedding"


class LanguageModel(Marked):
    """One model of one provider. Null means unknown; nothing here is guessed.

    ``edited`` names the fields that an operator changed, which a new list leaves alone.
    """

    provider = models.ForeignKey(Provider, models.CASCADE, related_name="models")
    name = models.CharField("wire name", max_length=160)
    label = models.CharField(max_length=160)
    kind = models.CharField(
        max_length=9, choices=ModelKind, default=ModelKind.CHAT, help_text="People talk with chat models only."
    )
    context_window = models.PositiveIntegerField(null=True, blank=True, help_text="Tokens of question and answer.")
    largest_output = models.PositiveIntegerField(null=True, blank=True, help_text="Tokens the model can write at most.")
    has_vision = models.BooleanField("sees images", default=False)
    has_tools = models.BooleanField("uses tools", default=False)
    has_reasoning = models.BooleanField("thinks first", default=False)
    takes_temperature = models.BooleanField(default=True)
    temperature = models.FloatField(default=TEMPERATURE)
    output_tokens = models.PositiveIntegerField(
        "output limit", default=OUTPUT_TOKENS, help_text="Tokens the chat asks for."
    )
    parameters = models.JSONField(
        default=dict, blank=True, help_text="Further options, sent as they stand; for example a way of thinking."
    )
    instructions = models.TextField(blank=True, help_text="Said to the model before every conversation.")
    fallback = models.ForeignKey(
        "self", models.SET_NULL, null=True, blank=True, related_name="+", help_text="Answers when this one cannot."
    )
    reuses_answers = models.BooleanField(
        "repeat answers", default=False, help_text="Answer a first question as it was answered before."
    )
    reuse_hours = models.PositiveIntegerField("repeat for", default=24, help_text="Hours.")
    enabled = models.BooleanField(default=True)
    is_default = models.BooleanField("default", default=False, help_text="For people who have not chosen.")
    position = models.PositiveIntegerField(default=1000, help_text="Smaller comes first.")
    edited = models.JSONField(default=list, editable=False)
    is_listed = models.BooleanField(default=True, editable=False, help_text="The provider's last list had it.")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = "model"
        ordering: ClassVar = ("provider", "position", "id")
        constraints = (
            models.UniqueConstraint(fields=("provider", "name"), name="model_unique"),
            models.UniqueConstraint(fields=("is_default",), condition=Q(is_default=True), name="model_one_default"),
        )

    def __str__(self) -> str:
        return self.label

    @property
    def is_offered(self) -> bool:
        """Tell whether people may choose it: one that left the list stays only where an operator had a hand in it."""
        return self.enabled and (self.is_listed or bool(self.edited))


class PriceSource(models.TextChoices):
    BUNDLED = "bundled", "bundled data"
    OPERATOR = "operator"


class Price(Marked):
    """What a model costs, in micro-dollars per million tokens, for prompts of more than ``above_tokens``.

    A model without a row has an unknown price. Null in a part: charged as ordinary input.
    """

    model = models.ForeignKey(LanguageModel, models.CASCADE, related_name="prices")
    above_tokens = models.PositiveIntegerField(default=0)
    input = models.PositiveBigIntegerField()
    cached_input = models.PositiveBigIntegerField(null=True, blank=True)
    cache_write = models.PositiveBigIntegerField(null=True, blank=True)
    output = models.PositiveBigIntegerField()
    source = models.CharField(max_length=8, choices=PriceSource, default=PriceSource.OPERATOR, editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering: ClassVar = ("model", "above_tokens")
        constraints = (models.UniqueConstraint(fields=("model", "above_tokens"), name="price_unique"),)

    def __str__(self) -> str:
        return f"prompts above {self.above_tokens:,} tokens" if self.above_tokens else "prompts of any length"

    @property
    def tier(self) -> PriceTier:
        return PriceTier(self.above_tokens, self.input, self.cached_input, self.cache_write, self.output)
