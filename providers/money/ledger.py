"""The ledger: a row for every provider call, opened before the call and settled once after it.

All that is written here belongs into the caller's transaction: a question is stored together with what is set aside
for its answer, and an answer ends together with what it cost.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db.models import Subquery
from django.utils import timezone
from django.utils.translation import gettext as _

from chatproject.errors import BadRequest
from providers.gateway import get_gateway
from providers.models import ApiKey, Outcome, Purpose, UsageRecord
from providers.money.budgets import BudgetExhausted, charge, claim_warnings, find_budgets, hold
from providers.money.cost import cost_of, find_tier, worst_cost
from providers.port import Usage
from providers.pricing import PriceTier

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import timedelta
    from uuid import UUID

    from providers.catalogue import CatalogueEntry

__all__ = [
    "LARGEST_COUNT",
    "BudgetExhausted",
    "Call",
    "PriceUnknown",
    "Settled",
    "list_open",
    "reserve",
    "settle",
    "settle_abandoned",
]

PROMPT_MARGIN_PERCENT = 150
"""How much of the estimated prompt is set aside: digits and code take more tokens than the estimate thinks."""

NOTHING_USED = Usage(0, 0)

LARGEST_COUNT = 2**31 - 1
"""The largest number of tokens that the tables hold; sums of what providers say can be larger."""


class PriceUnknown(BadRequest):
    """A budget holds, and what the model costs is not known."""

    code = "price_unknown"


@dataclass(frozen=True, slots=True)
class Call:
    """One call as it went; ``usage`` is None where nothing was used, ``key_id`` where no key was needed."""

    model: str
    key_id: int | None
    usage: Usage | None
    outcome: Outcome
    error_code: str = ""


@dataclass(frozen=True, slots=True)
class Settled:
    """What the calls cost together in micro-dollars, None where that is not known, and what to tell whom of budgets."""

    cost: int | None
    user_id: UUID | None = None
    warnings: tuple[str, ...] = ()


# --- before the call ----------------------------------------------------------------------------------------------


def reserve(
    user_id: UUID,
    *,
    purpose: Purpose,
    subject: UUID,
    model: str,
    estimate: Callable[[], tuple[int, int | None]],
) -> list[str]:
    """Open the record of a call, and set its worst case aside in every budget that holds for the person.

    ``subject`` is what the call is for and has one open record at a time. ``estimate`` is asked only when a budget
    holds; it returns the tokens of the prompt and those that may be written at most (None: the model's own limit).
    Returns sentences for the person about budgets that are nearly used up.

    Raises BudgetExhausted and PriceUnknown; the caller's transaction must then be rolled back.
    """
    record = UsageRecord(user_id=user_id, purpose=purpose, subject=subject, model=model)
    for name, value in _price_fields(find_tier(_present_prices(model), 0)).items():
        setattr(record, name, value)
    if budgets := find_budgets(user_id):
        record.reserved = _worst_case(model, *estimate())
        record.accounts = hold(budgets, user_id, record.reserved) if record.reserved else []
    record.save(force_insert=True)
    return claim_warnings(record.accounts) if record.accounts else []


def _worst_case(model: str, prompt_tokens: int, output_tokens: int | None) -> int:
    prompt = prompt_tokens * PROMPT_MARGIN_PERCENT // 100
    first, *fallbacks = get_gateway().find_chain(model, None)
    costs = [_worst_cost(entry, prompt, output_tokens, first) for entry in (first, *fallbacks)]
    return max(costs)


def _worst_cost(entry: CatalogueEntry, prompt: int, wanted: int | None, asked: CatalogueEntry) -> int:
    cost = worst_cost(prompt, entry.limit_output(wanted), entry.prices)
    if cost is None:
        if entry is asked:
            told = _(
                "What %(model)s costs is not known here, so it cannot be used under a budget. "
                "Choose another model, or ask your operator to enter the price."
            )
        else:
            told = _(
                "What %(model)s costs is not known here, so %(asked)s, which falls back to it, cannot be used under a "
                "budget. Choose another model, or ask your operator to enter the price."
            )
        raise PriceUnknown(told % {"model": entry.label, "asked": asked.label})
    return cost


# --- after the call -----------------------------------------------------------------------------------------------


def settle(subject: UUID, calls: Sequence[Call]) -> Settled:
    """Close the open record of ``subject``: the last call fills it, each earlier one gets a record of its own.

    Without calls there was none, and nothing stays. What was set aside is given back, what was used is charged. A
    subject without an open record was settled before: nothing happens.
    """
    if len(calls) == 1 and (settled := _settle_plainly(subject, calls[0])):
        return settled
    record = UsageRecord.objects.filter(subject=subject, settled_at=None).first()
    if record is None:
        return Settled(None)
    rows = [_fields(call, _prices(record, call.model)) for call in calls]
    if not _close(record, rows):
        return Settled(None)
    known = [row["cost"] for row in rows if row["cost"] is not None]
    warnings: list[str] = []
    if record.accounts:
        warnings = charge(record.accounts, reserved=record.reserved, cost=sum(known))
    return Settled(sum(known) if len(known) == len(rows) else None, record.user_id, tuple(warnings))


def _settle_plainly(subject: UUID, call: Call) -> Settled | None:
    """Settle without a look at the record, where it holds nothing and the price is known; None where that is not so."""
    prices = _present_prices(call.model)
    fields = _fields(call, prices)
    plain = UsageRecord.objects.filter(subject=subject, settled_at=None, reserved=0)
    return Settled(fields["cost"]) if prices and plain.update(**fields) else None


def _close(record: UsageRecord, rows: Sequence[dict[str, Any]]) -> bool:
    """Write the records of the calls; tells whether the record was still open."""
    still_open = UsageRecord.objects.filter(pk=record.pk, settled_at=None)
    if not rows:
        return bool(still_open.delete()[0])
    *earlier, last = rows
    if not still_open.update(**last):
        return False
    shared = {"user_id": record.user_id, "purpose": record.purpose, "subject": record.subject}
    UsageRecord.objects.bulk_create(UsageRecord(**shared, **row) for row in earlier)
    return True


def _fields(call: Call, prices: Sequence[PriceTier]) -> dict[str, Any]:
    usage = call.usage or NOTHING_USED
    return {
        "model": call.model,
        # The key may have been removed since.
        "key_id": Subquery(ApiKey.objects.filter(pk=call.key_id).values("pk")) if call.key_id else None,
        "outcome": call.outcome,
        "error_code": call.error_code,
        "prompt_tokens": min(LARGEST_COUNT, usage.prompt_tokens),
        "cached_tokens": min(LARGEST_COUNT, usage.cached_tokens),
        "cache_write_tokens": min(LARGEST_COUNT, usage.cache_write_tokens),
        "completion_tokens": min(LARGEST_COUNT, usage.completion_tokens),
        "reasoning_tokens": min(LARGEST_COUNT, usage.reasoning_tokens),
        "is_estimated": usage.estimated,
        "cost": cost_of(call.usage, prices) if call.usage else 0,
        "settled_at": timezone.now(),
        **_price_fields(find_tier(prices, usage.prompt_tokens)),
    }


def list_open(older_than: timedelta) -> list[UUID]:
    """List the subjects of calls that were opened before that and are not settled; there are never many open ones."""
    opened = UsageRecord.objects.filter(settled_at=None).order_by("subject").values_list("subject", "created_at")
    before = timezone.now() - older_than
    return [subject for subject, created_at in opened if subject is not None and created_at < before]


def settle_abandoned(subject: UUID) -> Settled:
    """Settle a call of which nobody knows how it went, so that it holds no budget for ever."""
    record = UsageRecord.objects.filter(subject=subject, settled_at=None).first()
    if record is None:
        return Settled(None)
    return settle(subject, [Call(record.model, None, Usage(0, 0, estimated=True), Outcome.FAILED, "abandoned")])


# --- prices -------------------------------------------------------------------------------------------------------


def _present_prices(model: str) -> tuple[PriceTier, ...]:
    try:
        return get_gateway().find_model(model, None).prices
    except BadRequest:
        return ()


def _prices(record: UsageRecord, model: str) -> tuple[PriceTier, ...]:
    """Give the present prices of a call; of a model that was taken away meanwhile, those noted before the call."""
    if present := _present_prices(model):
        return present
    noted = _noted(record) if model == record.model else None
    return (noted,) if noted else ()


def _noted(record: UsageRecord) -> PriceTier | None:
    if record.input_price is None or record.output_price is None:
        return None
    return PriceTier(0, record.input_price, record.cached_input_price, record.cache_write_price, record.output_price)


def _price_fields(tier: PriceTier | None) -> dict[str, int | None]:
    return {
        "input_price": tier.input if tier else None,
        "cached_input_price": tier.cached_input if tier else None,
        "cache_write_price": tier.cache_write if tier else None,
        "output_price": tier.output if tier else None,
    }
