"""The simulated Amazon's Notifications API: queues it sends to, and which notification goes to which."""

from __future__ import annotations

import itertools
import re
from typing import Any

from ...exchange import Request, Response
from .answers import errors

_ARN = re.compile(r"arn:aws:sqs:\S+:\S+:\S+")


class Notifications:
    """``destinations`` and ``hooks`` (subscriptions) by id. ``shut``: queues whose policy lets nobody send messages."""

    def __init__(self) -> None:
        self._numbers = itertools.count(1)
        self.destinations: dict[str, dict[str, Any]] = {}
        self.hooks: dict[str, dict[str, Any]] = {}
        self.shut: set[str] = set()

    def switch_off(self, topic: str) -> None:
        """As somebody does who removes the subscription."""
        self.hooks = {number: one for number, one in self.hooks.items() if one["notificationType"] != topic}

    def list_destinations(self, request: Request) -> Response:
        return Response(200, {"payload": list(self.destinations.values())})

    def add_destination(self, request: Request) -> Response:
        given = request.json()
        arn = str(given["resourceSpecification"]["sqs"]["arn"])
        if not _ARN.fullmatch(arn):
            return errors(400, "InvalidInput", "The queue's ARN is not one.")
        if arn in self.shut:
            return errors(403, "Unauthorized", "The queue does not allow messages to be sent to it.")
        number = f"d-{next(self._numbers)}"
        self.destinations[number] = {"destinationId": number, "name": given["name"], "resource": {"sqs": {"arn": arn}}}
        return Response(200, {"payload": self.destinations[number]})

    def show_subscription(self, request: Request, kind: str) -> Response:
        found = next((one for one in self.hooks.values() if one["notificationType"] == kind), None)
        if found is None:
            return errors(404, "NotFound", "There is no subscription to this notification type.")
        return Response(200, {"payload": _shown(found)})

    def subscribe(self, request: Request, kind: str) -> Response:
        given = request.json()
        if any(one["notificationType"] == kind for one in self.hooks.values()):
            return errors(409, "Conflict", "The subscription exists already.")
        if given["destinationId"] not in self.destinations:
            return errors(400, "InvalidInput", "There is no such destination.")
        number = f"s-{next(self._numbers)}"
        self.hooks[number] = {"subscriptionId": number, "notificationType": kind, **given}
        return Response(200, {"payload": _shown(self.hooks[number])})


def _shown(hook: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in hook.items() if name != "notificationType"}
