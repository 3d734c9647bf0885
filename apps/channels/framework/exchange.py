"""HTTP with one shop, and what its responses are made of."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlencode

from apps.channels.errors import ShopAddressRefused, ShopBusy, ShopDeclined, ShopNotReached, ShopUnreachable
from apps.channels.framework.refusal_text import said_in, shop_words
from apps.core import clock, database_clock
from apps.core.errors import AddressRefused
from apps.core.strict_json import load_bounded
from apps.core.text import Text
from apps.outbound import retry_after
from apps.outbound.client import Reply
from apps.outbound.counterparts import Counterpart
from apps.outbound.errors import CounterpartQuiet, IncompleteResponse, NotSent
from apps.outbound.health import Limits
from apps.outbound.services import Call, call_out
from apps.outbound.states import CounterpartKind

# Headers by the address and the body as it is sent.
Signer = Callable[[str, bytes], Mapping[str, str]]
# A page of a shop's orders may be long in coming, and long.
DEADLINE_S, MOST_BYTES, MOST_VALUES = 30.0, 32 * 1024 * 1024, 2_000_000
# A call waits so long for its turn at the shop's rate; longer, and whoever asked comes again. What takes several
# calls would otherwise begin again whenever the rate is used up in the middle of it.
LONGEST_PACE_S = 3.0
# Responses that say nothing about the request: a gateway's, or "not now".
_NO_ANSWER = frozenset({408, 409, 423, 425})


@dataclass(frozen=True, slots=True)
class Answer:
    """What a shop said, a refusal among it. ``body``: the object it sent, empty for anything else; ``at``: what time the shop says it is;
    ``made``: the id of what was made, where it says it in the head."""

    status: int
    body: Mapping[str, Any]
    at: datetime | None
    made: str = ""

    @property
    def went_well(self) -> bool:
        return 200 <= self.status < 300


class Exchange:
    """HTTP with one shop, answered as parsed JSON or as an error that says whether asking again makes sense.

    ``headers``: of every request; a function where they hold a token that has to be fresh. ``limits``: how often it may be called,
    across all workers, where the vendor says so. ``plan``: the usage plan its calls count against, where the vendor has several: each has
    limits of its own, and is left alone by itself. ``conflicts_are_said``: whether its 409 is a refusal with a reason, and not "not now".
    """

    def __init__(
        self,
        channel: str,
        base_url: str,
        *,
        headers: Mapping[str, str] | Callable[[], Mapping[str, str]] | None = None,
        auth: tuple[str, str] | None = None,
        limits: Limits | None = None,
        plan: str = "",
        conflicts_are_said: bool = False,
    ) -> None:
        self._channel = channel
        self._no_answer = _NO_ANSWER - {409} if conflicts_are_said else _NO_ANSWER
        self._counterpart = Counterpart(
            CounterpartKind.SHOP, channel, channel, part=plan, apart=bool(plan), limits=limits
        )
        self._url = base_url.rstrip("/")
        self._headers, self._auth = headers or {}, auth

    def ask(
        self, method: str, path: str, *, params: Mapping[str, str] | None = None, body: Any = None,
        none_if_missing: bool = False,
    ) -> Any:  # fmt: skip
        """What it says, None where it says nothing. Raises ShopBusy, ShopDeclined, ShopUnreachable. ``none_if_missing``: a 404 is the
        answer None."""
        reply = self._exchange(method, path, params, body)
        if reply.status == 404 and none_if_missing:
            return None
        self._refuse(reply, f"{method} {path}")
        return _json(reply) if reply.body.strip() else None

    def ask_page(self, path: str, params: Mapping[str, str]) -> tuple[Any, Reply]:
        """A list and the response's headers, which says whether there is more. Raises as ``ask``."""
        reply = self._exchange("GET", path, params, None)
        self._refuse(reply, f"GET {path}")
        return _json(reply), reply

    def ask_one(self, path: str) -> tuple[int, Any]:
        """Something that may be gone: the status of the response, 200 or 404, and its body. Raises as ``ask``."""
        reply = self._exchange("GET", path, None, None)
        if reply.status != 404:
            self._refuse(reply, f"GET {path}")
        return reply.status, _json(reply)

    def send(
        self, method: str, path: str, *, params: Mapping[str, str] | None = None, body: Any = None, operation: str = "",
        form: Mapping[str, str] | None = None, sign: Signer | None = None,
    ) -> tuple[int, Any, Mapping[str, str]]:  # fmt: skip
        """For one whose refusals have to be read: status, parsed body (None where there is none) and headers of any response that
        is not a gateway's. ``operation``: what the call log calls it; ``form``: the body as a form; ``sign``: headers by the address and
        the body as it is sent. Raises ShopBusy, ShopUnreachable, ShopAddressRefused."""
        reply = self._exchange(method, path, params, body, operation, form, sign)
        if reply.status in (429, 503) or reply.status >= 500 or reply.status in self._no_answer:
            self._refuse(reply, f"{method} {path}")
        return reply.status, _json(reply) if reply.body.strip() else None, reply.headers

    def call(
        self, operation: str, method: str, path: str, *, params: Mapping[str, str] | None = None, body: Any = None,
        sign: Signer | None = None,
    ) -> Answer:  # fmt: skip
        """As ``send``, for one that is answered by objects."""
        status, said, headers = self.send(method, path, params=params, body=body, operation=operation, sign=sign)
        made = headers.get("location", "").rstrip("/").rpartition("/")[2]
        return Answer(status, said if isinstance(said, dict) else {}, time_in(headers), made)

    def declined(
        self, status: int, answer: Any, operation: str, *, do: Text | None = None, otherwise: str = ""
    ) -> ShopDeclined:
        """The shop's no in its own words. ``answer``: its parsed body, or its sentences; ``otherwise``: what is said where it gives no
        reason; ``do``: what to do about it."""
        said = shop_words(said_in(answer)) or otherwise or Text("it gave no reason (status {status}).", status=status)
        return ShopDeclined(channel=self._channel, answer=status, operation=operation, said=said, do=do)

    def upload(self, url: str, content: bytes, content_type: str) -> None:
        """Put a document at an address the shop gave for that, which knows no credentials of ours. Raises as ``ask``."""
        reply = self._reached("PUT", url, "upload", {"Content-Type": content_type}, content=content)
        self._refuse(reply, "PUT of a document")

    def download(self, url: str) -> bytes:
        """A document at an address the shop gave for that, which knows no credentials of ours. Raises as ``ask``."""
        reply = self._reached("GET", url, "download", {})
        self._refuse(reply, "GET of a document")
        return reply.body

    def _exchange(
        self,
        method: str,
        path: str,
        params: Mapping[str, str] | None,
        body: Any,
        operation: str = "",
        form: Mapping[str, str] | None = None,
        sign: Signer | None = None,
    ) -> Reply:
        named = operation or ("read" if method == "GET" else "tell")
        headers = self._headers() if callable(self._headers) else self._headers
        given: dict[str, Any] = {"json": body}
        if form is not None:
            headers = {**headers, "Content-Type": "application/x-www-form-urlencoded"}
            given = {"content": urlencode(form).encode()}
        if sign is not None:
            content = b"" if body is None else json.dumps(body, separators=(",", ":")).encode()
            headers = {**headers, "Content-Type": "application/json", **sign(self._url + path, content)}
            given = {"content": content}
        return self._reached(method, self._url + path, named, headers, params=params, auth=self._auth, **given)

    def _reached(self, method: str, url: str, operation: str, headers: Mapping[str, str], **given: Any) -> Reply:
        patient_until = clock.monotonic() + LONGEST_PACE_S
        try:
            while True:
                try:
                    return self._called(method, url, operation, headers, **given)
                except CounterpartQuiet as quiet:
                    pause_s = (quiet.until - database_clock.now()).total_seconds()
                    if not quiet.paced or clock.monotonic() + pause_s > patient_until:
                        raise ShopBusy(quiet.until, quiet.reason) from None
                    clock.sleep(max(pause_s, 0))
        except AddressRefused as refused:
            raise ShopAddressRefused(channel=self._channel, why=refused.why) from None
        except NotSent as error:
            raise ShopNotReached(Text("not reached: {error}", error=error)) from None
        except IncompleteResponse as error:
            raise ShopUnreachable(f"no answer: {error}") from None

    def _called(self, method: str, url: str, operation: str, headers: Mapping[str, str], **given: Any) -> Reply:
        call = Call(self._counterpart, operation)
        return call_out(call, method, url, headers=dict(headers), deadline_s=DEADLINE_S, most_bytes=MOST_BYTES, **given)

    def _refuse(self, response: Reply, operation: str) -> None:
        status = response.status
        quiet_until = retry_after.quiet_until(status, response.headers, clock.now())
        if status in (429, 503) and quiet_until is not None:
            raise ShopBusy(quiet_until)
        if status >= 500 or status in self._no_answer:
            raise ShopUnreachable(f"answered {status}")
        if not 200 <= status < 300:
            raise self.declined(status, _parsed(response), operation)


def _parsed(reply: Reply) -> Any:
    """What a refusal says; nothing where that is not JSON."""
    try:
        return load_bounded(reply.body, most_values=MOST_VALUES)
    except ValueError:
        return None


def _json(reply: Reply) -> Any:
    try:
        return load_bounded(reply.body, most_values=MOST_VALUES)
    except ValueError:
        raise ShopUnreachable(f"{reply.status} with an unreadable body") from None


def time_of(response: Reply) -> datetime | None:
    """What time the shop says it is."""
    return time_in(response.headers)


def time_in(headers: Mapping[str, str]) -> datetime | None:
    """What time the shop says it is, by the head of an answer."""
    try:
        return parsedate_to_datetime(headers.get("date", "")).astimezone(UTC)
    except (ValueError, TypeError, OverflowError):
        return None
