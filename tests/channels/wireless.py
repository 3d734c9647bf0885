"""A shop without a wire: calls reach the simulated shop in the process, past breakers and call log."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from email.utils import format_datetime

import httpx
import pytest

from apps.outbound import client as outbound_client
from apps.outbound.client import exchange
from tests.channels.shops import ShopServer


@contextmanager
def wireless(server: ShopServer, at: datetime) -> Iterator[ShopServer]:
    """``at``: what time the shop says it is."""

    def answer(request: httpx.Request) -> httpx.Response:
        asked = json.loads(request.content or b"{}")
        status, body, headers = server.answer(request.method, request.url.path, dict(request.url.params), asked)
        date = format_datetime(at, usegmt=True)
        return httpx.Response(status, content=iter([json.dumps(body).encode()]), headers={"Date": date, **headers})

    with (
        httpx.Client(transport=httpx.MockTransport(answer)) as client,
        pytest.MonkeyPatch.context() as patched,
    ):
        patched.setattr(outbound_client, "_client", lambda: client)
        # What holds across workers is kept in the database; here only what is said is of interest.
        patched.setattr(
            "apps.channels.framework.exchange.call_out", lambda call, *args, **given: exchange(*args, **given)
        )
        yield server
