"""Stock through the front door."""

from __future__ import annotations

import pytest

from apps.core import clock
from apps.core.models import Event
from apps.inventory.models import StockLevel, StockMovement
from tests.api.front_door import codes

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("shop")]
BULK = "inventory/levels/bulk"


def feed(*items: dict[str, object]) -> dict[str, object]:
    return {"reason": "cycle count", "items": list(items)}


def level(sku: str = "A") -> StockLevel:
    return StockLevel.objects.get(node__code="N1", sku__code=sku)


def test_a_feed_sets_and_adds_and_says_what_became_of_each_row(api):
    answer = api.post(
        BULK,
        feed(
            {"node": "N1", "sku": "a", "on_hand": 40, "safety_stock": 2, "incoming": 5, "backorderable": True},
            {"node": "N1", "sku": "B", "delta": -1},
            {"node": "N1", "sku": "NO-SUCH", "on_hand": 1},
            {"node": "nowhere", "sku": "A", "on_hand": 1},
        ),
    )

    assert (answer.status_code, answer.data["applied"], answer.data["refused"]) == (200, 2, 2)
    assert [(one["ok"], one["on_hand"], one["code"]) for one in answer.data["items"]] == [
        (True, 40, ""),
        (True, 4, ""),
        (False, None, "not_stocked"),
        (False, None, "not_stocked"),
    ]
    assert (level().on_hand, level().safety_stock, level().incoming, level().backorderable) == (40, 2, 5, True)
    assert sorted(StockMovement.objects.values_list("on_hand_delta", "reason")) == [
        (-1, "cycle count"),
        (30, "cycle count"),
    ]


def test_the_version_answered_is_the_version_read_next(api):
    answer = api.post(BULK, feed({"node": "N1", "sku": "A", "on_hand": 40}))

    read = api.get("inventory/levels?node=N1&sku=A").data["items"]
    assert [one["version"] for one in read] == [answer.data["items"][0]["version"]]


def test_compare_and_swap_refuses_a_level_that_moved_and_leaves_it_alone(api):
    before = level()

    answer = api.post(BULK, feed({"node": "N1", "sku": "A", "on_hand": 1, "expected_version": before.version + 7}))

    assert answer.data["items"][0]["code"] == "level_changed"
    after = level()
    assert (after.on_hand, after.version, after.counted_at) == (before.on_hand, before.version, before.counted_at)
    assert not StockMovement.objects.exists()
    assert not Event.objects.filter(name__startswith="stock.").exists()
    swapped = api.post(BULK, feed({"node": "N1", "sku": "A", "on_hand": 1, "expected_version": before.version}))
    assert swapped.data["items"][0]["ok"]


def test_a_comparison_with_a_level_that_does_not_exist_makes_none(api):
    from tests.factories import SkuFactory

    SkuFactory(code="NEW")
    answer = api.post(BULK, feed({"node": "N1", "sku": "NEW", "on_hand": 1, "expected_version": 1}))

    assert answer.data["items"][0]["code"] == "not_stocked"
    assert not StockLevel.objects.filter(sku__code="NEW").exists()
    api.post(BULK, feed({"node": "N1", "sku": "NEW", "on_hand": 1}))
    assert level("NEW").on_hand == 1


def test_more_than_a_level_counts_is_refused_row_by_row(api):
    rows = [{"node": "N1", "sku": "A", "delta": 10**9} for _ in range(3)]

    answer = api.post(BULK, feed(*rows, {"node": "N1", "sku": "B", "on_hand": 6}))

    assert [one["code"] for one in answer.data["items"]] == ["", "out_of_range", "out_of_range", ""]
    assert (level().on_hand, level("B").on_hand) == (10 + 10**9, 6)


def test_a_repeat_of_a_correction_is_not_added_twice(api):
    body = feed({"node": "N1", "sku": "A", "delta": 5})

    for _ in range(2):
        assert api.post(BULK, body, key="k").status_code == 200

    assert level().on_hand == 15


def test_bad_input_01_a_feed_without_a_key_is_400(api):
    answer = api.post(BULK, feed({"node": "N1", "sku": "A", "delta": 5}), key="")

    assert (answer.status_code, level().on_hand) == (400, 10)


@pytest.mark.parametrize(
    ("row", "pointer"),
    [
        ({"sku": "A"}, "/items/0/node"),
        ({"node": "N1", "sku": ""}, "/items/0/sku"),
        ({"node": "N1", "sku": "A", "on_hand": -1}, "/items/0/on_hand"),
        ({"node": "N1", "sku": "A", "on_hand": 1.5}, "/items/0/on_hand"),
        ({"node": "N1", "sku": "A", "delta": float("nan")}, "/items/0/delta"),
        ({"node": "N1", "sku": "A", "delta": True}, "/items/0/delta"),
        ({"node": "N1", "sku": "A", "safety_stock": 10**10}, "/items/0/safety_stock"),
        ({"node": "N1", "sku": "A", "on_hand": 1, "delta": 1}, "/items/0"),
        ({"node": "N1", "sku": "A", "reserved": 1}, "/items/0/reserved"),
    ],
)
def test_bad_input_08_an_impossible_row_is_422_with_a_pointer_and_changes_nothing(api, row, pointer):
    answer = api.post(BULK, feed(row))

    assert (answer.status_code, list(codes(answer))) == (422, [pointer])
    assert level().on_hand == 10


@pytest.mark.parametrize(
    ("row", "code", "said"),
    [
        (
            {"node": "N1", "sku": "B", "on_hand": -3},
            "invalid_row",
            "on_hand: is less than 0",
        ),
        ({"node": "N1", "sku": "B", "on_hand": 7.5}, "invalid_row", "on_hand: must be a whole number"),
        ({"node": "N1", "sku": "B", "on_hand": "5"}, "invalid_row", "on_hand: must be a whole number"),
        ({"node": "N1", "sku": "B", "onhand": 5}, "invalid_row", "onhand: is not a field here"),
        ({"sku": "B", "on_hand": 5}, "invalid_row", "node: is missing"),
        ("B", "invalid_row", "the row: is not an object"),
        (None, "invalid_row", "the row: is not an object"),
        (
            {"node": "N1", "sku": "NOT-THERE", "on_hand": 3},
            "not_stocked",
            "There is no location N1 or no SKU NOT-THERE.",
        ),
        ({"node": "N1", "sku": "a", "on_hand": 4}, "named_twice", "An earlier row sets N1's a to 7; this one to 4."),
    ],
)
def test_one_bad_row_is_refused_in_words_and_the_rest_is_taken(api, row, code, said):
    before = level("B").on_hand
    answer = api.post(BULK, feed({"node": "N1", "sku": "A", "on_hand": 7}, row))

    assert (answer.status_code, answer.data["applied"], answer.data["refused"]) == (200, 1, 1)
    assert [one["ok"] for one in answer.data["items"]] == [True, False]
    assert (answer.data["items"][1]["code"], answer.data["items"][1]["detail"]) == (code, said)
    assert (level().on_hand, level("B").on_hand) == (7, before)


def test_codes_are_taken_as_orders_take_them(api):
    from apps.catalog.models import Sku, SkuAlias

    SkuAlias.objects.create(sku=Sku.objects.get(code="B"), alias="Bee")
    answer = api.post(
        BULK, feed({"node": "n1", "sku": " a ", "on_hand": 8}, {"node": "N1 ", "sku": "bee", "on_hand": 9})
    )

    assert answer.data["applied"] == 2
    assert (level().on_hand, level("B").on_hand) == (8, 9)


def test_the_same_figure_twice_is_no_contradiction(api):
    answer = api.post(BULK, feed(*[{"node": "N1", "sku": "A", "on_hand": 8}] * 2))

    assert answer.data["refused"] == 0


def test_a_feed_of_1001_rows_or_none_is_422(api):
    row = {"node": "N1", "sku": "A", "on_hand": 1}

    assert api.post(BULK, feed(*[row] * 1001)).status_code == 422
    assert api.post(BULK, feed()).status_code == 422
    assert api.post(BULK, feed(*[row] * 1000)).status_code == 200


def test_levels_and_their_movements_are_listed(api):
    api.post(BULK, feed({"node": "N1", "sku": "A", "delta": 3}, {"node": "N1", "sku": "A", "delta": -1}))

    assert len(api.get("inventory/levels").data["items"]) == 2
    one = api.get("inventory/levels?sku=a").data["items"][0]
    assert (one["on_hand"], one["available"]) == (12, 12)
    moves = api.get("inventory/levels/N1/A/movements").data["items"]
    assert [move["on_hand_delta"] for move in moves] == [-1, 3]
    assert moves[0]["actor"].startswith("key:")
    assert api.get("inventory/levels/N1/NO-SUCH/movements").status_code == 404


def test_a_sku_with_a_slash_has_an_address(api):
    from tests.factories import make_stock

    make_stock(N1={"A/B 1": 2})

    assert api.get("inventory/levels/N1/A%2FB%201/movements").status_code == 200


def test_a_repeated_figure_leaves_a_doubt_and_one_said_to_be_counted_ends_it(api):
    StockLevel.objects.filter(pk=level().pk).update(on_hand=9, doubted_at=clock.now(), doubted_on_hand=9)

    repeated = api.post(BULK, feed({"node": "N1", "sku": "A", "on_hand": 9})).json()["items"][0]
    assert repeated["ok"]
    assert repeated["detail"].startswith("Still in doubt")
    assert level().doubted_at is not None

    counted = api.post(BULK, feed({"node": "N1", "sku": "A", "on_hand": 9, "counted": True})).json()["items"][0]
    assert (counted["ok"], counted["detail"]) == (True, "")
    assert level().doubted_at is None


def test_a_row_that_says_nothing_of_the_level_is_refused_with_a_pointer(api):
    answer = api.post(BULK, feed({"node": "N1", "sku": "A", "counted": True}))

    assert answer.status_code == 422
    assert answer.data["errors"][0]["pointer"] == "/items/0"
    assert "says nothing of the level" in answer.data["errors"][0]["detail"]


def test_a_row_that_expects_a_version_of_a_level_that_is_not_there_is_told_how_to_make_one(api):
    answer = api.post(BULK, feed({"node": "N1", "sku": "NEW", "on_hand": 1, "expected_version": 0}))

    assert "without expected_version" in answer.data["items"][0]["detail"]
