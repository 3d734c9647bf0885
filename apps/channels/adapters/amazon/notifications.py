"""Amazon's Notifications API: orders that change are announced to a queue of the shop's owner, from where a relay forwards them here.

A destination, the queue, is the application's; the subscription to a kind of notification is the seller's, and goes to one destination.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from apps.channels.adapters.amazon.calls import SellingPartner
from apps.channels.framework.exchange import Answer
from apps.channels.framework.json_values import dict_of, dicts
from apps.channels.framework.setup import Hook
from apps.core.text import Text

TOPIC = "ORDER_CHANGE"
_DESTINATIONS, _SUBSCRIPTION = "/notifications/v1/destinations", f"/notifications/v1/subscriptions/{TOPIC}"
_VERSION = "1.0"


class Notifications:
    def __init__(self, calls: SellingPartner, queue: str) -> None:
        self._calls, self._queue = calls, queue

    def hooks(self) -> list[Hook]:
        """That of the queue; where none is named, Amazon is not asked."""
        there = self._subscription() if self._queue else None
        return [self._hook(there)] if there and there.get("destinationId") == self._destination() else []

    def register(self) -> list[Hook]:
        destination = self._destination() or self._make_destination()
        there = self._subscription()
        if there is None or there.get("destinationId") != destination:
            body = {"payloadVersion": _VERSION, "destinationId": destination}
            there = _payload(self._asked("createSubscription", "POST", _SUBSCRIPTION, body=body))
        return [self._hook(there)]

    def _destination(self) -> str:
        """The id of the queue among the application's destinations; empty: it is none of them."""
        said = self._asked("getDestinations", "GET", _DESTINATIONS, of_app=True)
        return next(
            (str(one["destinationId"]) for one in dicts(said.body.get("payload")) if _arn(one) == self._queue), ""
        )

    def _make_destination(self) -> str:
        body = {"name": "Orderyard", "resourceSpecification": {"sqs": {"arn": self._queue}}}
        made = self._asked("createDestination", "POST", _DESTINATIONS, body=body, of_app=True)
        return str(_payload(made).get("destinationId") or "")

    def _subscription(self) -> Mapping[str, Any] | None:
        params = {"payloadVersion": _VERSION}
        answer = self._calls.call("getSubscription", "GET", _SUBSCRIPTION, params=params)
        if answer.status == 404:
            return None
        if not answer.went_well:
            raise self._calls.declined("getSubscription", answer, _what_to_do("getSubscription", answer))
        return _payload(answer)

    def _asked(self, operation: str, method: str, path: str, *, body: Any = None, of_app: bool = False) -> Answer:
        token = self._calls.app_token if of_app else ""
        answer = self._calls.call(operation, method, path, body=body, token=token)
        if not answer.went_well:
            raise self._calls.declined(operation, answer, _what_to_do(operation, answer))
        return answer

    def _hook(self, subscription: Mapping[str, Any]) -> Hook:
        number = str(subscription.get("subscriptionId") or "")
        return Hook(external_id=number, topic=TOPIC, address=self._queue, relayed=True)


def _what_to_do(operation: str, answer: Answer) -> Text | None:
    if answer.status == 409:
        return Text(
            "The application sends this to another queue: name that one with the credentials, or remove its subscription."
        )
    if operation == "createDestination":
        return Text(
            "See whether the queue’s ARN is right and its policy lets Amazon’s account 437568002678 send messages to it."
        )
    return None


def _payload(answer: Answer) -> Mapping[str, Any]:
    return dict_of(answer.body.get("payload"))


def _arn(destination: Mapping[str, Any]) -> str:
    return str(dict_of(dict_of(destination.get("resource")).get("sqs")).get("arn") or "")
