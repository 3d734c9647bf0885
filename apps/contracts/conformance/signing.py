"""Probes of what comes in: signatures, repeats, broken bodies, orders handed in."""

from __future__ import annotations

import json
from datetime import timedelta

from apps.channels.framework.signatures import SecretHeader, SigningScheme, dedupe_key
from apps.channels.mapping.facts import facts
from apps.channels.services.reading import parse
from apps.contracts.conformance.bench import Bench, NotProven, ProbeSkipped
from apps.core import clock
from apps.core.signatures import SecretUnusable, SignatureRefused
from apps.core.text import Text


def webhooks(bench: Bench) -> str:
    scheme = bench.adapter.signing
    if scheme is None:
        raise NotProven(Text("it has no scheme by which webhooks are signed"))
    if not bench.payloads:
        raise ProbeSkipped(Text("there is no message to try it on"))
    (secret, key), (_, stranger) = _pair(scheme, bench.secret), _pair(scheme)
    body = json.dumps(bench.payloads[0]).encode()
    headers = scheme.sign(secret, body, message_id="m_1", at=clock.now())
    _verifies(scheme, [key], headers, body)
    _verifies(scheme, [stranger, key], headers, body)
    _refuses(scheme, [stranger], headers, body, Text("signed with another secret"))
    _refuses(scheme, [key], {}, body, Text("not signed"))
    if not isinstance(scheme, SecretHeader):
        _refuses(scheme, [key], headers, body[:-1], Text("cut short"))
        _refuses(scheme, [key], headers, body.replace(b"1", b"2"), Text("changed on its way"))
    _same_when_repeated(bench, scheme, secret, body)
    _says_when(bench, body)
    _broken_is_no_order(body)
    order = bench.read(bench.payloads[0])
    return Text(
        "Genuine ones pass, those forged, changed, cut short and unsigned do not; one that comes twice or late is known; order {order} was read.",
        order=order.external_id,
    )


def _pair(scheme: SigningScheme, secret: str = "") -> tuple[str, str]:
    """What is signed with and what it is verified by: the same, unless the scheme has a key for each."""
    if (new_pair := getattr(scheme, "new_pair", None)) is not None:
        private, public = new_pair()
        return str(private), str(public)
    shared = secret or scheme.new_secret()
    return shared, shared


def _verifies(scheme: SigningScheme, secrets: list[str], headers: dict[str, str], body: bytes) -> None:
    try:
        scheme.verify(secrets, headers, body, clock.now())
    except (SignatureRefused, SecretUnusable) as error:
        raise NotProven(Text("a genuine message was refused: {error}", error=error)) from error


def _refuses(scheme: SigningScheme, secrets: list[str], headers: dict[str, str], body: bytes, how: str) -> None:
    try:
        scheme.verify(secrets, headers, body, clock.now())
    except (SignatureRefused, SecretUnusable):
        return
    raise NotProven(Text("a message that was {how} passed", how=how))


def _same_when_repeated(bench: Bench, scheme: SigningScheme, secret: str, body: bytes) -> None:
    form, later = bench.adapter.messages, clock.now() + timedelta(seconds=30)
    known = facts(form, "", parse(body))
    keys = {
        dedupe_key(form.kind, scheme, scheme.sign(secret, body, message_id="m_1", at=at), body, topic="", facts=known)
        for at in (clock.now(), later)
    }
    if len(keys) != 1:
        raise NotProven(Text("a message that is delivered again is not known as the same"))


def _says_when(bench: Bench, body: bytes) -> None:
    """By that an older message that comes later is known; where a webhook only names an order, what is fetched says it."""
    form = bench.adapter.messages
    known = facts(form, "", parse(body))
    if not known.external_id:
        raise NotProven(Text("a message does not say which order it is about"))
    if form.updated and known.updated_at is None and not form.hooks_only_name:
        raise NotProven(
            Text("a message does not say when its order changed: one that comes late would undo a newer one")
        )


def _broken_is_no_order(body: bytes) -> None:
    try:
        parse(body[: len(body) // 2])
    except ValueError:
        return
    raise NotProven(Text("half a message was read as a whole one"))


def handed_in(bench: Bench) -> str:
    """Orders that are handed in whole: each is read, and what is no order is not."""
    if not bench.payloads:
        raise ProbeSkipped(Text("there is no order to try it on"))
    for payload in bench.payloads:
        bench.read(payload)
    try:
        bench.read({"hello": "there"})
    except Exception:
        # How an adapter refuses is its own affair; that it does is what is tried.
        return Text("{count} orders were read, and what is none was not.", count=len(bench.payloads))
    raise NotProven(Text("what is no order was read as one"))
