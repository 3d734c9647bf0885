"""Simulated 3PLs: they take fulfillment orders, accept, ship, deliver and call back (the contract stands in
apps/integrations/adapters/http_3pl)."""

from __future__ import annotations

import hashlib
import json
import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from .callbacks import Postman, signed
from .delayed import Clockwork
from .exchange import Request, Response, problem
from .misbehavior import Mood, Moods, after, before

STOPPABLE = frozenset({"received", "accepted"})


@dataclass(frozen=True)
class Life:
    """Seconds from taking a fulfillment order to accepting, shipping and delivering it."""

    accept_s: float = 0.3
    ship_s: float = 1.5
    deliver_s: float = 3.0


@dataclass
class Taken:
    """A fulfillment order as the partner has it."""

    partner: str
    key: str
    reference: str
    message: dict[str, Any]
    digest: str
    state: str = "received"
    shipments: list[str] = field(default_factory=list)
    double_send: bool = False

    def shown(self) -> dict[str, Any]:
        ours = self.message["fulfillment_order"]
        return {"reference": self.reference, "fulfillment_order": ours, "state": self.state}

    def booked(self) -> dict[str, Any]:
        """As it stands in the partner's own books: what of whose has left."""
        lines = [{name: line[name] for name in ("line_id", "sku", "quantity")} for line in self.message["lines"]]
        return {"partner": self.partner, "shipments": self.shipments, "lines": lines, **self.shown()}


class ThreePl:
    """All simulated 3PLs. `requests` holds every request by partner, operation and key, in the order they came."""

    def __init__(
        self,
        *,
        postman: Postman,
        clockwork: Clockwork,
        moods: Moods,
        secret: str,
        life: Life | None,
        pause: Callable[[float], None],
    ) -> None:
        self._postman, self._clockwork, self._moods = postman, clockwork, moods
        self._secret, self._life, self._pause = secret, life, pause
        self._lock = threading.RLock()
        self.taken: dict[str, Taken] = {}
        self.requests: list[dict[str, str]] = []

    # What is asked of a partner

    def submit(self, request: Request, partner: str) -> Response:
        key = request.headers.get("idempotency-key", "")
        spoiled = self._spoil(partner, "submit", key)
        if isinstance(spoiled, Response):
            return spoiled
        if not key:
            return problem(400, "idempotency_key_missing", "Send an Idempotency-Key.")
        message = request.json()
        if not message.get("fulfillment_order") or not message.get("lines"):
            return problem(400, "incomplete", "fulfillment_order and lines are required.")
        if spoiled and spoiled.mode == "reject":
            reason = spoiled.reason or "no_stock"
            return problem(422, "rejected", "We can't do this one.", reason=reason)
        response = self._take(partner, key, message, double_send=bool(spoiled and spoiled.mode == "double_send"))
        return self._garbled(response, spoiled)

    def look_up(self, request: Request, partner: str) -> Response:
        key = request.query.get("key", "")
        spoiled = self._spoil(partner, "look_up", key)
        if isinstance(spoiled, Response):
            return spoiled
        with self._lock:
            found = [one.shown() for one in self.taken.values() if (one.partner, one.key) == (partner, key)]
        return self._garbled(Response(200, {"fulfillment_orders": found}), spoiled)

    def cancel(self, request: Request, partner: str, reference: str) -> Response:
        spoiled = self._spoil(partner, "cancel", reference)
        if isinstance(spoiled, Response):
            return spoiled
        if spoiled:
            return problem(409, "not_cancellable", "Too late.", reason=spoiled.reason or "already_packed")
        with self._lock:
            one = self.taken.get(reference)
            if one is None or one.partner != partner:
                return problem(404, "unknown", f"There is no {reference}.")
            if one.state not in STOPPABLE | {"cancelled"}:
                return problem(409, "not_cancellable", "Too late.", reason="already_shipped")
            one.state = "cancelled"
            return Response(200, one.shown())

    # What a partner does by itself

    def accept(self, reference: str) -> None:
        if self._move(reference, {"received"}, "accepted"):
            self._tell(reference, "fulfillment.accepted", {})

    def reject(self, reference: str, reason: str = "no_stock") -> None:
        if self._move(reference, STOPPABLE, "rejected"):
            self._tell(reference, "fulfillment.rejected", {"reason": reason})

    def ship(self, reference: str, parcels: list[dict[str, Any]] | None = None, *, force: bool = False) -> None:
        """`force`: although it was cancelled, as happens when a parcel is on the van already."""
        if not self._move(reference, STOPPABLE | ({"cancelled"} if force else set()), "shipped"):
            return
        for _ in range(2 if self.taken[reference].double_send else 1):
            self.tell_shipped(reference, parcels)

    def tell_shipped(self, reference: str, parcels: list[dict[str, Any]] | None = None) -> None:
        """Report a shipment under a new id, whatever was reported before."""
        one = self.taken[reference]
        one.shipments.append(f"S-{reference}-{len(one.shipments) + 1}")
        lines = [{"line_id": line["line_id"], "quantity": line["quantity"]} for line in one.message["lines"]]
        number = f"CP{uuid.uuid4().int % 10**9:09d}GB"
        tracking = {"tracking_number": number, "tracking_url": f"https://track.example/{number}"}
        whole = [{**tracking, "weight_g": 1200, "lines": lines}]
        data = {"shipment": one.shipments[-1], "carrier": "coastpost", "service": "tracked-48"}
        self._tell(reference, "shipment.created", {**data, "parcels": parcels or whole})

    def deliver(self, reference: str) -> None:
        if self._move(reference, {"shipped"}, "delivered"):
            for shipment in self.taken[reference].shipments:
                self._tell(reference, "shipment.delivered", {"shipment": shipment})

    def _move(self, reference: str, sources: frozenset[str] | set[str], target: str) -> bool:
        with self._lock:
            one = self.taken[reference]
            if one.state not in sources:
                return False
            one.state = target
            return True

    def _tell(self, reference: str, kind: str, more: dict[str, Any]) -> None:
        one = self.taken[reference]
        data = {"fulfillment_order": one.message["fulfillment_order"], "reference": reference, **more}
        self._postman.send(signed(one.partner, kind, data, secret=self._secret))

    # Taking orders, and spoiling it

    def _take(self, partner: str, key: str, message: dict[str, Any], *, double_send: bool) -> Response:
        digest = hashlib.sha256(json.dumps(message, sort_keys=True).encode()).hexdigest()
        with self._lock:
            known = next((one for one in self.taken.values() if (one.partner, one.key) == (partner, key)), None)
            if known is not None and known.digest != digest:
                return problem(422, "idempotency_key_reused", "This key came with another body before.")
            if known is not None:
                return Response(200, known.shown(), {"Idempotent-Replayed": "true"})
            reference = f"P{uuid.uuid4().hex[:10].upper()}"
            one = Taken(partner, key, reference, message, digest, double_send=double_send)
            self.taken[reference] = one
        if self._life is not None:
            self._live(reference, self._life)
        return Response(201, one.shown())

    def _live(self, reference: str, life: Life) -> None:
        self._clockwork.after(life.accept_s, lambda: self.accept(reference))
        self._clockwork.after(life.ship_s, lambda: self.ship(reference))
        self._clockwork.after(life.deliver_s, lambda: self.deliver(reference))

    def _spoil(self, partner: str, operation: str, key: str) -> Response | Mood | None:
        """A response that ends the request at once, or a mood for the operation itself to obey."""
        with self._lock:
            self.requests.append({"partner": partner, "operation": operation, "key": key})
        mood = self._moods.take(partner, operation)
        spoiled = before(mood, self._pause)
        if spoiled is not None:
            return spoiled
        return None if mood and mood.mode == "slow" else mood

    def _garbled(self, response: Response, mood: Mood | None) -> Response:
        return after(mood, response, self._pause)
