"""The catalogue of events, and what follows each of them."""

from __future__ import annotations

import re
from typing import get_args, get_type_hints

from apps.casework.states import ApprovalState, CaseState
from apps.compensation.states import EffectState
from apps.core.event_types import EventData, Subject, all_events
from apps.fulfillment.states import FulfillmentState
from apps.orchestration.step import Step
from apps.orchestration.subscriptions import SUBSCRIPTIONS
from apps.orders.states import OrderState
from apps.sla.endings import ENDS, VOIDING
from apps.sla.stages import STAGES, Of
from apps.sla.states import PolicyState
from tests.architecture.source import python_files


def test_every_declared_event_has_its_entry_in_the_subscriptions() -> None:
    assert [kind.__name__ for kind in all_events() if kind not in SUBSCRIPTIONS] == [], (
        "give it a line in subscriptions.py, an empty list where nothing follows"
    )
    assert set(SUBSCRIPTIONS) <= set(all_events())


def test_every_declared_event_is_recorded_somewhere() -> None:
    text = "\n".join(path.read_text() for path in python_files("apps") if path.name != "subscriptions.py")
    unused = [kind.__name__ for kind in all_events() if len(re.findall(rf"\b{kind.__name__}\b", text)) < 2]

    assert unused == []


# Names in stored events and webhooks stay as they were released; what the class is called says it in plainer words.
PLAINER = {
    "channel.to_tell": "ChannelUpdateDue",
    "channel.privacy_asked": "ChannelPrivacyRequested",
    "customer.to_tell": "CustomerMessageDue",
    "order.recheck_asked": "OrderRecheckRequested",
    "listing.taken_again": "ListingAccepted",
    "channel.stock_flows_again": "ChannelStockResumed",
    "channel.stock_not_taken": "ChannelStockRefused",
    "stock.vouched": "StockConfirmed",
}


def test_an_event_is_declared_in_the_events_of_its_app_and_named_after_what_it_is_called() -> None:
    for kind in all_events():
        words = "".join(part.capitalize() for part in re.split(r"[._]", kind.spec.name))

        assert re.fullmatch(r"apps\.\w+\.events", kind.__module__)
        assert kind.__name__ == PLAINER.get(kind.spec.name, words)


def test_the_state_an_event_enters_is_one_its_subject_can_be_in() -> None:
    states = {
        Subject.ORDER: OrderState.values,
        Subject.FULFILLMENT_ORDER: FulfillmentState.values,
        Subject.CASE: CaseState.values,
        Subject.APPROVAL: ApprovalState.values,
        Subject.POLICY: PolicyState.values,
        Subject.EFFECT: EffectState.values,
    }
    for spec in (kind.spec for kind in all_events() if kind.spec.enters):
        assert spec.enters in states[spec.subject], spec.name


def test_a_stage_of_orders_or_fulfillment_orders_is_ended_by_events_of_theirs() -> None:
    timed = {stage for stage, about in STAGES.items() if about.of in (Of.ORDER, Of.FULFILLMENT)}
    ended = {stage for stage, kinds in ENDS.items() if kinds}
    subjects = {kind.spec.subject for kinds in (*ENDS.values(), VOIDING) for kind in kinds}

    assert ended == timed
    assert subjects == {Subject.ORDER, Subject.FULFILLMENT_ORDER}


def test_a_step_has_one_name_and_a_subscription_names_it_once() -> None:
    for steps in SUBSCRIPTIONS.values():
        names = [step.name for step in steps]
        assert len(set(names)) == len(names)
    by_name: dict[str, set[int]] = {}
    for step in (step for steps in SUBSCRIPTIONS.values() for step in steps):
        by_name.setdefault(step.name, set()).add(id(step))

    assert [name for name, objects in by_name.items() if len(objects) > 1] == []


def test_a_step_follows_only_events_that_it_says_it_can_read() -> None:
    wrong = [
        f"{step.name} after {kind.spec.name}"
        for kind, steps in SUBSCRIPTIONS.items()
        for step in steps
        if not issubclass(kind, _read_by(step))
    ]

    assert wrong == []


def _read_by(step: Step) -> tuple[type[EventData], ...]:
    """What the annotation of its ``dues`` names: one class or several."""
    (due,) = get_args(get_type_hints(step.do)["dues"])
    (event,) = get_args(due)
    return get_args(event) or (event,)


def test_no_step_reads_what_the_log_holds_past_its_type() -> None:
    reading = re.compile(r"\bdues?\.(data|stored)\b")
    found = [str(path) for path in python_files("apps/orchestration/steps") if reading.search(path.read_text())]

    assert found == []
