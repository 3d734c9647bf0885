"""One request to a checked address, under a deadline. Of the answer only the status and Retry-After are looked at."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx

from apps.outbound.client import Watchdog
from apps.outbound.guard import Target

CONNECT_S, READ_S, DEADLINE_S = 5.0, 15.0, 20.0
MOST_WAIT_S = 24 * 60 * 60.0


@dataclass(frozen=True, slots=True)
class Answer:
    """``status`` None: none came. ``wait_s``: how long it asks to be left alone."""

    status: int | None
    note: str
    wait_s: float = 0.0

    @property
    def taken(self) -> bool:
        return self.status is not None and 200 <= self.status < 300

    @property
    def gone(self) -> bool:
        return self.status == 410


def open_client() -> httpx.Client:
    """No proxy, no redirects, no kept connections: each request goes to the address that was checked for it."""
    timeout = httpx.Timeout(READ_S, connect=CONNECT_S)
    return httpx.Client(timeout=timeout, trust_env=False, follow_redirects=False)


def post(target: Target, headers: Mapping[str, str], body: str, now: datetime) -> Answer:
    """Send it. Every way it can go is an answer; nothing is raised."""
    watchdog = Watchdog(DEADLINE_S)
    try:
        with open_client() as client:
            request = client.build_request(
                "POST", target.url, headers={**headers, "host": target.host_header}, content=body.encode()
            )
            # The certificate is checked against the name, although the connection goes to the IP.
            request.extensions |= {"sni_hostname": target.host, "trace": watchdog.notice}
            with watchdog.watching(), contextlib.closing(client.send(request, stream=True)) as response:
                return _read(response, now)
    except httpx.HTTPError as error:
        timed_out = watchdog.bit or isinstance(error, httpx.TimeoutException)
        return Answer(None, "no answer in time" if timed_out else type(error).__name__)


def _read(response: httpx.Response, now: datetime) -> Answer:
    status = response.status_code
    slow = status == 429 or status >= 500
    wait = wait_asked(response.headers.get("retry-after", ""), now) if slow else 0.0
    note = "a redirect, which is not followed" if 300 <= status < 400 else ""
    return Answer(status, note, wait)


def wait_asked(text: str, now: datetime) -> float:
    """Seconds a Retry-After asks for, at most a day; nonsense asks for nothing."""
    if text.isascii() and text.isdigit() and len(text) < 9:
        return min(float(text), MOST_WAIT_S)
    try:
        at = parsedate_to_datetime(text)
    except (TypeError, ValueError):
        return 0.0
    seconds = ((at if at.tzinfo else at.replace(tzinfo=UTC)) - now).total_seconds()
    return min(max(seconds, 0.0), MOST_WAIT_S)
