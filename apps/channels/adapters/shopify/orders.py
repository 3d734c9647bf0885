"""Orders as Shopify shows them when it is asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from apps.channels.adapters.shopify import documents
from apps.channels.adapters.shopify.base import ShopifyApi
from apps.channels.adapters.shopify.gids import gid
from apps.channels.adapters.shopify.nodes import next_of, nodes_of, order_of, with_lines
from apps.channels.errors import ShopUnreachable
from apps.channels.framework.json_values import dicts, moment
from apps.channels.framework.paging import Page
from apps.channels.framework.shop import MissingOrder

# On a page; an order with more lines, fulfillments or refunds than that is read separately.
IN_LIST = {"first": 10, "lines": 10, "parts": 3}
# Of its fulfillments and refunds what is beyond that is not needed: each line says itself what is left of it.
ALONE = {"parts": 10, "lines": 40}
MORE_LINES = {"first": 40}
# Of these their fulfillment orders say more.
_ELSE_TO_SAY = frozenset({"ON_HOLD", "SCHEDULED"})
# An order that is edited while its pages are read is read again.
MOST_READINGS = 3


class Orders(ShopifyApi):
    id_pattern = r"^\d+$"
    # Older orders are shown only to apps with the scope read_all_orders.
    remembers: timedelta | None = timedelta(days=55)

    def changed_orders(self, listing: str, since: datetime, until: datetime | None, mark: str) -> Page:
        """Oldest change first; the next page begins after the cursor ``mark``."""
        asked = {"query": f"updated_at:>='{since.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}'", "after": mark or None}
        answer = self._same_shop(self._ask_in_sizes(documents.ORDERS_CHANGED, asked, IN_LIST))
        listed = answer.data.get("orders")
        if not isinstance(listed, dict) or not isinstance(listed.get("nodes"), list):
            raise ShopUnreachable("a list without orders")
        orders = [self._order_of(self._whole(node)) for node in nodes_of(listed)]
        moments = [moment(one.get("updated_at")) for one in orders]
        return Page(orders, moments, next_of(listed), shop_time=answer.at)

    def missing_orders(self, external_ids: Sequence[str]) -> list[MissingOrder]:
        ids = [gid("Order", one) for one in external_ids]
        nodes = self._api.ask(documents.ORDERS_THERE, {"ids": ids}).data.get("nodes")
        if not isinstance(nodes, list) or len(nodes) != len(ids):
            raise ShopUnreachable("not one answer for each order")
        return [MissingOrder(one, None) for one, node in zip(external_ids, nodes, strict=True) if node is None]

    def order_with_refunds(self, external_id: str) -> dict[str, Any] | None:
        return self.whole_order(external_id)

    def whole_order(self, external_id: str) -> dict[str, Any] | None:
        """Of a fulfillment order's global id: the order it belongs to."""
        named: str | None = gid("Order", external_id)
        if not external_id.isdecimal():
            found = self._api.ask(documents.ORDER_NAMED, {"id": external_id}).data.get("fulfillmentOrder")
            named = str(found["orderId"]) if isinstance(found, dict) else None
        node = None if named is None else self._alone(named)
        return None if node is None else self._order_of(node)

    def _order_of(self, node: Mapping[str, Any]) -> dict[str, Any]:
        return order_of(node, self._connection.settings.locations)

    def _whole(self, node: Mapping[str, Any]) -> Mapping[str, Any]:
        """An order of which the list showed all, or as it is when read separately. One that is gone meanwhile is given as listed."""
        parts = self._sizes[documents.ORDERS_CHANGED]["parts"]
        return node if _is_whole(node, parts) else self._alone(str(node["id"])) or node

    def _alone(self, order: str) -> Mapping[str, Any] | None:
        for _ in range(MOST_READINGS):
            node = self._ask_in_sizes(documents.ORDER_WHOLE, {"id": order}, ALONE).data.get("order")
            if not isinstance(node, dict):
                return None
            whole = self._with_all_lines(order, node)
            if whole is not None:
                return whole
        raise ShopUnreachable("an order changes faster than it can be read")

    def _with_all_lines(self, order: str, node: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """None: it was edited meanwhile, so that its pages do not belong together."""
        lines, mark = list[dict[str, Any]](), next_of(node.get("lineItems"))
        while mark:
            asked = {"id": order, "after": mark}
            found = self._ask_in_sizes(documents.ORDER_LINES, asked, MORE_LINES).data.get("order") or {}
            if found.get("updatedAt") != node.get("updatedAt"):
                return None
            lines += nodes_of(found.get("lineItems"))
            mark = next_of(found.get("lineItems"))
        return with_lines(node, lines)


def _is_whole(node: Mapping[str, Any], parts: int) -> bool:
    fulfillments, refunds = dicts(node.get("fulfillments")), dicts(node.get("refunds"))
    inner = [one.get("fulfillmentLineItems") for one in fulfillments] + [one.get("refundLineItems") for one in refunds]
    if node.get("displayFulfillmentStatus") in _ELSE_TO_SAY:
        return False
    more = any(next_of(one) or _says_more(one) for one in [node.get("lineItems"), *inner])
    return not more and max(len(fulfillments), len(refunds)) < parts


def _says_more(connection: Any) -> bool:
    info = connection.get("pageInfo") if isinstance(connection, dict) else None
    return isinstance(info, dict) and bool(info.get("hasNextPage"))
