"""The sandbox's partners, without their threads and sockets: they act when told to, and their messages wait to be brought."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from apps.core import clock
from apps.core.randomness import random_bytes
from apps.integrations.adapters.http_3pl import ADAPTER
from orchestrator.sandbox.callbacks import Message
from orchestrator.sandbox.exchange import Request, Response, problem
from orchestrator.sandbox.misbehavior import Moods
from orchestrator.sandbox.partners import STOPPABLE, Taken, ThreePl
from simulation.business import SECRET
from simulation.front import Answered, Front

# Worth another try, as the contract says; everything else is a considered answer.
_AGAIN = frozenset({0, 404, 429, 500, 502, 503, 504})
# What we do not know is brought so often, what we were not well for until it is taken.
_GIVES_UP = frozenset({404})
ATTEMPTS = 6


@dataclass
class Postbag:
    """What partners have to say and nobody has taken yet."""

    waiting: list[Message] = field(default_factory=list)
    _brought: Counter[int] = field(default_factory=Counter)

    def send(self, message: Message) -> None:
        self.waiting.append(message)

    def bring(self, message: Message, front: Front) -> Answered:
        """Sign it now and bring it; it stays in the bag until it is taken, or refused for good."""
        stamp = f"msg_{random_bytes(8).hex()}"
        headers = ADAPTER.signature.sign(SECRET, message.body, message_id=stamp, at=clock.now())
        answered = front.hook(message.path, message.body, headers)
        self._brought[id(message)] += answered.status in _GIVES_UP
        spent = self._brought[id(message)] >= ATTEMPTS
        if (answered.status not in _AGAIN or spent) and message in self.waiting:
            self.waiting.remove(message)
        return answered


class Partners:
    """All simulated partners. ``moods`` says how they misbehave."""

    def __init__(self, pause: Callable[[float], None]) -> None:
        self.bag, self.moods = Postbag(), Moods()
        self.three_pl = ThreePl(
            postman=self.bag,  # type: ignore[arg-type]
            clockwork=None,  # type: ignore[arg-type]
            moods=self.moods,
            secret=SECRET,
            life=None,
            pause=pause,
        )

    def answer(self, request: Request) -> Response:
        """What the partner says to a request of ours."""
        _, _, partner, *rest = request.path.split("/")
        if request.method == "GET":
            return self.three_pl.look_up(request, partner)
        if rest[-1] == "cancel":
            return self.three_pl.cancel(request, partner, rest[1])
        if rest == ["fulfillment-orders"]:
            return self.three_pl.submit(request, partner)
        return problem(404, "not_found", request.path)

    @property
    def taken(self) -> list[Taken]:
        return list(self.three_pl.taken.values())

    @property
    def unfinished(self) -> list[Taken]:
        return [one for one in self.taken if one.state in STOPPABLE | {"shipped"}]

    def act(self, one: Taken, pick: int) -> str:
        """The next thing this partner does with it."""
        if one.state == "shipped":
            self.three_pl.deliver(one.reference)
        elif one.state == "accepted" or pick % 5 == 0:
            # Some ship without ever having said that they accept.
            self.three_pl.ship(one.reference)
        elif pick % 7 == 1:
            self.three_pl.reject(one.reference)
        else:
            self.three_pl.accept(one.reference)
        return one.state

    def records(self) -> list[dict[str, Any]]:
        """Their own books, as the black-box checker reads them."""
        return [one.booked() for one in self.taken]
