"""Bad input 30: a webhook's address never leads into a private network, however it is written."""

from __future__ import annotations

import ipaddress

import pytest

from apps.webhooks import guard
from apps.webhooks.errors import AddressRefused


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

    assert target.url == "https://[2a00:1450:4009:81f::200e]:8443/hooks?x=1"
    assert target.host_header == "erp.example:8443"


@pytest.mark.parametrize("ip", ["93.184.215.14", "2a00:1450:4009:81f::200e", "::ffff:93.184.215.14"])
def test_lets_public_addresses_through(ip: str):
    assert guard.is_public(ipaddress.ip_address(ip))
