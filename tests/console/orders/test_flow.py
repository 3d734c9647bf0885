"""The drawn way of an order. Pure."""

from datetime import UTC, datetime, timedelta

from apps.console.orders.flow import WIDTH, Stay, drawn, stations, stays, summed

START = datetime(2026, 11, 1, 12, tzinfo=UTC)


def at(minutes: float) -> datetime:
    return START + timedelta(minutes=minutes)


WAY = [("order.accepted", at(0)), ("order.validated", at(1)), ("order.routed", at(3)), ("order.released", at(6))]


def test_a_stay_ends_when_the_next_begins_and_the_last_goes_on():
    assert stays([*WAY, ("order.held", at(7))]) == [
        Stay("received", at(0), at(1)),
        Stay("validated", at(1), at(3)),
        Stay("routed", at(3), at(6)),
        Stay("released", at(6), None),
    ]


def test_time_in_a_state_adds_up_over_all_its_stays():
    way = stays([*WAY, ("order.unrouted", at(10)), ("order.routed", at(15)), ("order.released", at(16))])

    by_name = {stop.state: stop for stop in stations(way, "released", at(20))}

    assert (by_name["validated"].visits, by_name["validated"].spent) == (2, timedelta(minutes=7))
    assert by_name["released"].spent == timedelta(minutes=8)
    assert dict(summed(way, at(20)))["routed"] == timedelta(minutes=4)


def test_the_present_state_is_marked_and_what_lies_ahead_is_not_reached():
    marks = [stop.status for stop in stations(stays(WAY), "released", at(9))]

    assert marks == ["done", "done", "done", "current", "ahead", "ahead"]


def test_a_cancelled_order_stopped_where_it_last_stood():
    way = stays([*WAY[:2], ("order.cancelled", at(5))])

    marks = [stop.status for stop in stations(way, "cancelled", at(9))]

    assert marks == ["done", "stopped", "ahead", "ahead", "ahead", "ahead"]


def test_a_state_never_entered_was_passed_over():
    way = stays([("order.accepted", at(0)), ("order.shipped", at(1)), ("order.delivered", at(1))])

    marks = {stop.state: stop.status for stop in stations(way, "delivered", at(9))}

    assert marks["routed"] == "skipped"
    assert marks["delivered"] == "done"


def test_segments_stay_inside_the_drawing_and_can_be_seen():
    parts = [("a", at(0), at(0.001)), ("b", at(0.001), at(100)), ("c", at(100), None)]

    for segment in drawn(parts, at(0), at(100)):
        assert segment.width > 0
        assert segment.x >= 0
        assert segment.x + segment.width <= WIDTH + 0.1
