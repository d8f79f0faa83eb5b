"""``/api/usage``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from providers.money import periods
from tests.money.paying import make_budget, make_record

if TYPE_CHECKING:
    from accounts.models import User
    from tests.api.asking import Api

NOTHING = {"calls": 0, "prompt_tokens": 0, "completion_tokens": 0, "cost": 0, "unpriced": 0, "estimated": 0}


def test_usage_sums_ones_own_calls_by_model_and_day(api: Api, alice: User, bob: User) -> None:
    make_record(alice)
    make_record(alice, model="openai/mini", cost=None, is_estimated=True)
    make_record(bob, model="openai/secret", cost=77_000_000)
    told = api.get("/usage").json()
    today = periods.today()
    both = {
        "calls": 2,
        "prompt_tokens": 200,
        "completion_tokens": 40,
        "cost": 1_000_000,
        "unpriced": 1,
        "estimated": 1,
    }
    assert (told["month"], told["total"]) == (f"{today:%Y-%m}", both)
    assert [(one["model"], one["calls"], one["cost"]) for one in told["models"]] == [
        ("openai/gpt-5.5", 1, 1_000_000),
        ("openai/mini", 1, None),
    ]
    by_day = {one.pop("day"): one for one in told["days"]}
    assert len(by_day) == (periods.next_month(today) - today.replace(day=1)).days
    assert by_day.pop(today.isoformat()) == both
    assert all(one == NOTHING for one in by_day.values())


def test_budgets_that_hold_are_told(api: Api, alice: User) -> None:
    make_budget(10_000_000, scope="person", user=alice)
    told = api.get("/usage").json()["budgets"]
    assert [(one["limit"], one["spent"], one["reserved"], one["state"]) for one in told] == [(10_000_000, 0, 0, "fine")]
    month = periods.previous_month(periods.today())
    assert api.get("/usage", month=f"{month:%Y-%m}").json()["budgets"] == []


def test_a_month_without_calls_is_empty(api: Api) -> None:
    told = api.get("/usage", month="2020-02").json()
    assert (told["total"], told["models"], len(told["days"])) == (NOTHING, [], 29)


@pytest.mark.parametrize("month", ["2026", "2026-13", "0000-01", "9999-12", "x", "2026-1", "2026-01-01", "2026-01\n"])
def test_what_is_no_month_is_refused(api: Api, month: str) -> None:
    assert api.get("/usage", month=month).status_code == 400
