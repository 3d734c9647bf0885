"""Who sent a webhook, and how a repeat is known."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from apps.channels.adapters.ebay.signature import EbaySignature
from apps.channels.adapters.shopify.signature import SIGNING as SHOPIFY
from apps.channels.adapters.woocommerce.signature import SIGNING as WOOCOMMERCE
from apps.channels.adapters.woocommerce.signature import is_activation_ping
from apps.channels.framework import signatures
from apps.channels.framework.registry import adapter_of
from apps.channels.framework.signatures import LONGEST_KEY, SecretHeader, SigningScheme, StandardWebhooks
from apps.channels.mapping.facts import Facts, facts
from apps.channels.mapping.message_form import Topic
from apps.core.signatures import SecretUnusable, SignatureRefused, sign_standard, verify_standard

DATA = Path(os.environ.get("ORDERYARD_SHARED", Path(__file__).resolve().parents[2].parent / "shared")) / "data"
NOW = datetime.fromtimestamp(1614265330, UTC)
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
MESSAGE_ID = "msg_p5jXN8AQM9LWM0D4loKWxJek"
BODY = b'{"test": 2432232314}'
GOOD = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
PLAIN = Facts("13", None, False, Topic.CREATED)


@pytest.fixture
def vectors() -> Callable[[str], Any]:
    def read(name: str) -> Any:
        path = DATA / "vectors" / name
        if not path.is_file():
            pytest.skip(f"1 file of vectors skipped: {path} is absent; set ORDERYARD_SHARED to run this")
        return json.loads(path.read_text(encoding="utf-8"))

    return read


def signing_of(kind: str) -> SigningScheme:
    signing = adapter_of(kind).signing
    assert signing is not None
    return signing


def dedupe_key(kind: str, headers: dict[str, str], body: bytes, known: Facts) -> str:
    topic = adapter_of(kind).messages.topics.named_in(headers)
    return signatures.dedupe_key(kind, signing_of(kind), headers, body, topic=topic, facts=known)


def standard(**changes: str) -> dict[str, str]:
    headers = {"webhook-id": MESSAGE_ID, "webhook-timestamp": "1614265330", "webhook-signature": GOOD}
    return headers | {f"webhook-{name}": value for name, value in changes.items()}


def test_shopify_vectors(vectors: Callable[[str], Any]) -> None:
    for vector in vectors("shopify_hmac.json"):
        body = vector["body"].encode()
        bare = {name.removeprefix("X-"): value for name, value in vector["headers"].items()}
        for headers in (vector["headers"], bare, {name.upper(): value for name, value in bare.items()}):
            if vector["valid"]:
                SHOPIFY.verify([vector["secret"]], headers, body, NOW)
            else:
                with pytest.raises(SignatureRefused):
                    SHOPIFY.verify([vector["secret"]], headers, body, NOW)


def test_captured_woocommerce_webhooks(vectors: Callable[[str], Any]) -> None:
    checked = 0
    for vector in vectors("woocommerce_hmac.json")["vectors"]:
        path = DATA / "payloads" / "woocommerce_captured" / vector["file"]
        headers_path = path.with_suffix(".headers.json")
        if not (path.is_file() and headers_path.is_file() and vector["matches"]):
            continue
        body, headers = path.read_bytes(), json.loads(headers_path.read_text())
        WOOCOMMERCE.verify([vector["secret"]], headers, body, NOW)
        with pytest.raises(SignatureRefused):
            WOOCOMMERCE.verify([vector["secret"]], headers, body + b" ", NOW)
        checked += 1
    assert checked == 7


def test_standard_vectors_are_signed_and_verified(vectors: Callable[[str], Any]) -> None:
    for vector in vectors("standard_webhooks.json")["sign_vectors"]:
        at = datetime.fromtimestamp(vector["timestamp"], UTC)
        body = vector["body"].encode()
        assert sign_standard(vector["secret"], vector["id"], at, body) == vector["signature"], vector["name"]
        headers = standard(id=vector["id"], signature=vector["signature"])
        verify_standard([vector["secret"]], headers, body, at)


def test_the_official_standard_vector() -> None:
    assert sign_standard(SECRET, MESSAGE_ID, NOW, BODY) == GOOD
    verify_standard([SECRET], {name.title(): value for name, value in standard().items()}, BODY, NOW)


def test_one_good_signature_among_bad_ones_is_enough() -> None:
    verify_standard([SECRET], standard(signature=f"v1,bad v2,bad v1 , {GOOD} v1,worse"), BODY, NOW)


@pytest.mark.parametrize(
    "listed",
    [GOOD.replace("v1,", "v2,"), GOOD.replace("v1,", "v1a,"), GOOD[:-2] + "A=", GOOD[:-2] + "F=", "v1", "v1,", "é"],
)
def test_refuses_when_no_v1_matches(listed: str) -> None:
    with pytest.raises(SignatureRefused, match="not valid"):
        verify_standard([SECRET], standard(signature=listed), BODY, NOW)


@pytest.mark.parametrize("seconds", [-300, -1, 0, 299, 300])
def test_accepts_a_message_within_five_minutes(seconds: int) -> None:
    verify_standard([SECRET], standard(), BODY, NOW + timedelta(seconds=seconds))


@pytest.mark.parametrize("seconds", [-301, 301, 86_400])
def test_refuses_a_message_older_or_newer_than_five_minutes(seconds: int) -> None:
    with pytest.raises(SignatureRefused) as refused:
        verify_standard([SECRET], standard(), BODY, NOW + timedelta(seconds=seconds))
    assert refused.value.reason == "timestamp_out_of_tolerance"


@pytest.mark.parametrize("stamp", ["soon", "1614265330.5", "-5", "1e9", "99999999999", "9" * 40, "١٢٣"])
def test_refuses_a_timestamp_that_is_none(stamp: str) -> None:
    with pytest.raises(SignatureRefused):
        verify_standard([SECRET], standard(timestamp=stamp), BODY, NOW)


@pytest.mark.parametrize("name", ["id", "timestamp", "signature"])
def test_refuses_a_message_without_one_of_the_headers(name: str) -> None:
    headers = standard()
    del headers[f"webhook-{name}"]

    with pytest.raises(SignatureRefused) as refused:
        verify_standard([SECRET], headers, BODY, NOW)
    assert refused.value.reason == "missing_header"


def test_refuses_a_body_that_is_no_text() -> None:
    with pytest.raises(SignatureRefused):
        verify_standard([SECRET], standard(), b"\xff\xfe", NOW)


def test_a_secret_works_without_its_prefix_and_without_its_padding() -> None:
    bare = SECRET.removeprefix("whsec_")
    assert sign_standard(bare, MESSAGE_ID, NOW, BODY) == GOOD
    # 16 bytes make 22 characters and two of padding.
    assert sign_standard("AAAAAAAAAAAAAAAAAAAAAA", "m", NOW, b"") == sign_standard(
        "AAAAAAAAAAAAAAAAAAAAAA==", "m", NOW, b""
    )


@pytest.mark.parametrize("secrets", [[], [""], ["whsec_"], ["whsec_a"]])
def test_an_empty_or_malformed_secret_verifies_nothing(secrets: list[str]) -> None:
    with pytest.raises(SecretUnusable):
        verify_standard(secrets, standard(), BODY, NOW)


@pytest.mark.parametrize("check", [SHOPIFY.verify, WOOCOMMERCE.verify])
def test_no_secret_verifies_nothing(check: Callable[..., None]) -> None:
    headers = {"X-Shopify-Hmac-Sha256": "x", "X-WC-Webhook-Signature": "x"}

    for secrets in ([], [""]):
        with pytest.raises(SecretUnusable):
            check(secrets, headers, BODY, NOW)


def test_both_secrets_are_valid_while_one_is_being_rotated() -> None:
    headers = SHOPIFY.sign("new", BODY, message_id="1", at=NOW)

    SHOPIFY.verify(["old", "new"], headers, BODY, NOW)
    with pytest.raises(SignatureRefused):
        SHOPIFY.verify(["old"], headers, BODY, NOW)


def test_each_kind_is_checked_by_its_own_scheme() -> None:
    for kind, secret in [("shopify", "s"), ("woocommerce", "s"), ("amazon", SECRET), ("olist", SECRET)]:
        signing = signing_of(kind)
        signing.verify([secret], signing.sign(secret, BODY, message_id=MESSAGE_ID, at=NOW), BODY, NOW)
    assert adapter_of("amazon").signing == StandardWebhooks() != adapter_of("shopify").signing


@pytest.mark.parametrize("kind", ["shopify", "woocommerce", "amazon"])
def test_a_forged_message_is_refused_whatever_the_kind(kind: str) -> None:
    forged = standard(signature=GOOD[:-2] + "A=")
    forged |= {"X-Shopify-Hmac-Sha256": "AAAA", "X-WC-Webhook-Signature": "AAAA"}

    with pytest.raises(SignatureRefused) as refused:
        signing_of(kind).verify([SECRET], forged, BODY, NOW)
    assert (refused.value.reason, refused.value.status) == ("no_matching_signature", 401)


@pytest.mark.parametrize("check", [SHOPIFY.verify, WOOCOMMERCE.verify])
def test_a_message_without_a_signature_is_refused_for_that(check: Callable[..., None]) -> None:
    with pytest.raises(SignatureRefused) as refused:
        check(["s"], {}, BODY, NOW)
    assert refused.value.reason == "missing_signature"


@pytest.mark.parametrize("sign", [SHOPIFY.sign, WOOCOMMERCE.sign])
def test_nothing_is_signed_without_a_secret(sign: Callable[..., dict[str, str]]) -> None:
    with pytest.raises(SecretUnusable) as refused:
        sign("", BODY, message_id="1", at=NOW)
    assert refused.value.status == 409


@pytest.mark.parametrize("stamp", ["soon", "-1614265330", "١٦١٤٢٦٥٣٣٠"])
def test_a_timestamp_that_is_none_is_refused_for_that(stamp: str) -> None:
    with pytest.raises(SignatureRefused) as refused:
        verify_standard([SECRET], standard(timestamp=stamp), BODY, NOW)
    assert refused.value.reason == "timestamp_not_a_number"


@pytest.mark.parametrize("given", ["", "é", "\udcff", "AAAA"])
def test_a_header_of_any_text_is_refused_not_a_fault(given: str) -> None:
    with pytest.raises(SignatureRefused):
        WOOCOMMERCE.verify(["s"], {"X-WC-Webhook-Signature": given}, BODY, NOW)


def test_the_unsigned_activation_ping_is_known() -> None:
    form = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}

    assert is_activation_ping(form, b"webhook_id=2")
    assert not is_activation_ping({"Content-Type": "application/json"}, b"webhook_id=2")
    assert not is_activation_ping(form, b"webhook_id=2&id=5")
    assert not is_activation_ping(form, b"webhook_id=" + b"1" * 100)
    assert not is_activation_ping(form, b"\xff")


@pytest.mark.parametrize(("length", "known"), [(64, True), (65, False)])
def test_a_ping_has_64_bytes_at_most(length: int, known: bool) -> None:
    body = b"webhook_id=" + b"1" * (length - len(b"webhook_id="))

    assert is_activation_ping({"Content-Type": "application/x-www-form-urlencoded"}, body) is known


def woo_headers(topic: str = "order.created", webhook: str = "1") -> dict[str, str]:
    return {"X-WC-Webhook-ID": webhook, "X-WC-Webhook-Topic": topic, "X-WC-Webhook-Delivery-ID": "d105c938"}


def test_three_orders_of_one_second_are_three_though_their_delivery_id_is_one() -> None:
    bodies = [b'{"id":13}', b'{"id":14}', b'{"id":15}']

    keys = {
        dedupe_key(
            "woocommerce",
            woo_headers(),
            body,
            facts(adapter_of("woocommerce").messages, "order.created", json.loads(body)),
        )
        for body in bodies
    }

    assert len(keys) == 3


def test_the_same_woocommerce_message_again_is_the_same() -> None:
    first = dedupe_key("woocommerce", woo_headers(), b'{"id":13}', PLAIN)

    assert (
        dedupe_key("woocommerce", woo_headers() | {"X-WC-Webhook-Delivery-ID": "other"}, b'{"id":13}', PLAIN) == first
    )
    assert dedupe_key("woocommerce", woo_headers("order.updated", "2"), b'{"id":13}', PLAIN) != first
    assert dedupe_key("woocommerce", woo_headers(), b'{"id":13,"status":"cancelled"}', PLAIN) != first


def test_shopify_messages_are_known_by_their_webhook_id_else_by_what_they_say() -> None:
    retried = {"X-Shopify-Webhook-Id": "b54557e4", "X-Shopify-Topic": "orders/create"}
    bare = {"shopify-webhook-id": "b54557e4"}

    assert dedupe_key("shopify", retried, b"1", PLAIN) == dedupe_key("shopify", bare, b"2", PLAIN) == "shopify:b54557e4"
    told = [dedupe_key("shopify", {"Shopify-Topic": topic}, b"1", PLAIN) for topic in ("orders/create", "orders/paid")]
    assert told[0] != told[1]
    assert told[0].startswith("shopify:orders/create:13:")


def test_a_standard_webhook_is_known_by_its_id() -> None:
    assert dedupe_key("olist", {"Webhook-Id": "msg_1"}, b"1", PLAIN) == "olist:msg_1"
    assert dedupe_key("olist", {}, b"1", PLAIN) != dedupe_key("olist", {}, b"2", PLAIN)


@pytest.mark.parametrize(("length", "kept"), [(128, True), (129, False)])
def test_a_key_of_128_characters_is_kept_as_it_is(length: int, kept: bool) -> None:
    webhook_id = "x" * (length - len("shopify:"))

    key = dedupe_key("shopify", {"X-Shopify-Webhook-Id": webhook_id}, b"1", PLAIN)

    assert (key == f"shopify:{webhook_id}") is kept


@pytest.mark.parametrize("webhook_id", ["x" * 500, "a\x00b", "\ud800", "tab\there"])
def test_a_key_is_always_one_a_column_can_hold(webhook_id: str) -> None:
    key = dedupe_key("shopify", {"X-Shopify-Webhook-Id": webhook_id}, b"1", PLAIN)

    assert len(key) <= LONGEST_KEY
    assert key.isprintable()
    assert key == dedupe_key("shopify", {"X-Shopify-Webhook-Id": webhook_id}, b"1", PLAIN)


def test_what_is_signed_as_shopify_does_carries_the_names_it_uses_now():
    scheme = adapter_of("shopify").signing
    signed = scheme.sign(SECRET, b"{}", message_id="d1", at=NOW)
    assert set(signed) == {"x-shopify-hmac-sha256", "x-shopify-webhook-id"}


NAMED = SecretHeader(header="x-our-secret")


def test_a_secret_in_a_header_of_its_own_is_the_secret_and_nothing_else() -> None:
    headers = NAMED.sign("s-é", BODY, message_id="1", at=NOW)

    assert headers == {"x-our-secret": "s-é"}
    NAMED.verify(["old", "s-é"], {"X-Our-Secret": "s-é"}, BODY, NOW)
    for given, reason in (("s", "no_matching_signature"), ("\udcff", "no_matching_signature"), ("", "missing_secret")):
        with pytest.raises(SignatureRefused) as refused:
            NAMED.verify(["old", "s-é"], {"X-Our-Secret": given}, BODY, NOW)
        assert refused.value.reason == reason
    with pytest.raises(SecretUnusable):
        NAMED.verify([""], headers, BODY, NOW)
    assert NAMED.known_by({}, "orders/new", PLAIN, "digest") == ["orders/new", "13", "digest"]


@pytest.mark.parametrize("scheme", [NAMED, SHOPIFY, EbaySignature()])
def test_a_new_secret_is_32_random_bytes(scheme: SigningScheme) -> None:
    first, second = scheme.new_secret(), scheme.new_secret()

    assert first != second
    assert len(base64.urlsafe_b64decode(first + "=")) == 32


def test_a_new_secret_of_a_standard_webhook_is_32_random_bytes_in_its_form() -> None:
    secret = StandardWebhooks().new_secret()

    assert secret.startswith("whsec_")
    assert len(base64.b64decode(secret.removeprefix("whsec_"))) == 32
    assert secret != StandardWebhooks().new_secret()


def test_a_standard_webhook_is_signed_in_whole_seconds() -> None:
    signed = StandardWebhooks().sign(SECRET, BODY, message_id=MESSAGE_ID, at=NOW + timedelta(milliseconds=900))

    assert signed == standard()
    assert StandardWebhooks().known_by({}, "", PLAIN, "digest") == ["created", "13", "digest"]


def test_a_body_is_needed_only_where_its_shop_always_sends_one() -> None:
    with pytest.raises(SignatureRefused) as refused:
        SHOPIFY.verify(["s"], SHOPIFY.sign("s", b"", message_id="1", at=NOW), b"", NOW)
    assert refused.value.reason == "missing_body"
    WOOCOMMERCE.verify(["s"], WOOCOMMERCE.sign("s", b"", message_id="1", at=NOW), b"", NOW)


def test_any_of_the_headers_that_may_carry_a_signature_will_do() -> None:
    good = SHOPIFY.sign("s", BODY, message_id="1", at=NOW)["x-shopify-hmac-sha256"]

    SHOPIFY.verify(["s"], {"X-Shopify-Hmac-Sha256": "AAAA", "Shopify-Hmac-Sha256": good}, BODY, NOW)
    SHOPIFY.verify(["s"], {"X-Shopify-Hmac-Sha256": "", "Shopify-Hmac-Sha256": good}, BODY, NOW)
