"""Bad input 30: no address that somebody sets up leads where it must not, however it is written."""

from __future__ import annotations

import ipaddress
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from apps.channels.errors import ShopRefused
from apps.channels.services.connecting import shop_of
from apps.core.errors import AddressRefused
from apps.integrations.framework.base import Failed
from apps.integrations.models import Partner
from apps.integrations.selectors import client_of
from apps.outbound import guard
from apps.outbound.client import exchange
from apps.outbound.errors import NotSent
from tests.factories import ChannelFactory
from tests.webhooks.conftest import names

__all__ = ["names"]


@pytest.mark.parametrize(
    "url",
    [
        "http://erp.example/hooks",
        "ftp://erp.example/",
        "//erp.example/",
        "https://",
        "https://user:pw@erp.example/",
        "https://erp.example/#part",
        "https://erp.example:99999/",
        "https://erp.example/a b",
        "https://erp.exämple/",
        "https://erp.example/" + "a" * 500,
        "https://127.0.0.1/",
        "https://localhost/",
        "https://169.254.169.254/latest/meta-data",
        "https://2130706433/",
        "https://0x7f.1/",
        "https://0177.0.0.1/",
        "https://10.0.0.1/",
        "https://192.168.1.1:8443/",
        "https://100.64.0.1/",
        "https://0.0.0.0/",
        "https://[::1]/",
        "https://[::]/",
        "https://[::ffff:10.0.0.1]/",
        "https://[fd00::1]/",
        "https://[fe80::1]/",
        "https://[64:ff9b::a00:1]/",
        "https://[2002:a00:1::]/",
        "https://224.0.0.1/",
        "https://255.255.255.255/",
    ],
)
def test_refuses_what_is_not_https_on_the_open_internet(url: str):
    with pytest.raises(AddressRefused):
        guard.check(url)


def test_refuses_a_name_of_which_one_address_is_private(names: dict[str, list[str]]):
    names["both.example"] = ["93.184.215.14", "10.0.0.7"]

    with pytest.raises(AddressRefused):
        guard.check("https://both.example/")


def test_refuses_a_name_nobody_knows(names: dict[str, list[str]]):
    names["gone.example"] = []

    with pytest.raises(AddressRefused, match="can't be found"):
        guard.check("https://gone.example/")


def test_answers_with_the_address_that_was_checked_and_the_name_to_ask_for(names: dict[str, list[str]]):
    names["erp.example"] = ["2a00:1450:4009:81f::200e"]

    target = guard.check("https://ERP.example:8443/hooks?x=1")

    assert target == guard.Target("2a00:1450:4009:81f::200e", "erp.example")


@pytest.mark.parametrize("ip", ["93.184.215.14", "2a00:1450:4009:81f::200e", "::ffff:93.184.215.14"])
def test_lets_public_addresses_through(ip: str):
    assert guard.is_public(ipaddress.ip_address(ip))


TRUSTED_REFUSED = [
    "file:///etc/passwd",
    "ftp://shop.example/",
    "gopher://shop.example/",
    "javascript:alert(1)",
    "http+unix://%2Fvar%2Frun%2Fdocker.sock/",
    "shop.example",
    "https://user:pw@shop.example",
    "https://user@shop.example",
    "https://shop.example@evil.example",
    "https://shop.example#x",
    "https://shop.example?x=1",
    "https://shop.example\\@evil.example",
    "https://sh op.example",
    "https://shop.example:0x50/",
    "https://%31%32%37.0.0.1/",
    "https://[::1",
    "http://93.184.215.14/",
    "http://169.254.169.254/latest/meta-data",
    "https://169.254.169.254./",
    "http://2852039166/",
    "http://0xa9.0xfe.0xa9.0xfe/",
    "http://0251.0376.0251.0376/",
    "http://[::ffff:169.254.169.254]/",
    "http://[::169.254.169.254]/",
    "http://[64:ff9b::a9fe:a9fe]/",
    "http://[fd00:ec2::254]/",
    "http://168.63.129.16/",
    "http://100.100.100.200/",
    "http://10.0.0.1/",
    "https://192.168.1.1/",
    "http://[fc00::1]/",
    "http://0.0.0.0/",
]


@pytest.mark.parametrize("url", TRUSTED_REFUSED)
def test_refuses_for_a_shop_or_partner_what_leads_anywhere_but_to_one(url: str, settings):
    settings.OUTGOING_PRIVATE_NETWORKS = [ipaddress.ip_network("127.0.0.0/8")]

    with pytest.raises(ValidationError, match="can't be called"):
        guard.validate_connection(url)


@pytest.mark.parametrize("url", ["https://93.184.215.14/api", "http://127.0.0.1:8100/3pl/x", "http://localhost:8080"])
def test_lets_the_open_internet_and_the_networks_named_in_the_settings_through(url: str, settings):
    settings.OUTGOING_PRIVATE_NETWORKS = [ipaddress.ip_network("127.0.0.0/8"), ipaddress.ip_network("::1/128")]

    guard.validate_connection(url)


@pytest.mark.parametrize("url", ["http://127.0.0.1:8100/", "https://localhost/", "http://[::1]/", "http://2130706433/"])
def test_without_that_setting_this_machine_is_not_called_either(url: str, settings):
    settings.OUTGOING_PRIVATE_NETWORKS = []

    with pytest.raises(ValidationError, match="OUTGOING_PRIVATE_NETWORKS"):
        guard.validate_connection(url)


def test_no_setting_opens_where_clouds_keep_their_keys(settings):
    settings.OUTGOING_PRIVATE_NETWORKS = [ipaddress.ip_network("0.0.0.0/0"), ipaddress.ip_network("::/0")]

    for url in ("http://169.254.169.254/", "http://[fd00:ec2::254]/", "http://[::ffff:169.254.169.254]/"):
        with pytest.raises(AddressRefused, match="keys of its machines"):
            guard.check(url, trusted=True)


def test_no_setting_opens_private_networks_to_webhooks(settings):
    """Any integrator's key sets those up."""
    settings.OUTGOING_PRIVATE_NETWORKS = [ipaddress.ip_network("127.0.0.0/8")]

    with pytest.raises(AddressRefused, match="private network"):
        guard.check("https://127.0.0.1/")


def test_a_shop_whose_name_nobody_knows_yet_may_be_set_up_and_is_asked_again_at_every_call(names: dict[str, list[str]]):
    names["soon.example"] = []

    guard.validate_connection("https://soon.example/api")
    with pytest.raises(NotSent):
        exchange("GET", "https://soon.example/api", headers={})
    names["soon.example"] = ["10.0.0.1"]
    with pytest.raises(AddressRefused, match="private network"):
        exchange("GET", "https://soon.example/api", headers={})


@pytest.mark.parametrize("host", ["10.0.0.1", "169.254.169.254", "127.0.0.1.", "a b", "", "[fe80::1]", "x/y", "user@x"])
def test_a_mail_server_is_a_server_that_may_be_called(host: str, settings):
    settings.OUTGOING_PRIVATE_NETWORKS = []

    with pytest.raises(AddressRefused):
        guard.check_server(host, 25)


def test_a_mail_server_of_ones_own_network_is_named_in_the_settings(settings):
    settings.OUTGOING_PRIVATE_NETWORKS = [ipaddress.ip_network("127.0.0.0/8")]

    assert guard.check_server("127.0.0.1", 25) == "127.0.0.1"
    assert guard.check_server("93.184.215.14", 25) == "93.184.215.14"


class Trap(BaseHTTPRequestHandler):
    """Sends whoever comes on to itself, and remembers who came."""

    came: list[tuple[str, str]] = []

    def do_GET(self) -> None:
        self.came.append((self.path, self.headers["host"]))
        self.send_response(302)
        self.send_header("Location", "/stolen")
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing."""


@pytest.fixture
def trap() -> Iterator[int]:
    Trap.came.clear()
    server = HTTPServer(("127.0.0.1", 0), Trap)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port
    server.shutdown()
    server.server_close()


def test_the_connection_goes_to_the_ip_that_was_checked_whatever_the_name_says_a_moment_later(
    trap: int, monkeypatch: pytest.MonkeyPatch
):
    asked: list[str] = []

    def rebinding(host: str, port: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"] if len(asked) == 1 else ["169.254.169.254"]

    monkeypatch.setattr(guard, "resolve", rebinding)
    reply = exchange("GET", f"http://shop.example:{trap}/orders", headers={})

    assert (reply.status, asked) == (302, ["shop.example"])
    assert Trap.came == [("/orders", f"shop.example:{trap}")]
    with pytest.raises(AddressRefused):
        exchange("GET", f"http://shop.example:{trap}/orders", headers={})


def test_a_redirect_is_not_followed(trap: int):
    assert exchange("GET", f"http://127.0.0.1:{trap}/orders", headers={}).status == 302
    assert [path for path, _ in Trap.came] == ["/orders"]


@pytest.mark.django_db
@pytest.mark.parametrize(
    "url", ["file:///etc/passwd", "http://169.254.169.254", "https://u:p@127.0.0.1", "http://10.0.0.1"]
)
def test_what_was_saved_before_the_rule_is_refused_when_it_is_called(url: str):
    """A shop is not asked, and a partner not called; both say why."""
    shop = shop_of(ChannelFactory(kind="woocommerce", base_url=url, api_key="k", api_secret="s"))
    partner = client_of(Partner(code="p", base_url=url, token="t"))

    with pytest.raises(ShopRefused, match="can't be called"):
        shop.report_cancellation("1", check_first=False)
    answer = partner.look_up("key")
    assert isinstance(answer, Failed)
    assert "can't be called" in answer.detail
