"""Exceptions, fulfillment, stock, failed jobs, the inbox: what is done from their pages."""

import pytest
from django.urls import reverse

from apps.accounts.models import Role
from apps.casework.models import ExceptionCase
from apps.channels.models import Channel, InboxMessage, Verdict
from apps.core import clock
from apps.core.models import Event
from apps.fulfillment.models import FulfillmentOrder, Package
from apps.inventory.models import StockLevel
from apps.inventory.services import Count, count_stock
from apps.orchestration.models import RunState, StepRun
from apps.orders.models import Hold, Order
from apps.routing.models import PolicyState, RoutingPolicyVersion
from tests.console.casepages import without_hold
from tests.console.conftest import LogIn
from tests.driving import again, work_it_off
from tests.factories import AGENT, make_carrier, make_order, make_policy, make_stock

pytestmark = pytest.mark.django_db


@pytest.fixture
def case(shop: None) -> ExceptionCase:
    make_order(lines={"NOBODY-KNOWS": 1})
    work_it_off()
    return ExceptionCase.objects.get()


@pytest.mark.parametrize(("verb", "state"), [("resolve", "resolved"), ("dismiss", "dismissed")])
def test_an_exception_is_ended_with_words(log_in: LogIn, case: ExceptionCase, verb: str, state: str):
    client = log_in(Role.AGENT)
    address = reverse("console:case_resolve", args=[case.public_id])
    Hold.objects.update(released_at=clock.now(), released_by="staff:usr_other")

    client.post(address, {"verb": verb, "resolution": " "})
    assert ExceptionCase.objects.get().state == "open"
    client.post(address, {"verb": verb, "resolution": "Called the customer"})

    ended = ExceptionCase.objects.get()
    assert (ended.state, ended.resolution) == (state, "Called the customer")
    text = client.get(reverse("console:case", args=[case.public_id])).content.decode()
    assert "Called the customer" in text
    assert "resolve-dialog" not in text


def test_ending_an_exception_twice_is_told_and_changes_nothing(log_in: LogIn, case: ExceptionCase):
    client, address = log_in(Role.AGENT), reverse("console:case_resolve", args=[case.public_id])
    without_hold(case)
    client.post(address, {"verb": "resolve", "resolution": "Done"})

    answer = client.post(address, {"verb": "dismiss", "resolution": "No"}, follow=True)

    assert "The case is resolved already." in answer.content.decode()
    assert ExceptionCase.objects.get().resolution == "Done"


def test_a_node_works_a_fulfillment_order_off_from_its_page(log_in: LogIn, released: Order):
    client = log_in(Role.MANAGER)
    row = FulfillmentOrder.objects.get()

    def press(verb: str, **fields: str) -> str:
        client.post(reverse("console:fulfillment_work", args=[row.public_id, verb]), fields)
        return FulfillmentOrder.objects.get(pk=row.pk).state

    assert press("pick") == "picked"
    assert press("pack") == "packed"
    assert press("ship", carrier="Coastpost", tracking="CP1", shipment="cns_1") == "shipped"
    press("ship", carrier="Coastpost", tracking="CP1", shipment="cns_1")
    work_it_off()

    assert [package.tracking_number for package in Package.objects.all()] == ["CP1"]
    assert again(released).state == "shipped"


def test_units_not_found_are_told_when_picking(log_in: LogIn, released: Order):
    row = FulfillmentOrder.objects.get()
    line = row.lines.get()

    log_in(Role.MANAGER).post(
        reverse("console:fulfillment_work", args=[row.public_id, "pick"]), {f"missing-{line.pk}": "1", "missing-x": "2"}
    )

    line.refresh_from_db()
    assert (line.quantity, line.short_quantity) == (1, 1)


def test_an_agent_looks_at_fulfillment_and_touches_nothing(log_in: LogIn, released: Order):
    client, row = log_in(Role.AGENT), FulfillmentOrder.objects.get()

    text = client.get(reverse("console:fulfillment_order", args=[row.public_id])).content.decode()
    assert "pick-dialog" not in text
    assert client.post(reverse("console:fulfillment_work", args=[row.public_id, "pick"])).status_code == 403


def test_a_verb_that_is_none_is_not_there(log_in: LogIn, released: Order):
    row = FulfillmentOrder.objects.get()

    address = reverse("console:fulfillment_work", args=[row.public_id, "destroy"])

    assert log_in(Role.MANAGER).post(address).status_code == 404


def test_the_grid_marks_what_is_low_out_and_oversold(log_in: LogIn, released: Order):
    counts = [Count(node="leeds", sku="A", on_hand=1), Count(node="leeds", sku="B", on_hand=2)]
    count_stock([*counts, Count(node="york", sku="A", on_hand=0)], reason="count", actor=AGENT)
    client = log_in()

    def marks(show: str) -> dict[tuple[str, str], str]:
        grid = client.get("/stock/", {"show": show}).context["grid"]
        return {
            (row.sku.code, node.code): cell.mark
            for row in grid.rows
            for node, cell in zip(grid.nodes, row.cells, strict=True)
            if cell
        }

    assert marks("") == {("A", "leeds"): "oversold", ("A", "york"): "out", ("B", "leeds"): "low"}
    assert set(marks("oversold")) == {("A", "leeds"), ("A", "york")}
    assert set(marks("low")) >= {("B", "leeds")}


def test_the_ledger_runs_back_from_the_level_to_nothing(log_in: LogIn, released: Order):
    count_stock([Count(node="leeds", sku="A", on_hand=33)], reason="cycle count", actor=AGENT)
    level = StockLevel.objects.get(node__code="leeds", sku__code="A")

    ledger = log_in().get(reverse("console:level", args=[level.pk])).context["ledger"]

    newest = ledger.lines[0]
    assert (newest.on_hand, newest.reserved) == (33, 2)
    assert [line.order and line.order.pk for line in ledger.lines] == [None, released.pk, None]
    assert [line.on_hand for line in ledger.lines[1:]] == [50, 50]
    assert [line.reserved for line in ledger.lines] == [2, 2, 0]
    assert ledger.agrees


def test_a_ledger_that_does_not_add_up_says_so(log_in: LogIn, released: Order):
    level = StockLevel.objects.get(node__code="leeds", sku__code="A")
    StockLevel.objects.filter(pk=level.pk).update(on_hand=1)

    text = log_in().get(reverse("console:level", args=[level.pk])).content.decode()

    assert "Does not add up to the level" in text


@pytest.fixture
def parked(shop: None) -> StepRun:
    """An order that could not be routed: no policy was active at the time."""
    RoutingPolicyVersion.objects.update(state=PolicyState.RETIRED)
    make_order()
    work_it_off()
    return StepRun.objects.get(state=RunState.PARKED)


def test_a_parked_step_is_started_again_and_its_exception_closed(log_in: LogIn, parked: StepRun):
    client = log_in(Role.LEAD)
    assert "No routing policy is active" in client.get("/parked/").content.decode()
    make_policy()

    client.post("/parked/retry/", {"run": str(parked.pk)})
    assert Event.objects.filter(name="step.retried").count() == 1
    work_it_off()

    assert StepRun.objects.get(pk=parked.pk).state == "done"
    assert Order.objects.get().state == "released"
    assert ExceptionCase.objects.get().state == "resolved"


def test_a_step_that_fails_again_parks_again_and_opens_a_new_exception(log_in: LogIn, parked: StepRun):
    log_in(Role.LEAD).post("/parked/retry/", {"run": str(parked.pk)})
    work_it_off()

    assert StepRun.objects.get(pk=parked.pk).state == "parked"
    assert sorted(ExceptionCase.objects.values_list("state", flat=True)) == ["open", "resolved"]


def test_the_button_of_one_step_starts_that_one_alone(log_in: LogIn, parked: StepRun):
    make_order()
    work_it_off()
    runs = list(StepRun.objects.filter(state=RunState.PARKED).order_by("pk"))

    log_in(Role.LEAD).post("/parked/retry/", {"run": [str(run.pk) for run in runs], "only": str(runs[1].pk)})

    assert [StepRun.objects.get(pk=run.pk).state for run in runs] == ["parked", "due"]


def test_retrying_nothing_or_nonsense_is_told(log_in: LogIn, parked: StepRun):
    for fields in ({}, {"run": "x"}):
        answer = log_in(Role.LEAD).post("/parked/retry/", fields, follow=True)
        assert "Tick at least one job." in answer.content.decode()


def test_a_quarantined_message_is_read_again_by_those_who_may(log_in: LogIn, shop: None):
    message = InboxMessage.objects.create(
        channel=Channel.objects.get(), dedupe_key="1", body=b"{}", verdict=Verdict.QUARANTINED, reason="no currency"
    )
    address = reverse("console:inbox_replay", args=[message.public_id])

    assert log_in(Role.LEAD).post(address).status_code == 403
    log_in(Role.OPERATIONS).post(address)

    assert InboxMessage.objects.get().verdict == "waiting"


def test_a_message_that_was_accepted_has_no_such_button_and_is_left_alone(log_in: LogIn, shop: None):
    message = InboxMessage.objects.create(
        channel=Channel.objects.get(), dedupe_key="1", body=b"{}", verdict=Verdict.ACCEPTED
    )
    client = log_in(Role.OPERATIONS)
    page = reverse("console:inbox_message", args=[message.public_id])

    assert "Read it again" not in client.get(page).content.decode()
    client.post(reverse("console:inbox_replay", args=[message.public_id]))

    assert InboxMessage.objects.get().verdict == "accepted"


def test_a_rejection_on_the_page_names_the_lines_that_are_not_there(log_in: LogIn):
    make_stock(N1={"A": 25, "B": 10})
    make_policy()
    make_carrier()
    order = make_order(lines={"A": 2, "B": 1})
    work_it_off()
    row = FulfillmentOrder.objects.get(order=order)
    lacking = row.lines.get(sku__code="B")
    client = log_in(Role.OPERATIONS)
    shown = client.get(reverse("console:fulfillment_order", args=[row.public_id])).content.decode()
    assert f'name="absent" value="{lacking.pk}"' in shown

    address = reverse("console:fulfillment_work", args=[row.public_id, "reject"])
    client.post(address, {"reason": "no_stock", "absent": [lacking.pk]})
    work_it_off()

    assert [level.sku.code for level in StockLevel.objects.filter(doubted_at__isnull=False)] == ["B"]
