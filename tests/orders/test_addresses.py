"""Addresses as people write them pass and reach the label as a post office reads them; wrong ones still ask a person."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from apps.channels.mapping.transforms.places import countries, fold
from apps.core.models import Event
from apps.integrations.messages import _address
from apps.orders.addresses import address_problems, label_country, post_code
from apps.orders.models import Hold, OrderContact
from tests.driving import work_it_off
from tests.factories import ChannelFactory, make_order, make_policy, make_stock

AS_WRITTEN = [
    ("NL", "1012ab", "1012AB"), ("NL", " 1012  ab ", "1012 AB"), ("NL", "NL-1012 AB", "1012 AB"), ("DE", "D-10115", "10115"),
    ("DE", "D10115", "10115"), ("DE", "DE 10115", "10115"), ("DE", "1067", "01067"), ("FR", "F-75001", "75001"),
    ("FR", "1000", "01000"), ("FR", "75 001", "75 001"), ("US", "2134", "02134"), ("US", "501", "00501"),
    ("US", "94103–1234", "94103-1234"), ("US", "941031234", "94103 1234"), ("SE", "SE-123 45", "123 45"),
    ("SE", "S-12345", "12345"), ("JP", "１００－０００１", "100-0001"), ("PL", "00950", "00-950"), ("PL", "950", "950"),
    ("PT", "1000 205", "1000-205"), ("LV", "1001", "LV-1001"), ("LT", "LT-01100", "01100"), ("GB", "ls1 1aa", "LS1 1AA"),
    ("GB", "GB-EC1Y 8SY", "EC1Y 8SY"), ("UK", "ls11aa", "LS11AA"), ("CA", "CA-H3Z 2Y7", "H3Z 2Y7"), ("AT", "A-1010", "1010"),
    ("CH", "CH-8001", "8001"), ("NO", "150", "0150"), ("IC", "35001", "35001"), ("EA", "E-51001", "51001"), ("IT", "118", "00118"),
    ("JE", "je2 3ab", "JE2 3AB"), ("XK", "10000", "10000"), ("IE", "d02 x285", "D02 X285"), ("MX", "1000", "01000"),
]  # fmt: skip


@pytest.mark.parametrize(("country", "written", "label"), AS_WRITTEN)
def test_a_postal_code_is_read_as_it_was_meant(country: str, written: str, label: str):
    assert post_code(country, written) == label
    assert (address_problems(country, "", "Town", written, True) == ()) == (written != "950")


@pytest.mark.parametrize(
    ("country", "written"),
    [
        ("DE", "123"),
        ("DE", "ABCDE"),
        ("DE", "101156"),
        ("NL", "0012AB"),
        ("GB", "12345"),
        ("US", "ABC12"),
        ("FR", "D-10115X"),
    ],
)
def test_a_wrong_postal_code_stays_wrong_and_as_it_was_written(country: str, written: str):
    assert post_code(country, written) == written
    assert ("postal_code", "invalid") in address_problems(country, "", "Town", written, True)


@pytest.mark.parametrize("country", ["XK", "IC", "EA", "JE", "GG", "IM", "AN", "AX", "UK", "EL", "PS", "CW"])
def test_places_that_post_offices_know_are_countries(country: str):
    code = {"JE": "JE2 3AB", "GG": "GY1 1AA", "IM": "IM1 1AA", "AX": "22100", "UK": "LS1 1AA", "EL": "10552"}.get(
        country, "35001"
    )

    assert address_problems(country, "", "Town", code, True) == ()
    assert address_problems(country, "", "", "", False)


def test_no_country_of_all_is_none():
    for country in ("XX", "ZZ", "Q1"):
        assert address_problems(country, "", "Town", "12345", True) == (("country_code", "invalid"),)


@pytest.mark.parametrize(
    ("name", "code"),
    [("United Kingdom (UK)", "GB"), ("Kosovo", "XK"), ("Islas Canarias", "IC"), ("Österreich", "AT"), ("Frankreich", "FR"),
     ("Pays-Bas", "NL"), ("United States (US)", "US"), ("GBR", "GB"), ("xk", "XK")],
)  # fmt: skip
def test_countries_are_known_by_the_names_shops_write(name: str, code: str):
    assert countries()[fold(name)] == code


def test_examples_of_twenty_countries_pass_however_they_are_typed(shared: Path):
    for rule in json.loads((shared / "data/vectors/address_rules_20_countries.json").read_text()):
        for code in rule["postal_examples"]:
            bare = code.replace(" ", "").replace("-", "")
            wide = code.translate(str.maketrans("0123456789", "０１２３４５６７８９"))
            for typed in (
                code,
                code.lower(),
                bare,
                f"  {code.replace(' ', '  ')} ",
                wide,
                code.replace("-", "–"),
                f"{rule['country']}-{code}",
            ):
                read = post_code(rule["country"], typed)
                assert read.replace(" ", "").replace("-", "") == bare.upper(), (rule["country"], typed, read)


@pytest.mark.django_db(transaction=True)
def test_the_order_goes_on_and_keeps_what_the_customer_wrote():
    make_policy()
    make_stock(N1={"A": 5})
    ChannelFactory()
    order = make_order(
        lines={"A": 1},
        shipping_address={
            "name": "P",
            "line1": "Damrak 1",
            "city": "Amsterdam",
            "postal_code": "1012ab",
            "country": "NL",
        },
    )
    work_it_off()
    order.refresh_from_db()
    contact = OrderContact.objects.get(order=order)

    assert (order.state, contact.postal_code) == ("released", "1012ab")
    assert _address(contact)["postal_code"] == "1012AB"
    assert not Event.objects.filter(name="order.held").exists()


@pytest.mark.django_db(transaction=True)
def test_a_missing_country_is_named_as_that():
    ChannelFactory()
    order = make_order(lines={"A": 1}, shipping_address={"line1": "1 Way", "city": "Leeds", "postal_code": "LS1 1AA"})
    work_it_off()

    assert (
        Hold.objects.get(order=order, reason="address_invalid").note
        == "The country of the shipping address is missing."
    )


def test_a_label_names_the_country_a_carrier_knows():
    assert [label_country(one) for one in ("UK", "el", "IC", "gb")] == ["GB", "GR", "IC", "GB"]
