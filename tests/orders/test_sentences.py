"""What holds an order says what exactly is wrong."""

from __future__ import annotations

from typing import Any

import pytest

from apps.casework.models import ExceptionCase
from tests.driving import work_it_off
from tests.factories import ChannelFactory, make_order, make_policy, make_stock

pytestmark = pytest.mark.django_db
AT = {"name": "Pat", "line1": "1 Row", "city": "Leeds", "postal_code": "LS1 1AA", "country": "GB"}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"shipping_address": AT | {"country": ""}}, "The country of the shipping address is missing."),
        (
            {"shipping_address": AT | {"postal_code": "99999"}},
            "Of the shipping address the postal code doesn't fit the country.",
        ),
        ({"shipping_address": AT | {"postal_code": ""}}, "Of the shipping address the postal code is missing."),
        ({"shipping_address": AT | {"line1": ""}}, "Of the shipping address the street is missing."),
        (
            {"shipping_address": AT | {"city": "", "line1": ""}},
            "Of the shipping address the city is missing and the street is missing.",
        ),
        ({"totals": {"total": 800}}, "The source claims £8.00, £2.00 less than the lines come to (£10.00)."),
        ({"lines": {"A": 1, "X9": 1}}, "X9 is not a SKU we know."),
    ],
)
def test_it_names_the_field_the_line_and_how_much(changes: dict[str, Any], said: str):
    ChannelFactory()
    make_policy()
    make_stock(N1={"A": 10})
    make_order(**changes)

    work_it_off()

    assert ExceptionCase.objects.get().sentence == said
