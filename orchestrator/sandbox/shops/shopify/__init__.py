"""A simulated Shopify back end: it speaks GraphQL as the Admin API 2026-07 does, keeps orders and receives what happened to them."""

from __future__ import annotations

import itertools
import re
import time
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl

from ...exchange import Request, Response
from ...graphql import GraphqlProblem, cost_of, execute, parse
from ..base import Order, Route, SimulatedShop, moment, now, number
from .fulfilling import FulfillmentDesk, refusal
from .nodes import Node, fulfillment_node, gid, number_of, order_node
from .setup import FrontOffice
from .stock import StockRoom

VERSION = "2026-07"
_UPDATED = re.compile(r"updated_at:>='([^']+)'")


class Shopify(SimulatedShop):
    """The parts of the Admin API that order management uses, with its shapes and field names.

    ``strict``: an order that was never put here does not exist; otherwise it is answered, with nothing in it, as the demo sends
    orders of which no shop knows. ``page_size``: at most so many orders on a page; ``on_list``: called after each list it gives.
    ``most_cost``: what one query may cost, ``bucket``: what is left for all, which fills by ``restores`` a second.
    """

    name = "shopify"

    def __init__(self) -> None:
        super().__init__()
        self._numbers = itertools.count(5_000_000_001)
        self.desk = FulfillmentDesk(self.orders, self._numbers)
        self.cancellations: list[Order] = []
        # The note of each order that was changed, as it stands now.
        self.noted: dict[str, str] = {}
        self.strict = False
        self.page_size = 250
        self.on_list: Callable[[], None] = lambda: None
        self.stock, self.office = StockRoom(self._numbers), FrontOffice(self._numbers)
        # Access tokens it takes; empty: any.
        self.tokens: set[str] = set()
        self.token_requests: list[dict[str, str]] = []
        self.most_cost, self.most_in_bucket, self.restores = 1000, 2000.0, 100.0
        self.bucket, self._filled_at = self.most_in_bucket, time.monotonic()

    @property
    def fulfillments(self) -> list[Order]:
        return self.desk.received

    def routes(self) -> list[Route]:
        return [
            ("POST", r"/shopify/admin/api/([^/]+)/graphql\.json", self.answer),
            ("POST", r"/shopify/admin/oauth/access_token", self.give_token),
            ("POST", r"/_catalog/shopify", self._put_catalog),
        ]

    def operation(self, request: Request) -> str:
        try:
            return "write" if parse(str(request.json().get("query"))).kind == "mutation" else "read"
        except (GraphqlProblem, ValueError):
            return "read"

    def answer(self, request: Request, version: str) -> Response:
        if self.tokens and request.headers.get("x-shopify-access-token") not in self.tokens:
            return Response(
                401, {"errors": "[API] Invalid API key or access token (unrecognized login or wrong password)"}
            )
        given = request.json()
        text, variables = str(given.get("query")), given.get("variables") or {}
        cost = self._cost(text, variables)
        with self._lock:
            self._fill_up()
            if cost > self.most_cost:
                said = f"Query cost is {cost}, which exceeds the single query max cost limit ({self.most_cost})."
                return self._problem(GraphqlProblem(said, "MAX_COST_EXCEEDED"), cost)
            if cost > self.bucket:
                return self._problem(GraphqlProblem("Throttled", "THROTTLED"), cost)
            self.bucket -= cost
            try:
                data = execute(text, variables, self._resolvers())
            except GraphqlProblem as problem:
                return self._problem(problem, cost)
        return Response(200, {"data": data, "extensions": self._extensions(cost)})

    def _resolvers(self) -> dict[str, Callable[..., Any]]:
        return {
            "orders": self._list_orders,
            "order": self._show_order,
            "fulfillmentOrder": self.desk.one,
            "fulfillment": self._show_fulfillment,
            "nodes": self._show_nodes,
            "fulfillmentCreate": self.desk.fulfill,
            "fulfillmentOrderHold": self.desk.hold,
            "fulfillmentOrderReleaseHold": self.desk.release,
            "fulfillmentOrderMove": self.desk.move,
            "fulfillmentOrderAcceptFulfillmentRequest": self.desk.accept,
            "fulfillmentOrderRejectCancellationRequest": self.desk.reject_cancellation,
            "fulfillmentOrderLineItemsPreparedForPickup": self.desk.prepared,
            "productVariants": self.stock.page,
            "productVariantsCount": self.stock.count,
            "locations": self.stock.list_locations,
            "location": self.stock.first_location,
            "inventorySetQuantities": self.stock.set_quantities,
            "shop": self.office.shop,
            "currentAppInstallation": self.office.installation,
            "webhookSubscriptions": self.office.list_hooks,
            "webhookSubscriptionCreate": self.office.create_hook,
            "webhookSubscriptionDelete": self.office.delete_hook,
            "orderCreate": self._create,
            "orderCancel": self._cancel,
            "orderUpdate": self._update,
        }

    # --- orders

    def _list_orders(self, query: str = "", first: int = 50, after: str | None = None, **_: Any) -> Node:
        """Oldest change first; a cursor is the place after an order as it stood, whatever changes meanwhile."""
        said = _UPDATED.search(query or "")
        since = moment(said.group(1)) if said else None
        rows = [(str(one.get("updated_at", "")), int(number_of(one["id"])), one) for one in self.orders.values()]
        rows = [row for row in sorted(rows, key=lambda row: row[:2]) if since is None or moment(row[0]) >= since]
        rows = [row for row in rows if f"{row[0]}/{row[1]:020}" > (after or "")]
        shown = rows[: min(first, self.page_size)]
        cursor = f"{shown[-1][0]}/{shown[-1][1]:020}" if shown else None
        page = {
            "nodes": [self._node_of(one) for _, _, one in shown],
            "pageInfo": {"hasNextPage": len(rows) > len(shown), "endCursor": cursor},
        }
        self.on_list()
        return page

    def _show_order(self, id: str, **_: Any) -> Node | None:
        order_id = number_of(id)
        known = self.orders.get(order_id)
        if known is None and self.strict:
            return None
        return self._node_of(known or {"id": number(order_id)}) | {"fulfillmentOrders": self.desk.nodes(order_id)}

    def _node_of(self, order: Order) -> Node:
        node, waits = order_node(order), self.desk.shown_status(number_of(order["id"]))
        return node | {"displayFulfillmentStatus": waits} if waits else node

    def _show_fulfillment(self, id: str, **_: Any) -> Node | None:
        made = [one for order in self.orders.values() for one in order.get("fulfillments") or []]
        found = next((one for one in made if str(one["id"]) == number_of(id)), None)
        return None if found is None else fulfillment_node(found)

    def _show_nodes(self, ids: list[str], **_: Any) -> list[Node | None]:
        return [self.stock.item(one) if "/InventoryItem/" in one else self._show_order(one) for one in ids]

    def _create(self, order: Mapping[str, Any], **_: Any) -> Node:
        """In the shape of its webhooks, as all orders are kept."""
        pk, lines = next(self._numbers), order["lineItems"]
        money = [one["priceSet"]["shopMoney"] for one in lines]
        total = sum(float(one["amount"]) * line["quantity"] for one, line in zip(money, lines, strict=True))
        to = order.get("shippingAddress") or {}
        self.orders[str(pk)] = {
            "id": pk, "name": f"#{pk}", "created_at": now(), "updated_at": now(), "cancelled_at": None, "test": order.get("test"),
            "note": order.get("note"), "tags": ", ".join(order.get("tags") or []), "currency": money[0]["currencyCode"],
            "financial_status": str(order.get("financialStatus") or "pending").lower(), "total_price": f"{total:.2f}",
            "shipping_address": {
                "name": f"{to.get('firstName')} {to.get('lastName')}", "address1": to.get("address1"), "city": to.get("city"),
                "zip": to.get("zip"), "country_code": to.get("countryCode"),
            },
            "line_items": [
                {"id": next(self._numbers), "sku": one.get("sku"), "title": one["title"], "quantity": one["quantity"],
                 "price": one["priceSet"]["shopMoney"]["amount"]}
                for one in lines
            ],
            "shipping_lines": [],
        }  # fmt: skip
        return {"order": {"id": gid("Order", pk)}, "userErrors": []}

    def _cancel(self, order_id: str, **given: Any) -> Node:
        order = self.orders.get(number_of(order_id))
        if order is None and self.strict:
            return {
                "job": None,
                "orderCancelUserErrors": [refusal("Order does not exist", "orderId", code="NOT_FOUND")],
            }
        if order is not None and order.get("cancelled_at"):
            return {
                "job": None,
                "orderCancelUserErrors": [refusal("Order has already been cancelled", "orderId", code="INVALID")],
            }
        self.cancellations.append({"order_id": number(number_of(order_id)), "at": now(), **given})
        if order is not None:
            order["cancelled_at"] = order["updated_at"] = now()
        return {"job": {"id": gid("Job", next(self._numbers)), "done": False}, "orderCancelUserErrors": []}

    def _update(self, input: Mapping[str, Any], **_: Any) -> Node:
        order_id = number_of(input["id"])
        order = self.orders.get(order_id)
        if order is None and self.strict:
            return {"order": None, "userErrors": [refusal("Order does not exist", "id")]}
        if order is not None:
            order.update({name: input[name] for name in ("note", "tags") if name in input}, updated_at=now())
            self.noted[order_id] = str(order.get("note") or "")
        return {"order": {"id": input["id"]}, "userErrors": []}

    # --- tokens and what it sells

    def give_token(self, request: Request) -> Response:
        """One that ends in an hour, and a refresh token that is good once."""
        given = dict(parse_qsl(request.body.decode()))
        self.token_requests.append(given)
        number = next(self._numbers)
        token = {"access_token": f"shpat_{number}", "scope": ",".join(self.office.scopes), "expires_in": 3600}
        if given.get("grant_type") != "client_credentials":
            token |= {"refresh_token": f"shprt_{number}", "refresh_token_expires_in": 7_776_000}
        if self.tokens:
            self.tokens = {token["access_token"]}
        return Response(200, token)

    def _put_catalog(self, request: Request) -> Response:
        items = request.json()["items"]
        for one in items:
            self.stock.put(one)
        return Response(201, {"stored": len(items)})

    # --- the budget

    def _cost(self, text: str, variables: Mapping[str, Any]) -> int:
        try:
            return cost_of(text, variables)
        except GraphqlProblem:
            return 1

    def _fill_up(self) -> None:
        at = time.monotonic()
        self.bucket = min(self.bucket + (at - self._filled_at) * self.restores, self.most_in_bucket)
        self._filled_at = at

    def _extensions(self, cost: int) -> Node:
        status = {
            "maximumAvailable": self.most_in_bucket,
            "currentlyAvailable": int(self.bucket),
            "restoreRate": self.restores,
        }
        return {"cost": {"requestedQueryCost": cost, "actualQueryCost": cost, "throttleStatus": status}}

    def _problem(self, problem: GraphqlProblem, cost: int) -> Response:
        error = {"message": str(problem), "extensions": {"code": problem.code}}
        return Response(200, {"errors": [error], "extensions": self._extensions(cost)})

    def seen(self) -> dict[str, Any]:
        with self._lock:
            return {
                "orders": len(self.orders),
                "fulfillments": list(self.fulfillments),
                "cancellations": list(self.cancellations),
                "notes": dict(self.noted),
                "stock": list(self.stock.received),
                "webhooks": list(self.office.hooks.values()),
            }
