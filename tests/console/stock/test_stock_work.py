"""Stock counted, received, corrected and moved from the console: typed, scanned or uploaded, shown, then booked."""

import re
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from apps.accounts.caller import caller_of_user
from apps.accounts.models import Role
from apps.casework.approvals.deciding import decide_approval
from apps.casework.models import ApprovalRequest
from apps.casework.services import ensure_casework
from apps.catalog.models import Sku
from apps.core.errors import DomainError
from apps.inventory.models import StockLevel, StockMovement
from apps.inventory.services import Count, count_stock
from tests.console.conftest import LogIn
from tests.driving import work_it_off
from tests.factories import AGENT, UserFactory, make_order

pytestmark = pytest.mark.django_db


def on_hand(node: str, sku: str = "A") -> int:
    return StockLevel.objects.get(node__code=node, sku__code=sku).on_hand


def shown(client: Any, work: str, lines: str = "", *, node: str = "leeds", **more: Any) -> Any:
    form = {"work": work, "node": node, "lines": lines, "reason": "Stocktake", **more}
    return client.post(reverse("console:stock_preview"), form)


def booked(client: Any, answer: Any, **changes: str) -> Any:
    """Press the button of the preview."""
    form = {"work": answer.context["work"], "lines": answer.context["rows_text"], "seen": answer.context["seen"]}
    form |= {"reason": answer.context["reason"], "reference": answer.context["reference"]}
    return client.post(reverse("console:stock_book"), form | changes, follow=True)


@pytest.mark.parametrize(
    ("work", "lines", "there"),
    [
        ("count", "a 48", 48),
        ("count", "A\nA\nA", 3),
        ("receive", "A\t10", 60),
        ("receive", "A,4\nA,6", 60),
        ("correct", "A -2", 48),
        ("correct", "sku;units\nA;+5", 55),
    ],
)
def test_stock_is_changed_by_what_was_scanned_or_typed(log_in: LogIn, shop: None, work: str, lines: str, there: int):
    Sku.objects.update(cost_minor=1)
    client = log_in(Role.MANAGER)
    answer = shown(client, work, lines, reference="DN-7")
    assert on_hand("leeds") == 50

    booked(client, answer)

    line = StockMovement.objects.latest("pk")
    assert on_hand("leeds") == there
    assert (line.reason, line.reference, line.actor.partition(":")[0]) == ("Stocktake", "DN-7", "staff")


def test_a_transfer_moves_units_between_two_locations_in_one_step(log_in: LogIn, shop: None):
    client = log_in(Role.OPERATIONS)

    booked(client, shown(client, "transfer", "A 20", to_node="york"))

    assert (on_hand("leeds"), on_hand("york")) == (30, 25)
    kinds = StockMovement.objects.order_by("-pk").values_list("kind", "on_hand_delta")[:2]
    assert sorted(kinds) == [("transfer", -20), ("transfer", 20)]


def test_what_orders_were_promised_stays_when_units_are_moved(log_in: LogIn, shop: None):
    make_order(lines={"A": 48})
    work_it_off()
    client = log_in(Role.OPERATIONS)

    answer = shown(client, "transfer", "A 3", to_node="york")

    assert "Only 2 can be moved" in answer.content.decode()
    booked(client, answer)
    assert (on_hand("leeds"), on_hand("york")) == (50, 5)


def test_a_file_is_previewed_with_what_is_wrong_and_the_rest_is_booked(log_in: LogIn, shop: None):
    client = log_in(Role.OPERATIONS)
    file = SimpleUploadedFile(
        "count.csv", b"SKU;Counted;Location\r\nA;7;york\r\nNOPE;1;york\r\nB;x;leeds\r\n;3;leeds\r\nB;6;leeds\r\n"
    )

    answer = shown(client, "count", file=file)
    text = answer.content.decode()
    booked(client, answer)

    assert "NOPE is not a SKU we know" in text
    assert "B has “x”, which is not a whole number" in text
    assert "Line 5: the SKU is missing." in text
    assert (on_hand("york"), on_hand("leeds", "B")) == (7, 6)


@pytest.mark.parametrize(
    ("name", "body", "problem"),
    [
        ("a.csv", b"A;7\x00;york", "it holds bytes that are no text"),
        ("a.csv", b"PK\x03\x04 \x00", "it is a spreadsheet or an archive; save it as CSV"),
        ("a.xlsx", b"A;7", "its name ends in .xlsx"),
        ("a.csv", b"foo,bar\nA,7", "No column of the file is the SKU: there is foo, bar."),
        ("a.csv", b"sku,on shelf\nA,7", "No column says how many units: there is sku, on shelf."),
        ("a.csv", b"sku;units\nA;7", "A has no location; choose one."),
    ],
)
def test_a_file_that_is_none_or_lacks_a_column_is_refused_in_words(
    log_in: LogIn, shop: None, name: str, body: bytes, problem: str
):
    client = log_in(Role.OPERATIONS)

    answer = shown(client, "count", node="", file=SimpleUploadedFile(name, body))

    assert answer.status_code == 200
    assert problem in answer.content.decode()
    assert answer.context["good"] == []


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252"])
def test_a_file_that_names_its_locations_needs_none_chosen(log_in: LogIn, shop: None, encoding: str):
    client = log_in(Role.OPERATIONS)
    body = "sku;units;node\r\nA;9;leeds\r\nA;2;york\r\n".encode(encoding)

    booked(client, shown(client, "count", node="", file=SimpleUploadedFile("count.csv", body)))

    assert (on_hand("leeds"), on_hand("york")) == (9, 2)


@pytest.mark.parametrize(("work", "there"), [("count", 12), ("receive", 62), ("correct", 58)])
def test_a_line_below_nothing_takes_nothing_off_the_others_but_in_a_correction(
    log_in: LogIn, shop: None, work: str, there: int
):
    client = log_in(Role.OPERATIONS)

    answer = shown(client, work, "A 12\nA -4")
    booked(client, answer)

    assert on_hand("leeds") == there
    assert ("Left out" in answer.content.decode()) == (work != "correct")


def test_what_is_typed_scanned_and_pasted_together_is_read_line_by_line(log_in: LogIn, shop: None):
    client = log_in(Role.OPERATIONS)

    booked(client, shown(client, "receive", "A\n  a\t5 \nA,3\nB 2\n\nsku\n"))

    assert (on_hand("leeds"), on_hand("leeds", "B")) == (59, 7)


def test_nothing_is_booked_that_was_not_shown(log_in: LogIn, shop: None):
    client = log_in(Role.OPERATIONS)
    answer = shown(client, "count", "A 40")
    count_stock([Count("leeds", "A", delta=1_000)], reason="delivery", actor=AGENT)

    again = booked(client, answer)

    assert "Stock has moved since this was shown" in again.content.decode()
    assert on_hand("leeds") == 1_050
    booked(client, again)
    assert on_hand("leeds") == 40


@pytest.mark.parametrize(
    ("work", "lines", "problem"),
    [
        ("correct", "A -51", "Only 50 are there."),
        ("correct", "A 0", "changes nothing"),
        ("receive", "A 0", "Say how many"),
        ("count", "A -1", "can&#39;t be negative"),
        ("count", "A 99999999999", "A has “99999999999”, which is not a whole number"),
        ("count", "A 1.5", "A has “1.5”, which is not a whole number"),
        ("receive", "A 2000000000", "the most a location holds"),
        ("count", "LOOSE 1", "sold without counting"),
        ("transfer", "A 1", "same location"),
        ("transfer", "B 6", "Only 5 can be moved"),
    ],
)
def test_what_is_impossible_is_said_and_left_out(log_in: LogIn, shop: None, work: str, lines: str, problem: str):
    Sku.objects.create(code="LOOSE", tracked=False)
    client = log_in(Role.OPERATIONS)
    before = list(StockLevel.objects.order_by("pk").values_list("on_hand", "version"))

    answer = shown(client, work, lines, to_node="leeds" if "same" in problem else "york")
    booked(client, answer)

    assert problem in answer.content.decode()
    assert list(StockLevel.objects.order_by("pk").values_list("on_hand", "version")) == before


def test_a_store_manager_works_on_the_stock_of_her_store_alone(log_in: LogIn, shop: None):
    client = log_in(Role.MANAGER, nodes=["york"])

    for work, fields in (("count", {"node": "leeds"}), ("transfer", {"node": "york", "to_node": "leeds"})):
        answer = shown(client, work, "A 1", **fields)
        assert "Line 1: that location is not one of yours." in answer.content.decode()
        booked(client, answer)
    direct = {"work": "count", "lines": "sku\tunits\tnode\nA\t1\tleeds", "seen": "x", "reason": "y"}
    client.post(reverse("console:stock_book"), direct)

    assert (on_hand("leeds"), on_hand("york")) == (50, 5)
    assert "Leeds" not in client.get(reverse("console:stock_work")).content.decode()


def test_refuses_who_may_not_change_stock(log_in: LogIn, shop: None):
    client = log_in(Role.AGENT)

    assert shown(client, "count", "A 1").status_code == 403
    assert client.get(reverse("console:stock_work")).status_code == 403
    assert on_hand("leeds") == 50


def test_nothing_is_booked_without_a_reason(log_in: LogIn, shop: None):
    client = log_in(Role.OPERATIONS)

    booked(client, shown(client, "count", "A 1"), reason=" ")

    assert on_hand("leeds") == 50


def test_a_new_sku_is_shown_before_any_of_it_is_kept(log_in: LogIn, shop: None):
    Sku.objects.create(code="NEW-1", name="New thing")
    client = log_in(Role.OPERATIONS)

    text = client.get(reverse("console:stock")).content.decode()
    link = re.search(r'href="([^"]+)" aria-label="NEW-1: not stocked at Leeds', text)

    assert link
    assert "NEW-1" in client.get(link[1].replace("&amp;", "&")).content.decode()
    booked(client, shown(client, "receive", "NEW-1 3"))
    assert on_hand("leeds", "NEW-1") == 3


def test_receiving_takes_off_what_was_on_its_way_and_ends_no_doubt(log_in: LogIn, shop: None):
    StockLevel.objects.filter(node__code="leeds", sku__code="A").update(
        incoming=8, doubted_at="2026-11-01T10:00Z", doubted_on_hand=50
    )
    client = log_in(Role.OPERATIONS)

    booked(client, shown(client, "receive", "A 5"))

    level = StockLevel.objects.get(node__code="leeds", sku__code="A")
    assert (level.incoming, level.doubted_at is None) == (3, False)
    booked(client, shown(client, "count", "A 55"))
    assert StockLevel.objects.get(pk=level.pk).doubted_at is None


@pytest.fixture
def dear(shop: None) -> None:
    """Each of A costs us 20.00; a manager may write off 500.00 alone."""
    ensure_casework()
    Sku.objects.filter(code="A").update(cost_minor=20_00, currency="GBP")


def test_what_is_written_off_beyond_the_limit_needs_somebody_else(log_in: LogIn, dear: None):
    client = log_in(Role.MANAGER)

    answer = booked(client, shown(client, "count", "A 24"))

    row = ApprovalRequest.objects.get()
    assert on_hand("leeds") == 50
    assert "£520.00 is over the limit of £500.00" in answer.content.decode()
    assert (row.kind, row.amount_minor, row.node) == ("stock_count", 520_00, "leeds")
    other = UserFactory(role=Role.OPERATIONS)
    decide_approval(row.public_id, approve=True, reason="", user=other, caller=caller_of_user(other))
    assert on_hand("leeds") == 24


def test_a_count_proposed_before_goods_moved_is_void(log_in: LogIn, dear: None):
    client = log_in(Role.MANAGER)
    booked(client, shown(client, "correct", "A -30"))
    count_stock([Count("leeds", "A", delta=100)], reason="delivery", actor=AGENT)
    other = UserFactory(role=Role.OPERATIONS)

    with pytest.raises(DomainError):
        decide_approval(
            ApprovalRequest.objects.get().public_id, approve=True, reason="", user=other, caller=caller_of_user(other)
        )

    assert on_hand("leeds") == 150


def test_small_write_offs_add_up_to_the_limit(log_in: LogIn, dear: None):
    client = log_in(Role.MANAGER)

    for _ in range(3):
        booked(client, shown(client, "correct", "A -10"))

    assert on_hand("leeds") == 30
    assert ApprovalRequest.objects.get().state == "pending"


def test_receiving_and_moving_lose_nothing_and_need_nobody(log_in: LogIn, dear: None):
    client = log_in(Role.MANAGER)

    booked(client, shown(client, "receive", "A 500"))
    booked(client, shown(client, "transfer", "A 400", to_node="york"))

    assert (on_hand("leeds"), on_hand("york")) == (150, 405)
    assert not ApprovalRequest.objects.exists()


def test_what_costs_nobody_knows_how_much_needs_somebody_else(log_in: LogIn, dear: None):
    Sku.objects.filter(code="A").update(cost_minor=0)
    client = log_in(Role.MANAGER)

    booked(client, shown(client, "correct", "A -1"))

    assert on_hand("leeds") == 50
    assert ApprovalRequest.objects.get().state == "pending"
