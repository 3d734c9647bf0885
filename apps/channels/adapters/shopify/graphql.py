"""One GraphQL call to Shopify's Admin API: its budget kept to, its errors distinguished."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from apps.channels.errors import ShopBusy, ShopDeclined, ShopUnreachable
from apps.channels.framework.exchange import Exchange, time_in
from apps.channels.framework.json_values import dict_of, dicts
from apps.channels.framework.shop import Connection
from apps.core import clock
from apps.core.text import Text

VERSION = "2026-07"
_PATH = f"/admin/api/{VERSION}/graphql.json"
_NAME = re.compile(r"\b(?:query|mutation)\s+(\w+)")
# A call waits so long for its budget; longer, and whoever asked comes again.
LONGEST_PAUSE_S = 3.0
# Of a query that was throttled without a word about the budget.
UNSTATED_S = 5.0
# What may go well the next time.
_PASSING = frozenset({"INTERNAL_SERVER_ERROR", "TIMEOUT", "SERVICE_UNAVAILABLE"})


class TooCostly(Exception):
    """The query asks for more at once than the shop allows in one; ask for less."""


@dataclass(frozen=True, slots=True)
class Answer:
    """``at``: what time the shop says it is."""

    data: Mapping[str, Any]
    at: datetime | None


class GraphQl:
    """Calls with one access token. The cost of a query comes out of a bucket that fills up again at a steady rate; a call for
    which it would not hold enough waits, or is put off (https://shopify.dev/docs/api/usage/limits)."""

    def __init__(self, connection: Connection, token: str) -> None:
        self._channel = connection.channel
        self._http = Exchange(connection.channel, connection.base_url, headers={"X-Shopify-Access-Token": token})
        # By operation, what it cost at least; and what the bucket held, when, and how fast it fills.
        self._costs: dict[str, float] = {}
        self._bucket: tuple[float, float, float] | None = None

    def ask(self, document: str, variables: Mapping[str, Any]) -> Answer:
        """Raises ShopBusy, ShopRefused, ShopUnreachable, TooCostly."""
        named = _NAME.search(document)
        assert named is not None, "every document names its operation"
        operation = named.group(1)
        self._wait_for_budget(operation)
        body = {"query": document, "variables": dict(variables), "operationName": operation}
        status, said, headers = self._http.send("POST", _PATH, body=body, operation=operation)
        if status != 200:
            raise self._http.declined(status, said, operation)
        if not isinstance(said, dict):
            raise ShopUnreachable("an answer that is no object")
        self._note_cost(operation, said)
        if said.get("errors"):
            self._refuse(operation, said)
        if not isinstance(said.get("data"), dict):
            raise ShopUnreachable("an answer without data")
        return Answer(said["data"], time_in(headers))

    def change(self, document: str, variables: Mapping[str, Any], root: str, *, errors: str = "userErrors") -> Any:
        """What a mutation returned under ``root``. Raises as ``ask``, and ShopDeclined with the shop's words."""
        payload = self.ask(document, variables).data.get(root)
        if not isinstance(payload, dict):
            raise ShopUnreachable(f"{root} without a payload")
        refused = dicts(payload.get(errors))
        if refused:
            raise self.declined(root, [str(one.get("message") or "") for one in refused])
        return payload

    def declined(self, operation: str, sentences: Sequence[str]) -> ShopDeclined:
        return self._http.declined(200, list(sentences), operation)

    # --- the budget

    def _wait_for_budget(self, operation: str) -> None:
        needed, bucket = self._costs.get(operation, 0.0), self._bucket
        if bucket is None:
            return
        held, rate, at = bucket
        pause = (needed - held) / rate - (clock.monotonic() - at)
        if pause > LONGEST_PAUSE_S:
            raise ShopBusy(clock.now() + timedelta(seconds=pause), Text("its budget of calls fills up again"))
        if pause > 0:
            clock.sleep(pause)

    def _note_cost(self, operation: str, said: Mapping[str, Any]) -> None:
        cost = dict_of(dict_of(said.get("extensions")).get("cost"))
        status = dict_of(cost.get("throttleStatus"))
        requested, held, rate = (
            _number(one) for one in (cost.get("requestedQueryCost"), status.get("currentlyAvailable"), status.get("restoreRate"))
        )  # fmt: skip
        most = _number(status.get("maximumAvailable"))
        if requested:
            # One that costs more than the bucket ever holds would wait for ever.
            self._costs[operation] = min(requested, most) if most else requested
        if rate:
            self._bucket = (held, rate, clock.monotonic())

    # --- what it refuses

    def _refuse(self, operation: str, said: Mapping[str, Any]) -> None:
        errors = dicts(said["errors"])
        if not errors:
            # Of a token that is not taken, or a shop that is closed, it says one sentence.
            raise self.declined(operation, [str(said["errors"])])
        codes = {str(dict_of(one.get("extensions")).get("code") or "") for one in errors}
        if "THROTTLED" in codes and self._never_fits(said):
            raise TooCostly(operation)
        if "THROTTLED" in codes:
            raise ShopBusy(
                clock.now() + timedelta(seconds=self._full_again(operation)), Text("its budget of calls is used up")
            )
        if "MAX_COST_EXCEEDED" in codes:
            raise TooCostly(operation)
        if codes & _PASSING:
            raise ShopUnreachable(f"{operation}: {' '.join(sorted(codes))}")
        raise self.declined(operation, [str(one.get("message") or "") for one in errors])

    def _never_fits(self, said: Mapping[str, Any]) -> bool:
        """The bucket of a small or a development store holds less than one large query costs."""
        cost = dict_of(dict_of(said.get("extensions")).get("cost"))
        most = _number(dict_of(cost.get("throttleStatus")).get("maximumAvailable"))
        return bool(most) and _number(cost.get("requestedQueryCost")) > most

    def _full_again(self, operation: str) -> float:
        if self._bucket is None:
            return UNSTATED_S
        held, rate, _ = self._bucket
        return max((self._costs.get(operation, 0.0) - held) / rate, 1.0)


def _number(value: Any) -> float:
    return float(value) if isinstance(value, int | float) else 0.0
