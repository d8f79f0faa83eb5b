"""Budgets: which ones hold for a person, setting money aside in their accounts, and settling it.

One UPDATE decides: its condition reads nothing but the account's own row, which the database checks again when it had
to wait for it. So all processes together never set aside more than there is. A call that touches several accounts locks
them in one order first, so that no two calls wait for each other.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal
from uuid import UUID

from django.contrib.auth.models import Group
from django.db import transaction
from django.db.models import F, Q, Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from chatproject.errors import DomainError
from providers.models import Budget, BudgetAccount, Period, Scope, UsageRecord
from providers.money import periods
from providers.money.dollars import format_dollars, write_exactly

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from datetime import date

    from django.db.models import QuerySet

WARN_AT_PERCENT = 80
MOMENT = 5.0
"""Seconds after which a running answer may have given back what it held."""

IS_LOW = {"spent__gte": F("limit") * WARN_AT_PERCENT / 100}


class BudgetExhausted(DomainError):
    """What is left of a budget does not cover the call.

    ``retry_after`` counts the seconds until it renews, or is MOMENT where running answers hold what would do.
    """

    code = "budget_exhausted"
    http_status = 402


@dataclass(frozen=True, slots=True)
class Standing:
    """A budget as it stands for a person in the present period; amounts in micro-dollars."""

    title: str
    limit: int
    spent: int
    reserved: int
    renewal: str

    @property
    def percent(self) -> int:
        """How much is spent, of 100; more than 100 where answers cost more than was thought."""
        return self.spent * 100 // self.limit if self.limit else 100

    @property
    def state(self) -> Literal["fine", "low", "over"]:
        """Tell ``over`` when it is used up, ``low`` when it nearly is, else ``fine``."""
        if self.spent >= self.limit:
            return "over"
        return "low" if self.percent >= WARN_AT_PERCENT else "fine"


# --- which budgets hold -------------------------------------------------------------------------------------------


def find_budgets(user_id: UUID) -> list[Budget]:
    """Find the enabled budgets that the calls of a person count against, in one SELECT, or two where groups have any.

    It is asked before every call, and mostly there are none.
    """
    enabled = Budget.objects.filter(Q(user=None) | Q(user=user_id), enabled=True).order_by()
    found = sorted(enabled, key=lambda one: one.pk)
    if not any(one.group_id for one in found):
        return found
    groups = set(Group.objects.filter(user=user_id).values_list("pk", flat=True))
    return [one for one in found if one.group_id is None or one.group_id in groups]


def list_standings(user_id: UUID) -> list[Standing]:
    """Describe the budgets of a person; nothing is written for those that were not used yet in this period."""
    budgets = find_budgets(user_id)
    known = {account.budget_id: account for account in _find(_keys(budgets, user_id))}
    return [_standing(budget, known.get(budget.pk), user_id) for budget in budgets]


def _standing(budget: Budget, account: BudgetAccount | None, user_id: UUID) -> Standing:
    starts_on = periods.starts_on(budget.period)
    spent = account.spent if account else _spent_before(budget, _holder(budget, user_id), starts_on)
    reserved = account.reserved if account else 0
    return Standing(_title(budget), budget.limit, spent, reserved, periods.describe_renewal(budget.period, starts_on))


@dataclass(frozen=True, slots=True)
class Holding:
    """What one person, or all together (``holder`` is empty), spent of a budget in this period, and has set aside."""

    holder: str
    spent: int
    reserved: int = 0


def list_holdings(budget: Budget) -> list[Holding]:
    """List what is spent of a budget in this period, the fullest first; also what no call has opened an account for."""
    accounts = current_accounts(budget).values_list("holder", "spent", "reserved")
    known = {holder: Holding(holder, spent, reserved) for holder, spent, reserved in accounts}
    for holder, spent in _spent_by_holder(budget, periods.starts_on(budget.period)).items():
        known.setdefault(holder, Holding(holder, spent))
    return sorted(known.values(), key=lambda one: one.spent, reverse=True)


def _spent_by_holder(budget: Budget, starts_on: date) -> dict[str, int]:
    if budget.scope != Scope.EACH:
        return {"": _spent_before(budget, "", starts_on)}
    records = UsageRecord.objects.filter(created_at__gte=periods.midnight(starts_on), user__isnull=False)
    if budget.group_id:
        records = records.filter(user__groups=budget.group_id)
    sums = records.order_by().values_list("user").annotate(sum=Sum("cost"))
    return {str(user): spent for user, spent in sums if spent}


# --- accounts -----------------------------------------------------------------------------------------------------

AccountKey = tuple[int, str, "date"]
"""Budget, holder, first day of the period."""


def hold(budgets: Sequence[Budget], user_id: UUID, amount: int) -> list[int]:
    """Set ``amount`` aside in every account and return their ids; raises BudgetExhausted.

    The caller's transaction must then be rolled back.
    """
    accounts = _open_accounts(budgets, user_id)
    covered = Q(limit__gte=F("spent") + F("reserved") + amount)
    rows = BudgetAccount.objects.filter(pk__in=accounts)
    if len(accounts) > 1:
        _lock(accounts)
        if uncovered := list(rows.exclude(covered).select_related("budget__group")):
            raise _exhausted(uncovered, amount)
    held = rows.filter(covered).update(reserved=F("reserved") + amount)
    if not held and (alone := rows.select_related("budget__group").first()):
        raise _exhausted([alone], amount)
    return accounts


def charge(accounts: Sequence[int], *, reserved: int, cost: int) -> list[str]:
    """Give back what was set aside and note what was spent; accounts that are gone are left out.

    Returns a sentence for each budget that this call brought to WARN_AT_PERCENT. Nobody may be there to read it, so the
    next question is told, too: see :func:`claim_warnings`.
    """
    if len(accounts) > 1:
        _lock(accounts)
    rows = BudgetAccount.objects.filter(pk__in=accounts)
    rows.update(reserved=F("reserved") - reserved, spent=F("spent") + cost)
    if not cost:
        return []
    crossed = rows.filter(**IS_LOW, warned_at=None, spent__lt=F("limit") * WARN_AT_PERCENT / 100 + cost)
    return [_warning(account) for account in crossed.select_related("budget__group")]


def claim_warnings(accounts: Sequence[int]) -> list[str]:
    """Return a sentence for each of these accounts that is nearly used up, once an account.

    Ask when a question is stored: whoever asks is there to read it.
    """
    low = BudgetAccount.objects.filter(pk__in=accounts, warned_at=None, **IS_LOW).select_related("budget__group")
    return [_warning(account) for account in low if _claim_warning(account)]


def _lock(accounts: Collection[int]) -> None:
    list(BudgetAccount.objects.select_for_update().filter(pk__in=accounts).order_by("pk").values_list("pk"))


def _claim_warning(account: BudgetAccount) -> bool:
    unwarned = BudgetAccount.objects.filter(pk=account.pk, warned_at=None)
    return bool(unwarned.update(warned_at=timezone.now()))


def _open_accounts(budgets: Sequence[Budget], user_id: UUID) -> list[int]:
    keys = _keys(budgets, user_id)
    found = _find(keys)
    if len(found) < len(keys):
        _make_accounts(keys, found)
        found = _find(keys)
    return sorted(account.pk for account in found)


def _keys(budgets: Iterable[Budget], user_id: UUID) -> list[AccountKey]:
    return [(budget.pk, _holder(budget, user_id), periods.starts_on(budget.period)) for budget in budgets]


def _holder(budget: Budget, user_id: UUID) -> str:
    return str(user_id) if budget.scope == Scope.EACH else ""


def _find(keys: Iterable[AccountKey]) -> list[BudgetAccount]:
    wanted = Q(pk__in=())
    for budget, holder, starts_on in keys:
        wanted |= Q(budget=budget, holder=holder, starts_on=starts_on)
    return list(BudgetAccount.objects.filter(wanted))


def _make_accounts(keys: Iterable[AccountKey], found: Iterable[BudgetAccount]) -> None:
    """Make the accounts that are missing; the lock lets nobody change a limit meanwhile."""
    missing = set(keys) - {(account.budget_id, account.holder, account.starts_on) for account in found}
    ids = [budget for budget, _, _ in missing]
    budgets = {budget.pk: budget for budget in Budget.objects.select_for_update().filter(pk__in=ids).order_by("pk")}
    made = [
        BudgetAccount(
            budget=budgets[pk],
            holder=holder,
            starts_on=starts_on,
            limit=budgets[pk].limit,
            spent=_spent_before(budgets[pk], holder, starts_on),
        )
        for pk, holder, starts_on in sorted(missing)
        if pk in budgets
    ]
    BudgetAccount.objects.bulk_create(made, ignore_conflicts=True)


def _spent_before(budget: Budget, holder: str, starts_on: date) -> int:
    """Sum what was spent in the period before its account was made: a budget may begin in the middle of a month."""
    records = UsageRecord.objects.filter(created_at__gte=periods.midnight(starts_on))
    if budget.scope == Scope.GROUP:
        records = records.filter(user__groups=budget.group_id)
    elif budget.scope == Scope.EACH:
        records = records.filter(user=UUID(holder))
    elif budget.scope == Scope.PERSON:
        records = records.filter(user=budget.user_id)
    return records.aggregate(sum=Sum("cost"))["sum"] or 0


# --- what operators change ----------------------------------------------------------------------------------------


def save_budget(budget: Budget) -> Budget:
    """Save a budget; its accounts of this period take its limit at once.

    One that was off begins again with what was spent meanwhile.
    """
    with transaction.atomic():
        before = Budget.objects.select_for_update().filter(pk=budget.pk).first()
        budget.save()
        current = current_accounts(budget)
        current.update(limit=budget.limit)
        if before is not None and not before.enabled:
            _count_again(budget, current)
        current.exclude(**IS_LOW).update(warned_at=None)
    return budget


def _count_again(budget: Budget, accounts: Iterable[BudgetAccount]) -> None:
    """Take what was spent from the ledger; what running calls hold stays. The accounts' rows are locked."""
    for account in accounts:
        spent = _spent_before(budget, account.holder, account.starts_on)
        BudgetAccount.objects.filter(pk=account.pk).update(spent=spent)


def current_accounts(budget: Budget) -> QuerySet[BudgetAccount]:
    return BudgetAccount.objects.filter(budget=budget, starts_on=periods.starts_on(budget.period))


# --- words --------------------------------------------------------------------------------------------------------


def _title(budget: Budget) -> str:
    is_daily = budget.period == Period.DAY
    if budget.scope == Scope.SITE:
        return _("The budget of this site for today") if is_daily else _("The budget of this site for this month")
    if budget.scope == Scope.GROUP and budget.group:
        told = (
            _("The budget of the group %(group)s for today")
            if is_daily
            else _("The budget of the group %(group)s for this month")
        )
        return told % {"group": budget.group.name}
    return _("Your budget for today") if is_daily else _("Your budget for this month")


def _name(account: BudgetAccount) -> str:
    return f"{_title(account.budget)} ({format_dollars(account.limit)})"


def _exhausted(uncovered: Iterable[BudgetAccount], amount: int) -> BudgetExhausted:
    """Name the account for which the person has to wait longest."""
    account = max(uncovered, key=lambda row: (row.limit - row.spent < amount, _renews_on(row)))
    left = account.limit - account.spent
    if left >= amount:
        aside = _("%(budget)s is set aside for answers that are being written. Wait for one of them to end.") % {
            "budget": _name(account)
        }
        return BudgetExhausted(aside, retry_after=MOMENT)
    has, needs = format_dollars(left), format_dollars(amount)
    if has == needs:
        has, needs = f"${write_exactly(left)}", f"${write_exactly(amount)}"
    told = (
        _(
            "%(budget)s has %(left)s left, and this answer may cost up to %(needed)s. "
            "%(renewal)s A cheaper model may still answer."
        )
        if left > 0
        else _("%(budget)s is used up. %(renewal)s A cheaper model may still answer.")
    )
    period, starts_on = account.budget.period, account.starts_on
    renewal = periods.describe_renewal(period, starts_on)
    message = told % {"budget": _name(account), "left": has, "needed": needs, "renewal": renewal}
    return BudgetExhausted(message, retry_after=periods.seconds_to_renewal(period, starts_on))


def _renews_on(account: BudgetAccount) -> date:
    return periods.renews_on(account.budget.period, account.starts_on)


def _warning(account: BudgetAccount) -> str:
    name, renewal = _name(account), periods.describe_renewal(account.budget.period, account.starts_on)
    percent = account.spent * 100 // account.limit
    return _("%(budget)s: %(percent)s %% used. %(renewal)s") % {"budget": name, "percent": percent, "renewal": renewal}
