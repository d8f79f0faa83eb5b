"""Who answers, with which keys, which models, and what it costs."""

from providers.models.catalogue import LanguageModel, ModelKind, Price, PriceSource
from providers.models.keys import ApiKey, Health, KeySource, KeyState, Provider, ProviderSource
from providers.models.money import Budget, BudgetAccount, Outcome, Period, Purpose, Scope, UsageRecord

__all__ = [
    "ApiKey",
    "Budget",
    "BudgetAccount",
    "Health",
    "KeySource",
    "KeyState",
    "LanguageModel",
    "ModelKind",
    "Outcome",
    "Period",
    "Price",
    "PriceSource",
    "Provider",
    "ProviderSource",
    "Purpose",
    "Scope",
    "UsageRecord",
]
