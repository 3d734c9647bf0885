"""Nodes: what people change about them, when they are shut, where they are."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import transaction

from apps.core.errors import StaleVersion
from apps.core.models import Event
from apps.network import selectors
from apps.network.errors import DowntimeBackwards, NodeNotFound
from apps.network.linting import lacking
from apps.network.models import Calendar, Carrier, CarrierService, Node, NodeDay, NodeDowntime, NodeGroup, Place
from apps.network.services import change_node, shut_node
from tests.factories import AGENT, NodeFactory
from tests.racing import Meanwhile
from tests.unchanged import nothing_changes, refused

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def test_what_is_changed_is_told_by_name_and_the_version_rises():
    node = NodeFactory(priority=100)

    changed = change_node(node.pk, changes={"priority": 5, "active": True, "capacity_per_day": 3}, actor=AGENT)

    node.refresh_from_db()
    assert (node.priority, node.capacity_per_day, node.version) == (5, 3, 2)
    assert changed.version == 2
    event = Event.objects.get(name="node.changed")
    assert (event.data["changed"], event.subject_ref) == (["capacity_per_day", "priority"], node.public_id)
    assert node.history.latest().priority == 5


def test_changing_a_node_to_what_it_is_changes_nothing():
    node = NodeFactory(priority=5)

    with nothing_changes():
        change_node(node.pk, changes={"priority": 5}, expected_version=1, actor=AGENT)


def test_what_was_read_before_somebody_elses_change_is_not_written_over_it():
    node = NodeFactory()
    change_node(node.pk, changes={"priority": 5}, expected_version=1, actor=AGENT)

    with refused(StaleVersion) as refusal:
        change_node(node.pk, changes={"priority": 7}, expected_version=1, actor=AGENT)
    assert refusal.value.details["current"] == 2


def test_a_node_there_is_not_is_neither_changed_nor_shut():
    with refused(NodeNotFound):
        change_node(999_999, changes={"priority": 1}, actor=AGENT)
    with refused(NodeNotFound):
        shut_node(999_999, starts_at=NOON, ends_at=None, reason="x", actor=AGENT)


@pytest.mark.parametrize("ends_at", [NOON, NOON - HOUR])
def test_a_downtime_that_ends_before_it_begins_is_refused(ends_at: datetime):
    node = NodeFactory()

    with refused(DowntimeBackwards):
        shut_node(node.pk, starts_at=NOON, ends_at=ends_at, reason="stocktaking", actor=AGENT)


def test_a_node_is_shut_from_its_first_moment_up_to_its_last_and_says_why():
    node, other = NodeFactory(), NodeFactory()
    row = shut_node(node.pk, starts_at=NOON, ends_at=NOON + HOUR, reason="s" * 300, actor=AGENT)
    shut_node(other.pk, starts_at=NOON + HOUR, ends_at=None, reason="flooded", actor=AGENT)

    second = timedelta(seconds=1)
    assert selectors.downtimes_at(NOON - second) == {}
    assert selectors.downtimes_at(NOON) == {node.pk: "s" * 200}
    assert selectors.downtimes_at(NOON + HOUR - second) == {node.pk: "s" * 200}
    assert selectors.downtimes_at(NOON + HOUR) == {other.pk: "flooded"}
    assert selectors.downtimes_at(NOON + 9999 * HOUR) == {other.pk: "flooded"}
    assert Event.objects.filter(name="node.shut", subject_ref=node.public_id).get().data["downtime"] == row.pk


@pytest.mark.django_db(transaction=True)
def test_two_who_change_a_node_at_once_do_it_one_after_the_other():
    node = NodeFactory()

    with transaction.atomic():
        change_node(node.pk, changes={"priority": 5}, expected_version=1, actor=AGENT)
        other = Meanwhile(
            lambda: change_node(node.pk, changes={"capacity_per_day": 3}, expected_version=1, actor=AGENT)
        )
        assert other.waits_for_a_lock()

    assert isinstance(other.outcome(), StaleVersion)
    node.refresh_from_db()
    assert (node.priority, node.capacity_per_day) == (5, None)


def test_codes_are_read_in_any_case_and_exactly_where_both_cases_are_codes():
    for code in ("leeds", "HULL", "hull"):
        NodeFactory(code=code)

    written = ["Leeds", " leeds ", "HULL", "hull", "york", ""]
    assert selectors.node_codes(written) == {"Leeds": "leeds", " leeds ": "leeds", "HULL": "HULL", "hull": "hull"}


def test_customers_collect_at_active_nodes_that_hand_orders_over():
    shop = NodeFactory(code="b", name="B", capabilities=["pickup", "express"])
    first = NodeFactory(code="a", name="A", capabilities=["pickup"])
    NodeFactory(code="c", active=False, capabilities=["pickup"])
    NodeFactory(code="d", capabilities=["express"])

    assert selectors.pickup_nodes() == [first, shop]


@pytest.mark.parametrize("lock", [False, True])
def test_what_a_node_was_given_today_is_counted_for_that_day_alone(lock: bool):
    busy, idle = NodeFactory(), NodeFactory()
    today, yesterday = date(2026, 11, 2), date(2026, 11, 1)
    NodeDay.objects.create(node=busy, day=today, assigned=3)
    NodeDay.objects.create(node=idle, day=yesterday, assigned=9)

    found = selectors.assigned_on(today, [busy.pk, idle.pk, busy.pk], lock=lock)

    assert found == ({busy.pk: 3, idle.pk: 0} if lock else {busy.pk: 3})
    assert selectors.assigned_on(today, [], lock=lock) == {}


def test_a_service_bound_to_nodes_is_offered_there_and_any_other_everywhere():
    leeds = NodeFactory()
    carrier = Carrier.objects.create(code="c", name="C")
    bound = CarrierService.objects.create(carrier=carrier, code="bound", base_minor=100)
    bound.nodes.add(leeds)
    dear = CarrierService.objects.create(carrier=carrier, code="dear", base_minor=300)
    cheap = CarrierService.objects.create(carrier=carrier, code="cheap", base_minor=200)

    assert selectors.services_by_node() == ({leeds.pk: [bound]}, [cheap, dear])


def test_a_postal_code_is_where_its_longest_known_beginning_is():
    for prefix, latitude in (("", 54.0), ("LS", 53.8), ("LS1", 53.7)):
        Place.objects.create(country="GB", postal_prefix=prefix, latitude=latitude, longitude=-1.5)
    selectors._places.clear()

    asked = [("GB", "ls1-1aa"), ("GB", "LS9 8AA"), ("GB", "M1 1AA"), ("GB", ""), ("FR", "75001")]
    found = selectors.coordinates(asked)

    assert [found[key] and found[key][0] for key in asked] == [53.7, 53.8, 54.0, 54.0, None]


def test_what_a_node_lacks_is_said_with_its_consequence():
    bare = NodeFactory(latitude=None)
    assert len(lacking(bare)) == 2
    assert lacking(bare)[0].startswith("Without coordinates")

    group = NodeGroup.objects.create(code="shops")
    assert [one.split(",")[0] for one in lacking(NodeFactory())] == [
        "It is in no group",
        "Without a shipping calendar its parcels are expected to leave every day",
    ]
    whole = NodeFactory(calendar=Calendar.objects.create(name="Days", weekdays=[0]))
    whole.groups.add(group)
    assert lacking(Node.objects.get(pk=whole.pk)) == []


def test_the_database_takes_no_downtime_that_ends_before_it_begins():
    node = NodeFactory()

    with pytest.raises(Exception, match="downtime_ends_after_it_starts"), transaction.atomic():
        NodeDowntime.objects.create(node=node, starts_at=NOON, ends_at=NOON, reason="x")
