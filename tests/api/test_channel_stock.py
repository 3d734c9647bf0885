"""Stock on channels through the front door: what each shows and why, rules, sending again."""

from __future__ import annotations

import pytest

from apps.catalog.models import BundleComponent, Sku
from apps.channels.models import Channel
from apps.listings.models import Listing, StockRule
from apps.listings.services.change_detection import follow_settings, follow_stock
from tests.driving import work_it_off
from tests.factories import ChannelFactory, SkuFactory, StockLevelFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("shop")]


@pytest.fixture
def amazon() -> Channel:
    """Sells A and a set of two A."""
    made: Channel = ChannelFactory(code="amazon", name="Amazon", kind="api")
    for code in ("A", "B"):
        Listing.objects.create(channel=made, sku=SkuFactory(code=code), external_id=f"x-{code}", code=code)
    follow()
    return made


def follow() -> None:
    follow_stock()
    follow_settings()
    work_it_off()


def path(channel: Channel, rest: str = "") -> str:
    return f"channels/{channel.public_id}/stock{rest}"


def put(api, channel: Channel, rule: dict[str, object]):
    return api.send("PUT", path(channel, "/rules"), rule)


def wanted(channel: Channel) -> dict[str, int | None]:
    return dict(Listing.objects.filter(channel=channel).values_list("code", "wanted"))


def test_the_list_says_what_each_listing_shows_and_should(api, amazon: Channel):
    Listing.objects.filter(code="A").update(sent=3, shown=3)

    answer = api.get(path(amazon))

    assert answer.status_code == 200
    first = answer.data["items"][0]
    assert (first["sku"], first["external_id"], first["sent"]) == ("A", "x-A", 3)
    assert first["difference"] == 3 - first["wanted"]
    assert [one["code"] for one in api.get(path(amazon, "?differs=true")).data["items"]] == ["A", "B"]


def test_why_does_amazon_show_three(api, amazon: Channel):
    StockLevelFactory(sku=SkuFactory(code="C"), on_hand=10, reserved=2, safety_stock=1)
    Listing.objects.create(channel=amazon, sku=SkuFactory(code="C"), external_id="x-C", code="C")
    body = {"sku": "C", "buffer_units": 2, "cap": 3, "reason": "sold twice last week"}
    assert put(api, amazon, body).status_code == 200

    answer = api.get(path(amazon, "/c"))

    assert answer.status_code == 200
    assert answer.data["units"] == 3
    terms = {one["term"]: one["units"] for one in answer.data["terms"]}
    assert terms == {"on_hand": 10, "reserved": -2, "safety": -1, "buffer": -2, "cap": -2}
    assert (answer.data["rule"]["scope"], answer.data["listings"][0]["external_id"]) == ("sku", "x-C")
    assert answer.data["nodes"][0]["free"] == 7


def test_a_rule_is_previewed_kept_and_dropped(api, amazon: Channel):
    before = wanted(amazon)["A"]
    assert before is not None
    rule = {"sku": "A", "cap": 1}

    seen = api.post(path(amazon, "/rules/preview"), rule)
    assert seen.data["changes"] == [{"sku": "A", "code": "A", "before": before, "after": 1}]
    assert not StockRule.objects.exists()

    assert put(api, amazon, rule | {"reason": "keep some"}).data["cap"] == 1
    follow()
    assert wanted(amazon)["A"] == 1
    kept = StockRule.history.get()
    assert (kept.history_change_reason, kept.history_actor.split(":")[0]) == ("keep some", "key")

    assert api.post(path(amazon, "/rules/drop"), {"sku": "A", "reason": "enough again"}).status_code == 200
    follow()
    assert wanted(amazon)["A"] == before
    assert StockRule.history.first().history_change_reason == "enough again"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"reason": ""}, "invalid_input"),
        ({"sku": "NO-SUCH"}, "sku_not_found"),
        ({"category": "mugs"}, "invalid_input"),
        ({"cap": 1, "floor": 5}, "stock_rule_refused"),
        ({"buffer_percent": 101}, "invalid_input"),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused(api, amazon: Channel, changes: dict[str, object], code: str):
    answer = put(api, amazon, {"sku": "A", "reason": "because"} | changes)

    assert answer.data["code"] == code
    assert not StockRule.objects.exists()


def test_figures_are_sent_again_where_the_channel_takes_them(api, amazon: Channel, monkeypatch: pytest.MonkeyPatch):
    one = Listing.objects.get(code="A")
    assert api.post(path(amazon, "/resend"), {}).data == {"figures": 0}
    monkeypatch.setattr("apps.listings.selectors.channels_sent_to", lambda: {amazon.pk})

    assert api.post(path(amazon, "/resend"), {"listings": [one.public_id]}).data == {"figures": 1}

    assert dict(Listing.objects.values_list("code", "state")) == {"A": "waiting", "B": "current"}
    assert api.post(path(amazon, "/resend"), {}).data == {"figures": 2}


def test_what_cannot_be_asked_is_not(api, amazon: Channel):
    assert api.post(path(amazon, "/read"), {}).data == {"asked": False}


def test_who_is_limited_to_some_places_sees_no_sum_of_all(door, amazon: Channel):
    limited = door(nodes=["N1"])

    assert limited.get(path(amazon)).status_code == 404
    assert limited.get(path(amazon, "/A")).status_code == 404


def test_units_of_a_set_are_not_kept_for_a_channel_as_only_its_parts_are_in_stock(api, amazon: Channel):
    part, bundle = Sku.objects.get(code="A"), SkuFactory(code="SET")
    BundleComponent.objects.create(bundle=bundle, component=part, quantity=2)

    refused = put(api, amazon, {"sku": "SET", "reason": "because", "guaranteed": 3})

    assert (refused.status_code, refused.json()["code"]) == (422, "stock_rule_refused")
    assert "SET is a set, and only its parts are in stock; keep units of those." in refused.json()["detail"]
    assert not StockRule.objects.exists()
    assert put(api, amazon, {"sku": "SET", "reason": "because", "cap": 3}).status_code == 200
    assert put(api, amazon, {"sku": "A", "reason": "because", "guaranteed": 3}).status_code == 200
