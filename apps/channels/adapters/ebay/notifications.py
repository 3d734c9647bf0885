"""eBay's Notification API: which topics it sends where.

A destination is the application's: an address, which eBay believes once its challenge is answered there. A subscription is the
seller's: a topic that goes to a destination. eBay sends a topic of one application to one destination.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from apps.channels.adapters.ebay.calls import SellApi, mark_of, number_of
from apps.channels.errors import ShopDeclined
from apps.channels.framework.exchange import Answer
from apps.channels.framework.paging import all_rows
from apps.channels.framework.setup import Hook, is_same_path
from apps.core.text import Text

# Account deletions are an application's own matter: eBay has their address confirmed before it gives out its keys.
TOPICS = ("ORDER_CONFIRMATION",)
_API = "/commerce/notification/v1"
_DESTINATIONS, _SUBSCRIPTIONS = f"{_API}/destination", f"{_API}/subscription"
_PAYLOAD = {"format": "JSON", "schemaVersion": "1.0", "deliveryProtocol": "HTTPS"}
_ON = "ENABLED"


class Notifications:
    """``alert_email``: where eBay writes when notifications fail; it takes no destination before it has one."""

    def __init__(self, calls: SellApi, channel: str, alert_email: str) -> None:
        self._calls, self._channel, self._alert_email = calls, channel, alert_email

    def hooks(self) -> list[Hook]:
        destinations = {str(one.get("destinationId")): one for one in self._all(_DESTINATIONS, "destinations")}
        return [_hook(one, destinations.get(str(one.get("destinationId")), {})) for one in self._subscriptions()]

    def may(self) -> bool:
        answer = self._calls.call("getSubscriptions", "GET", _SUBSCRIPTIONS, params={"limit": "10"})
        return answer.status not in (401, 403)

    def register(self, address: str, token: str) -> list[Hook]:
        """What is as it should be stays; what points at an older address of ours is pointed at this one."""
        destinations = {str(one.get("destinationId")): one for one in self._all(_DESTINATIONS, "destinations")}
        ours = self._have_destination(address, token, destinations)
        older = {number for number, one in destinations.items() if is_same_path(_endpoint(one), address)}
        known = list(self._subscriptions())
        return [self._have(topic, address, ours, older, known) for topic in TOPICS]

    def _have_destination(self, address: str, token: str, known: Mapping[str, Mapping[str, Any]]) -> str:
        """Its id. eBay asks the address before it answers."""
        config = {"endpoint": address, "verificationToken": token}
        body = {"name": "Orderyard", "status": _ON, "deliveryConfig": config}
        number, there = next(((key, one) for key, one in known.items() if _endpoint(one) == address), ("", {}))
        if not number:
            self._have_alert_address()
            return self._asked("createDestination", "POST", _DESTINATIONS, body).made
        if there.get("status") != _ON or there.get("deliveryConfig") != config:
            self._asked("updateDestination", "PUT", f"{_DESTINATIONS}/{quote(number, safe='')}", body)
        return number

    def _have_alert_address(self) -> None:
        answer = self._calls.call("getConfig", "GET", f"{_API}/config")
        if answer.went_well and answer.body.get("alertEmail"):
            return
        if not answer.went_well and answer.status != 404:
            raise self._refused("getConfig", answer)
        if not self._alert_email:
            said = Text("the application has no address of mail that eBay writes to when notifications fail.")
            do = Text("Type one as the alert address, with the credentials.")
            raise ShopDeclined(channel=self._channel, answer=404, operation="createDestination", said=said, do=do)
        self._asked("updateConfig", "PUT", f"{_API}/config", {"alertEmail": self._alert_email})

    def _have(self, topic: str, address: str, ours: str, older: set[str], known: Sequence[Mapping[str, Any]]) -> Hook:
        of_topic = [one for one in known if one.get("topicId") == topic]
        there = next((one for one in of_topic if str(one.get("destinationId")) in {ours, *older}), None)
        if there is None:
            body = {"topicId": topic, "status": _ON, "destinationId": ours, "payload": _PAYLOAD}
            made = self._asked("createSubscription", "POST", _SUBSCRIPTIONS, body).made
            return Hook(external_id=made, topic=topic, address=address)
        number = str(there.get("subscriptionId"))
        if there.get("destinationId") != ours or there.get("status") != _ON:
            body = {"status": _ON, "destinationId": ours, "payload": _PAYLOAD}
            self._asked("updateSubscription", "PUT", f"{_SUBSCRIPTIONS}/{quote(number, safe='')}", body)
        return Hook(external_id=number, topic=topic, address=address)

    def _subscriptions(self) -> Iterator[dict[str, Any]]:
        return self._all(_SUBSCRIPTIONS, "subscriptions")

    def _all(self, path: str, key: str) -> Iterator[dict[str, Any]]:
        def page(mark: str) -> tuple[Any, str]:
            params = {"limit": "100", **({"continuation_token": mark} if mark else {})}
            said = self._asked(f"get{key.capitalize()}", "GET", path, params=params).body
            return said.get(key), mark_of(said.get("next"), "continuation_token")

        return all_rows(page)

    def _asked(
        self, operation: str, method: str, path: str, body: Any = None, *, params: Mapping[str, str] | None = None
    ) -> Answer:
        answer = self._calls.call(operation, method, path, params=params, body=body)
        if not answer.went_well:
            raise self._refused(operation, answer)
        return answer

    def _refused(self, operation: str, answer: Answer) -> ShopDeclined:
        return self._calls.declined(operation, answer, _what_to_do(answer))


def _what_to_do(answer: Answer) -> Text | None:
    """By the number of the error."""
    if number_of(answer) in (195017, 195020):
        return Text(
            "eBay has to reach the address over HTTPS from the internet, and nothing but Orderyard may answer there."
        )
    if number_of(answer) == 195012:
        return Text(
            "The application sends this topic to another address: remove that subscription, or use an application of its own here."
        )
    if number_of(answer) == 195019:
        return Text("Give a verification token of 32 to 80 letters, digits, _ and -, with the credentials.")
    if answer.status == 403:
        return Text("Give access again: what was given before does not include notifications.")
    return None


def _endpoint(destination: Mapping[str, Any]) -> str:
    config = destination.get("deliveryConfig")
    return str(config.get("endpoint") or "") if isinstance(config, dict) else ""


def _hook(subscription: Mapping[str, Any], destination: Mapping[str, Any]) -> Hook:
    return Hook(
        external_id=str(subscription.get("subscriptionId")),
        topic=str(subscription.get("topicId")),
        address=_endpoint(destination),
        active=subscription.get("status") == _ON == destination.get("status"),
    )
