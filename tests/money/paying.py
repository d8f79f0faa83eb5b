"""What the tests about money share: models with a price, budgets, calls, and what stands in the accounts."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from asgiref.sync import async_to_sync
from django.db import transaction

from providers.gateway import get_gateway
from providers.models import Budget, BudgetAccount, LanguageModel, Outcome, Price, Provider, Purpose, UsageRecord
from providers.money.budgets import save_budget
from providers.money.ledger import Call, Settled, reserve, settle
from providers.port import Usage
from providers.pricing import MICRO

if TYPE_CHECKING:
    from accounts.models import User

MODEL = "openai/gpt-5.5"
CENT = MICRO // 100


def store_model(model: str = MODEL, *, tiers: tuple[dict[str, Any], ...] = (), **fields: Any) -> LanguageModel:
    """Make or change a model, with these prices (none: not known)."""
    slug, _, name = model.partition("/")
    provider, _ = Provider.objects.get_or_create(slug=slug, defaults={"kind": "openai", "label": slug.title()})
    row, _ = LanguageModel.objects.update_or_create(provider=provider, name=name, defaults={"label": name, **fields})
    Price.objects.filter(model=row).delete()
    Price.objects.bulk_create(Price(model=row, **tier) for tier in tiers)
    return row


def make_model(model: str = MODEL, *, tiers: tuple[dict[str, Any], ...] = (), **fields: Any) -> LanguageModel:
    """Make a model as ``store_model`` does, and let this process know it."""
    row = store_model(model, tiers=tiers, **fields)
    async_to_sync(get_gateway().reload)()
    return row


def a_dollar_each() -> tuple[dict[str, Any], ...]:
    """Prices at which every token costs one micro-dollar."""
    return ({"input": MICRO, "output": MICRO},)


def make_budget(limit: int, *, scope: str = "site", period: str = "month", **fields: Any) -> Budget:
    return save_budget(Budget(scope=scope, period=period, limit=limit, **fields))


def open_call(user: User, *, prompt: int = 100, output: int = 100, model: str = MODEL) -> UUID:
    """Reserve as a turn does, in a transaction of its own; returns the subject."""
    return open_and_listen(user, prompt=prompt, output=output, model=model)[0]


def open_and_listen(user: User, *, prompt: int = 0, output: int = 1, model: str = MODEL) -> tuple[UUID, list[str]]:
    """Reserve as ``open_call`` does; returns what the person is told, too."""
    subject = uuid4()
    with transaction.atomic():
        told = reserve(user.pk, purpose=Purpose.CHAT, subject=subject, model=model, estimate=lambda: (prompt, output))
    return subject, told


def close_call(subject: UUID, prompt: int = 0, completion: int = 0, **fields: Any) -> Settled:
    """Settle one call that used so much."""
    call = Call(
        **{"model": MODEL, "key_id": None, "outcome": Outcome.COMPLETE, **fields}, usage=Usage(prompt, completion)
    )
    with transaction.atomic():
        return settle(subject, [call])


def make_record(user: User | None, *, at: datetime | None = None, **fields: Any) -> UsageRecord:
    """Make the record of a settled call, of now or of then."""
    values = {"model": MODEL, "prompt_tokens": 100, "completion_tokens": 20, "cost": 1_000_000, **fields}
    record = UsageRecord.objects.create(user=user, outcome=Outcome.COMPLETE, settled_at=datetime.now(UTC), **values)
    if at:
        UsageRecord.objects.filter(pk=record.pk).update(created_at=at)
    return record


def balance(budget: Budget, holder: str = "") -> tuple[int, int]:
    """Give what is spent and what is reserved in the only account of a budget's holder."""
    account = BudgetAccount.objects.get(budget=budget, holder=holder)
    return account.spent, account.reserved
