"""No address, form, header or cookie with a NUL or half of a character gets further than the door, wherever it is sent."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from io import BytesIO

import pytest
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from apps.accounts.models import Role
from apps.accounts.plainfields import StorableJSONField
from orchestrator.requests import PlainRequest, WebRequest
from tests.api.front_door import Door
from tests.console.conftest import LogIn, _quick_passwords, log_in
from tests.factories import UserFactory, make_key

__all__ = ["_quick_passwords", "log_in"]
pytestmark = pytest.mark.django_db
PIECE = re.compile(r"<(?:(\w+):)?\w+>|\(\?P<\w+>[^)]*\)")
NUL, HALF = "%00", "%ED%A0%80"


def patterns(at: URLResolver, before: str = "") -> Iterator[str]:
    for one in at.url_patterns:
        path = before + str(one.pattern)
        if isinstance(one, URLPattern):
            yield path
        else:
            yield from patterns(one, path)


def addresses(piece: str) -> list[str]:
    """Every address of the product, with ``piece`` in place of each part that varies; numbers stay numbers."""
    found = set()
    for pattern in patterns(get_resolver()):
        text = pattern.replace("^", "").replace("$", "").replace("\\Z", "").replace("\\", "")
        found.add("/" + PIECE.sub(lambda match: "9" * 30 if match[1] == "int" else piece, text))
    return sorted(found)


PLAIN, BROKEN = addresses("x"), addresses(f"x{NUL}y")


def web_request(query: str, content_type: str) -> HttpRequest:
    headers = [(b"content-type", content_type.encode())]
    scope = {"type": "http", "method": "GET", "path": "/orders/", "query_string": query.encode(), "headers": headers}
    return WebRequest(scope, BytesIO())


def plain_request(query: str, content_type: str) -> HttpRequest:
    return PlainRequest(
        {"REQUEST_METHOD": "GET", "PATH_INFO": "/", "QUERY_STRING": query, "CONTENT_TYPE": content_type,
         "wsgi.input": BytesIO()}
    )  # fmt: skip


@pytest.fixture
def browser(log_in: LogIn) -> Client:
    client = log_in(Role.ADMIN, is_superuser=True)
    client.raise_request_exception = False
    return client


def test_the_addresses_are_those_of_the_whole_product():
    assert len(PLAIN) > 250
    assert {"/admin/channels/channel/add/", "/orders/x/", "/api/v1/orders/x", "/hooks/x/x/"} <= set(PLAIN)


def test_no_address_breaks_with_a_nul_or_half_a_character_in_it(browser: Client):
    answers = {address: browser.get(address).status_code for address in {*BROKEN, *addresses(f"x{HALF}y")}}

    assert {address: status for address, status in answers.items() if status == 500} == {}
    assert {answers[address] for address in BROKEN if NUL in address} == {400}


@pytest.mark.parametrize("query", [f"q={NUL}", f"{NUL}=1", f"cursor=a{NUL}b", f"secret=%00{HALF}"])
def test_no_query_with_a_nul_is_worked_with(browser: Client, query: str):
    answers = {address: browser.get(f"{address}?{query}").status_code for address in PLAIN}

    assert {address for address, status in answers.items() if status != 400} == set()


def test_half_a_character_in_a_query_breaks_nothing(browser: Client):
    answers = {address: browser.get(f"{address}?q={HALF}&o={HALF}&p=9{HALF}").status_code for address in PLAIN}

    assert {address: status for address, status in answers.items() if status == 500} == {}


@pytest.mark.parametrize("form", ["name=a%00b", "a%00b=name"])
def test_no_form_with_a_nul_is_worked_with(browser: Client, form: str):
    urlencoded = "application/x-www-form-urlencoded"
    pages = [address for address in PLAIN if not address.startswith(("/api/", "/hooks/", "/health/"))]
    answers = {page: browser.post(page, form.encode(), content_type=urlencoded).status_code for page in pages}

    assert {page for page, status in answers.items() if status != 400} == set()


def test_no_upload_with_a_nul_in_its_name_or_fields_is_worked_with(browser: Client):
    for part in ('name="a\x00"', 'name="f"; filename="a\x00.csv"', 'name="a"'):
        value = "b\x00" if part == 'name="a"' else "b"
        body = f"--B\r\nContent-Disposition: form-data; {part}\r\n\r\n{value}\r\n--B--\r\n"
        answer = browser.post("/orders/x/hold/", body.encode(), content_type="multipart/form-data; boundary=B")
        assert answer.status_code in (302, 400, 404), part


def test_the_refusal_says_what_to_do_on_a_page_and_to_a_machine(browser: Client):
    page, machine = browser.get(f"/orders/?q={NUL}"), browser.get(f"/api/v1/orders?q={NUL}")

    assert "can’t be read" in page.content.decode()
    assert "Take it out" in page.content.decode()
    assert (machine["Content-Type"], machine.json()["code"]) == ("application/problem+json", "unstorable_text")


@pytest.mark.parametrize("charset", ["utf-7", "unicode_escape", "utf-16", "rot13", "idna", "nonsense", "x" * 20_000])
@pytest.mark.parametrize("make", [web_request, plain_request])
def test_no_caller_chooses_an_encoding_in_which_halves_of_characters_can_be_written(
    make: Callable[[str, str], HttpRequest], charset: str
):
    for kind in ("application/x-www-form-urlencoded", "text/plain", "multipart/form-data; boundary=B"):
        request = make("q=%2b2AA-", f"{kind}; charset={charset}")

        assert (request.GET["q"], request.encoding) == ("+2AA-", None)


@pytest.mark.parametrize("number", ["x", "-1", "1.5", "9" * 30, "\u0663\u0664", "_5F"])
def test_a_configuration_screen_of_a_row_without_a_number_is_not_there(browser: Client, number: str):
    for page in ("change/", "history/", "delete/", "rotate/"):
        assert browser.get(f"/admin/channels/channel/{number}/{page}").status_code in (302, 403, 404)


@pytest.mark.parametrize("cookie", ['sessionid="\\000"', 'csrftoken="a\\000b"', 'x="\\000"'])
def test_a_cookie_that_spells_a_nul_is_refused(cookie: str):
    client = Client(raise_request_exception=False)

    assert client.get("/orders/", headers={"Cookie": cookie}).status_code == 400


@pytest.mark.parametrize("name", ["User-Agent", "Idempotency-Key", "If-Match", "Referer", "Authorization"])
def test_a_header_with_a_nul_is_refused(name: str):
    client = Client(raise_request_exception=False)

    for address in ("/admin/login/", "/api/v1/orders", "/hooks/shopify/x/"):
        assert client.post(address, headers={name: "a\x00b"}).status_code == 400, address


def test_a_login_with_a_nul_counts_for_nothing():
    UserFactory(username="dana")
    answer = Client(raise_request_exception=False).post("/admin/login/", {"username": "dana\x00", "password": "x\x00"})

    assert answer.status_code == 400


@pytest.mark.parametrize("text", ['{"a": "\\u0000"}', '{"\\ud800": 1}', '{"tables": {"x": {"a": "b\\udfff"}}}'])
def test_a_json_field_of_a_form_takes_no_escape_for_one_either(text: str):
    with pytest.raises(ValidationError, match="half of a character"):
        StorableJSONField().clean(text)


@pytest.mark.parametrize("text", ["\\u0000", "\\ud800"])
def test_every_operation_of_the_api_refuses_such_a_body(text: str):
    door = Door(make_key(), raise_faults=False)
    raw = f'{{"name": "{text}", "{text}": ["{text}"]}}'.encode()
    answers = {
        address: door.send(method, address, raw=raw, key="k").status_code
        for address in PLAIN
        if address.startswith("/api/v1/")
        for method in ("POST", "PATCH", "DELETE")
    }

    assert json.loads(raw)
    assert {address: status for address, status in answers.items() if status >= 500 or status < 400} == {}
