"""``/api/usage``: what somebody's questions and answers used."""

from datetime import date
from typing import Annotated, Any, Literal

from ninja import Query, Router
from pydantic import BaseModel, Field

from api.auth import READING, ApiRequest
from api.shapes import Shape
from providers.money import periods
from providers.money.budgets import Standing, list_standings
from providers.money.reports import Total, find_records, report_month

router = Router(tags=["usage"])

Cost = Annotated[int | None, Field(description="In millionths of a US dollar; null where no price is known.")]


class Month(BaseModel):
    month: Annotated[
        str, Field(pattern=r"^2[0-9]{3}-(0[1-9]|1[0-2])$", description="As 2026-11; without it, this month.")
    ] = ""


class Sum(Shape):
    calls: int
    prompt_tokens: int
    completion_tokens: int
    cost: Cost
    unpriced: Annotated[int, Field(description="Calls whose price is not known; they are not in the cost.")]
    estimated: Annotated[int, Field(description="Calls whose tokens are our estimate.")]


class ModelSum(Sum):
    model: str


class DaySum(Sum):
    day: date


class Budget(Shape):
    """A budget that holds for you, as it stands; amounts in millionths of a US dollar."""

    title: str
    limit: int
    spent: int
    reserved: Annotated[int, Field(description="Set aside for answers that are being written.")]
    state: Literal["fine", "low", "over"]
    renewal: Annotated[str, Field(description="When it begins anew, in words.")]


class OwnUsage(Shape):
    month: Annotated[str, Field(description="As 2026-11; its days begin at midnight UTC.")]
    total: Sum
    models: Annotated[list[ModelSum], Field(description="The dearest first.")]
    days: Annotated[list[DaySum], Field(description="All days of the month, in their order.")]
    budgets: Annotated[list[Budget], Field(description="Those that hold; of this month only.")]


@router.get("/usage", response=OwnUsage, auth=READING, summary="Read your usage")
def read_usage(request: ApiRequest, query: Query[Month]) -> OwnUsage:
    """Sum up a month of your own calls, by model and by day."""
    month, user = periods.parse_month(query.month), request.auth.user
    report = report_month(month, find_records(month, user=user.pk))
    is_present = month == periods.starts_on("month")
    return OwnUsage(
        month=f"{month:%Y-%m}",
        total=Sum(**sums_of(report.total)),
        models=[ModelSum(model=total.key, **sums_of(total)) for total in report.models],
        days=[DaySum(day=total.key, **sums_of(total)) for total in report.days],
        budgets=[_describe_budget(one) for one in list_standings(user.pk)] if is_present else [],
    )


def sums_of(total: Total) -> dict[str, Any]:
    return {
        "calls": total.calls,
        "prompt_tokens": total.prompt,
        "completion_tokens": total.completion,
        "cost": total.cost if total.is_cost_known or not total.calls else None,
        "unpriced": total.unpriced,
        "estimated": total.estimated,
    }


def _describe_budget(standing: Standing) -> Budget:
    return Budget(
        title=standing.title,
        limit=standing.limit,
        spent=standing.spent,
        reserved=standing.reserved,
        state=standing.state,
        renewal=standing.renewal,
    )
