"""For each verb something it can be done to, and for each door how it is gone through: what the matrix is made of."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.test import Client

from apps.accounts.models import User
from apps.accounts.permissions import SCOPES
from apps.casework.models import ExceptionCase
from apps.casework.services import Problem, open_case
from apps.core import clock
from apps.core.actor import SYSTEM
from apps.inventory.models import StockLevel
from apps.inventory.services import WorkRow, fingerprint_of, plan_stock_work
from apps.inventory.states import StockWork
from apps.orders.models import Hold, Order
from tests.api.front_door import Door
from tests.casework.resolutions.settling import case_of
from tests.driving import again, work_it_off
from tests.factories import SkuFactory, UserFactory, make_key, make_order, make_stock


@dataclass
class Situation:
    """Something a verb can be done to. ``is_done`` tells whether it was; ``params`` are those of the case."""

    is_done: Callable[[], bool]
    order: Order | None = None
    case: ExceptionCase | None = None
    params: Mapping[str, Any] = field(default_factory=dict)
    reason: str = ""


def mismatch() -> tuple[Order, ExceptionCase]:
    """An order of 10.00 that its source says is 9.00."""
    make_stock(N1={"A": 50})
    order = make_order(lines={"A": 1}, totals={"total": 900})
    work_it_off()
    return again(order), case_of(order, "price_mismatch")


def cancelled(order: Order) -> Callable[[], bool]:
    return lambda: again(order).state == "cancelled"


def released(order: Order) -> Callable[[], bool]:
    return lambda: not Hold.objects.filter(order=order, released_at__isnull=True).exists()


def ended(case: ExceptionCase) -> Callable[[], bool]:
    return lambda: ExceptionCase.objects.get(pk=case.pk).state in ("resolved", "dismissed")


def cancel_order() -> Situation:
    order, case = mismatch()
    return Situation(cancelled(order), order, case)


def cancel_lines() -> Situation:
    make_stock(N1={"A": 50})
    order = make_order(lines={"A": 10_000})
    work_it_off()
    line = order.lines.get()
    return Situation(
        lambda: order.lines.get().cancelled_quantity == 1,
        order,
        case_of(order, "quantity_unusual"),
        {"units": {line.line_id: 1}},
    )


def accept_price() -> Situation:
    order, case = mismatch()
    return Situation(released(order), order, case, reason="price_mismatch")


def release_hold() -> Situation:
    make_stock(N1={"A": 50})
    order = make_order(risk={"level": "high"})
    work_it_off()
    return Situation(released(order), order, case_of(order, "fraud_review"), reason="fraud_review")


def change_promise() -> Situation:
    make_stock(N1={"A": 50})
    order = make_order()
    work_it_off()
    Order.objects.filter(pk=order.pk).update(deliver_by=clock.now())
    before = again(order).deliver_by
    return Situation(lambda: again(order).deliver_by != before, again(order))


def count_level() -> Situation:
    make_stock(N1={"A": 50})
    sku = SkuFactory(code="A")
    sku.cost_minor, sku.currency = 10_00, "GBP"
    sku.save()
    level = StockLevel.objects.get()
    case = open_case(Problem("stock_discrepancy", f"level:{level.pk}", "Not there.", node="N1"), actor=SYSTEM)
    return Situation(lambda: StockLevel.objects.get().on_hand == 49, None, case, {"on_hand": 49})


def handled_outside() -> Situation:
    case = open_case(Problem("late_risk", "thing", "Late."), actor=SYSTEM)
    return Situation(ended(case), None, case, {"what": "Called them."})


def merge() -> Situation:
    make_stock(N1={"A": 50})
    order = make_order()
    work_it_off()
    case, other = (
        open_case(Problem(kind, order.public_id, "Late.", order_id=order.pk, stream=order.public_id), actor=SYSTEM)
        for kind in ("late_risk", "promise_missed")
    )
    return Situation(ended(case), order, case, {"into": other.public_id})


def wait() -> Situation:
    case = open_case(Problem("late_risk", "thing", "Late."), actor=SYSTEM)
    return Situation(lambda: ExceptionCase.objects.get(pk=case.pk).state == "waiting", None, case)


SITUATIONS: dict[str, Callable[[], Situation]] = {
    make.__name__: make
    for make in (
        cancel_order,
        cancel_lines,
        accept_price,
        release_hold,
        change_promise,
        count_level,
        handled_outside,
        merge,
        wait,
    )
}
# What costs nothing can't be beyond an amount.
COSTLESS = {"handled_outside", "merge", "wait"}


def key(role: str) -> Door:
    return Door(make_key(role=role))


def browser(role: str) -> Client:
    client = Client()
    user: User = UserFactory(role=role, is_superuser=False)
    client.force_login(user)
    return client


def _of(it: Situation) -> ExceptionCase:
    assert it.case is not None
    return it.case


def _order(it: Situation) -> Order:
    assert it.order is not None
    return it.order


def choose_api(code: str, it: Situation, role: str) -> None:
    path = f"exceptions/{_of(it).public_id}/resolutions/{code}"
    key(role).post(path, {"params": dict(it.params)}, match=f'"{_of(it).version}"')


def choose_console(code: str, it: Situation, role: str) -> None:
    fields = {f"p.{name}": value for name, value in it.params.items() if not isinstance(value, dict)}
    for name, units in it.params.items():
        fields |= {f"u.{name}.{line}": count for line, count in units.items()} if isinstance(units, dict) else {}
    form = {"code": code, "version": _of(it).version, "reason": "Asked.", **fields}
    browser(role).post(f"/exceptions/{_of(it).public_id}/choose/", form)
    perform_what_was_chosen()


def perform_what_was_chosen() -> None:
    with clock.moved(timedelta(seconds=90)):
        work_it_off()


def page_cancel(code: str, it: Situation, role: str) -> None:
    browser(role).post(f"/orders/{_order(it).public_id}/cancel/", {"reason": "Other"})


def api_cancel(code: str, it: Situation, role: str) -> None:
    key(role).post(f"orders/{_order(it).public_id}/cancel", {"reason": "asked"})


def page_release(code: str, it: Situation, role: str) -> None:
    browser(role).post(f"/orders/{_order(it).public_id}/release/", {"reason": it.reason})


def api_release(code: str, it: Situation, role: str) -> None:
    key(role).post(f"orders/{_order(it).public_id}/holds/release", {"reason": it.reason})


def api_patch(code: str, it: Situation, role: str) -> None:
    later = (clock.now() + timedelta(days=9)).isoformat()
    key(role).patch(f"orders/{_order(it).public_id}", {"deliver_by": later}, match="*")


def api_count(code: str, it: Situation, role: str) -> None:
    items = [{"node": "N1", "sku": "A", "on_hand": 49}]
    key(role).post("inventory/levels/bulk", {"reason": "count", "items": items})


def page_count(code: str, it: Situation, role: str) -> None:
    seen = fingerprint_of(plan_stock_work(StockWork.COUNT, [WorkRow("N1", "A", 49)]))
    form = {"work": "count", "node": "N1", "lines": "A 49", "reason": "Stocktake", "seen": seen}
    browser(role).post("/stock/work/book/", form)


def api_resolve(code: str, it: Situation, role: str) -> None:
    key(role).post(f"exceptions/{_of(it).public_id}/resolve", {"resolution": "Called."})


def page_resolve(code: str, it: Situation, role: str) -> None:
    browser(role).post(f"/exceptions/{_of(it).public_id}/resolve/", {"resolution": "Called."})


def api_merge(code: str, it: Situation, role: str) -> None:
    key(role).post(f"exceptions/{it.params['into']}/merge", {"others": [_of(it).public_id]})


def page_merge(code: str, it: Situation, role: str) -> None:
    browser(role).post(f"/exceptions/{_of(it).public_id}/merge/", {"into": it.params["into"]})


def api_wait(code: str, it: Situation, role: str) -> None:
    key(role).post(f"exceptions/{_of(it).public_id}/wait", {"on": "customer"})


def page_snooze(code: str, it: Situation, role: str) -> None:
    browser(role).post(f"/exceptions/{_of(it).public_id}/snooze/", {"until": "customer"})


def page_bulk(code: str, it: Situation, role: str) -> None:
    verb = {"handled_outside": "close", "wait": "snooze:customer"}[code]
    form = {"case": _of(it).public_id, "verb": verb, "resolution": "Called."}
    browser(role).post("/exceptions/bulk/", form)


# (the scope it asks for, how it is gone through)
DRIVERS: dict[str, tuple[str, Callable[[str, Situation, str], None]]] = {
    "console:case_choose": ("cases:write", choose_console),
    "api:ChooseResolution.POST": ("cases:write", choose_api),
    "console:order_cancel": ("orders:cancel", page_cancel),
    "api:Cancel.POST": ("orders:cancel", api_cancel),
    "console:order_release": ("orders:release", page_release),
    "api:ReleaseHold.POST": ("orders:release", api_release),
    "api:OneOrder.PATCH": ("orders:write", api_patch),
    "console:stock_book": ("inventory:write", page_count),
    "api:CountLevels.POST": ("inventory:write", api_count),
    "console:case_resolve": ("cases:write", page_resolve),
    "api:ResolveCase.POST": ("cases:write", api_resolve),
    "console:case_merge": ("cases:write", page_merge),
    "api:MergeCases.POST": ("cases:write", api_merge),
    "console:case_snooze": ("cases:write", page_snooze),
    "api:WaitCase.POST": ("cases:write", api_wait),
    "console:cases_bulk": ("cases:write", page_bulk),
}
# Of what none of the roles' limits speak: one look each, elsewhere, that a role without the row is refused.
LOOKED_AT_ELSEWHERE = {"confirm_not_received", "read_again", "retry_step"}


def may_enter(door: str, role: str) -> bool:
    scope = DRIVERS[door][0]
    needs = {scope, "orders:read"} if door.startswith("api:OneOrder") else {scope}
    return needs <= SCOPES[role]
