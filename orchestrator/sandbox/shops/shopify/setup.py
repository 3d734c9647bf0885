"""Whose shop the simulated Shopify is, who may speak to it, and where it sends its webhooks."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import Any

from ...graphql import connection
from ..base import Order
from .fulfilling import refusal
from .nodes import Node, gid, number_of

EVERYTHING = (
    "write_orders", "read_customers", "write_merchant_managed_fulfillment_orders", "write_assigned_fulfillment_orders",
    "read_products", "write_inventory", "read_locations",
)  # fmt: skip


class FrontOffice:
    """``scopes``: what its tokens allow. ``hooks``: webhooks by id, each with a topic and an address."""

    def __init__(self, numbers: itertools.count[int]) -> None:
        self._numbers = numbers
        self.name, self.domain, self.currency = "Harbour & Pine", "harbour-and-pine.myshopify.com", "GBP"
        self.scopes = list(EVERYTHING)
        self.hooks: dict[str, Order] = {}

    def shop(self, **_: Any) -> Node:
        return {
            "name": self.name,
            "myshopifyDomain": self.domain,
            "currencyCode": self.currency,
            "ianaTimezone": "Europe/London",
            "shopAddress": {"countryCodeV2": "GB"},
        }

    def installation(self, **_: Any) -> Node:
        return {"accessScopes": [{"handle": one} for one in self.scopes]}

    def list_hooks(self, **arguments: Any) -> Node:
        return connection([_node(one) for one in self.hooks.values()])(**arguments)

    def create_hook(self, topic: str, webhook_subscription: Mapping[str, Any], **_: Any) -> Node:
        address = webhook_subscription["uri"]
        if any((one["topic"], one["address"]) == (topic, address) for one in self.hooks.values()):
            said = refusal("Address for this topic has already been taken", "webhookSubscription", "callbackUrl")
            return {"webhookSubscription": None, "userErrors": [said]}
        number = str(next(self._numbers))
        self.hooks[number] = {"id": number, "topic": topic, "address": address}
        return {"webhookSubscription": _node(self.hooks[number]), "userErrors": []}

    def switch_off(self, topic: str) -> None:
        """As after eight failures in a row: the subscription is deleted."""
        self.hooks = {number: one for number, one in self.hooks.items() if one["topic"] != topic}

    def delete_hook(self, id: str, **_: Any) -> Node:
        if self.hooks.pop(number_of(id), None) is None:
            said = refusal("Webhook subscription does not exist", "id")
            return {"deletedWebhookSubscriptionId": None, "userErrors": [said]}
        return {"deletedWebhookSubscriptionId": id, "userErrors": []}


def _node(hook: Order) -> Node:
    return {"id": gid("WebhookSubscription", hook["id"]), "topic": hook["topic"], "uri": hook["address"]}
