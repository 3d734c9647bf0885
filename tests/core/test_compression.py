"""What goes compressed, and what does not."""

from __future__ import annotations

import gzip

import pytest
from django.http import HttpResponse, StreamingHttpResponse
from django.test import Client, RequestFactory

from apps.accounts.models import Role
from apps.core.compression import LEAST_BYTES, Compression
from tests.factories import UserFactory, make_key, make_order

pytestmark = pytest.mark.django_db
ASKS = {"accept-encoding": "gzip"}
LONG = "long " * LEAST_BYTES


@pytest.fixture
def browser() -> Client:
    client = Client()
    client.force_login(UserFactory(role=Role.ADMIN), "apps.accounts.sessions.StaffBackend")
    return client


def sent(response: HttpResponse | StreamingHttpResponse, method: str = "GET", path: str = "/") -> HttpResponse:
    request = getattr(RequestFactory(), method.lower())(path, headers=ASKS)
    return Compression(lambda _: response)(request)  # type: ignore[return-value]


def test_a_page_goes_compressed_to_a_browser_that_asks_for_it_and_is_the_same_page(browser: Client):
    plain = browser.get("/orders/")
    packed = browser.get("/orders/", headers=ASKS)

    assert packed.headers["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in packed.headers["Vary"]
    assert int(packed.headers["Content-Length"]) == len(packed.content) < len(plain.content) / 3
    assert gzip.decompress(packed.content).startswith(plain.content[:100])
    assert "Content-Encoding" not in plain.headers


def test_one_page_twice_differs_in_length_and_token(browser: Client):
    pages = [browser.get("/orders/", headers=ASKS).content for _ in range(12)]

    assert len({len(page) for page in pages}) > 3


def test_a_list_of_the_api_goes_compressed_and_one_resource_keeps_its_etag():
    client, key = Client(), {"authorization": f"Bearer {make_key()}", **ASKS}
    orders = [make_order() for _ in range(5)]
    many = client.get("/api/v1/orders", headers=key)
    one = client.get(f"/api/v1/orders/{orders[0].public_id}", headers=key)

    assert many.headers["Content-Encoding"] == "gzip"
    assert "Content-Encoding" not in one.headers
    assert one.headers["ETag"].startswith('"')


@pytest.mark.parametrize("path", ["/metrics", "/hooks/shopify/shop/", "/health/ready"])
def test_what_is_asked_often_and_is_short_is_never_compressed(path: str):
    assert "Content-Encoding" not in sent(HttpResponse(LONG), path=path).headers


def test_only_answers_to_readers_that_are_text_and_long_are_compressed():
    assert "Content-Encoding" not in sent(HttpResponse("short")).headers
    assert "Content-Encoding" not in sent(HttpResponse(LONG, content_type="image/png")).headers
    assert "Content-Encoding" not in sent(HttpResponse(LONG), "POST").headers
    assert sent(HttpResponse(LONG, content_type="text/csv")).headers["Content-Encoding"] == "gzip"


def test_an_export_goes_compressed_as_it_streams():
    answer = sent(StreamingHttpResponse([LONG, LONG], content_type="text/csv; charset=utf-8"))

    assert gzip.decompress(b"".join(answer)).decode() == LONG * 2  # type: ignore[arg-type]
