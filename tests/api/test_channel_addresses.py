"""A channel is addressed by its code or its id, in every address and every list."""

from __future__ import annotations

import pytest
from drf_spectacular.generators import SchemaGenerator
from structlog.testing import capture_logs

from apps.api.urls import urlpatterns
from apps.channels.models import Channel
from tests.api.front_door import Door
from tests.factories import ChannelFactory, make_order

pytestmark = pytest.mark.django_db

LISTS = ["orders", "exceptions", "inbox", "pos/returns", "contract-drift", "catalog-imports"]


@pytest.fixture
def partners() -> Channel:
    made: Channel = ChannelFactory(code="partners", name="Partners", settings={"stock_feed": True})
    return made


@pytest.mark.parametrize(
    "below", ["", "/health", "/stock", "/stock/rules", "/stock/feed", "/stock/feed.csv", "/places"]
)
def test_a_channel_is_read_by_its_code_as_by_its_id(api: Door, partners: Channel, below: str):
    by_code, by_id = (api.get(f"channels/{ref}{below}") for ref in ("partners", partners.public_id))

    assert (by_code.status_code, by_id.status_code) == (200, 200)
    assert by_code.getvalue() == by_id.getvalue()


def test_a_channel_is_paused_and_resumed_by_its_code(api: Door, partners: Channel):
    assert api.post("channels/partners/pause").status_code == 200
    partners.refresh_from_db()
    assert partners.paused_at is not None
    assert api.post("channels/partners/resume").status_code == 200


def test_a_code_written_otherwise_or_of_nobody_is_404_and_changes_nothing(api: Door, partners: Channel):
    assert [api.post(f"channels/{ref}/pause").status_code for ref in ("Partners", "nobody", "chn_nobody")] == [404] * 3
    partners.refresh_from_db()
    assert partners.paused_at is None


def test_an_id_goes_before_a_code_that_looks_like_one(api: Door, partners: Channel):
    ChannelFactory(code=partners.public_id, name="Looks like it")

    assert api.get(f"channels/{partners.public_id}").data["code"] == "partners"


def test_another_channels_code_is_404_and_noted(door, partners: Channel):
    ChannelFactory(code="mine")
    narrow = door(role="operations", channels=["mine"])

    with capture_logs() as log:
        answer = narrow.get("channels/partners/stock")

    assert answer.status_code == 404
    assert [one["ref"] for one in log if one["event"] == "foreign_object_requested"] == ["partners"]


def test_no_address_of_a_channel_takes_its_id_only():
    of_channels = [str(one.pattern) for one in urlpatterns if str(one.pattern).startswith("channels/<")]

    assert of_channels
    assert all(one.startswith("channels/<channel:channel_ref>") for one in of_channels)


@pytest.mark.parametrize("path", LISTS)
def test_a_list_takes_code_and_id_and_refuses_a_channel_there_is_not(api: Door, partners: Channel, path: str):
    for ref in ("partners", partners.public_id):
        assert api.get(f"{path}?channel={ref}").status_code == 200
    answer = api.get(f"{path}?channel=partnerz")

    assert (answer.status_code, answer.data["code"]) == (400, "bad_query")
    assert answer.data["errors"][0]["parameter"] == "channel"


def test_orders_by_the_id_of_their_channel_are_those_of_its_code(api: Door, partners: Channel):
    mine, _ = make_order(channel="partners"), make_order(channel="others")

    for ref in ("partners", partners.public_id):
        assert [one["id"] for one in api.get(f"orders?channel={ref}").data["items"]] == [mine.public_id]


def test_the_description_says_what_addresses_a_channel():
    paths = SchemaGenerator().get_schema(request=None, public=True)["paths"]
    said = {
        one["description"]
        for path, methods in paths.items()
        if "{channel_ref}" in path
        for method in methods.values()
        for one in method["parameters"]
        if one["name"] == "channel_ref"
    }

    assert said == {"The channel's code, as it is stored, or its id."}
