"""How events are declared, stored and read again."""

from __future__ import annotations

import json
from dataclasses import FrozenInstanceError, fields
from typing import Any, get_type_hints

import pytest

from apps.core.bulk.columns import as_json
from apps.core.event_types import Ball, EventData, Subject, UnknownEvent, UnreadableEvent, all_events, event, load
from apps.orders.events import OrderAmended, OrderHeld, OrderLineSubstituted, OrderRevised
from tests.event_samples import is_optional, sample

EVENTS = sorted(all_events(), key=lambda kind: kind.spec.name)


def declare(**said: Any) -> type[EventData]:
    class YardSwept(EventData):
        broom: str

    spec: dict[str, Any] = {"subject": Subject.SYSTEM, "ball": Ball.NOBODY, "says": "Swept.", **said}
    return event("yard.swept", **spec)(YardSwept)


@pytest.mark.parametrize("kind", EVENTS, ids=lambda kind: kind.spec.name)
def test_an_event_comes_back_from_the_log_as_it_went_in(kind: type[EventData]):
    said = sample(kind)

    again = load(kind.spec.name, json.loads(as_json(said.to_json())))

    assert again == said
    assert type(again) is kind


@pytest.mark.parametrize("kind", EVENTS, ids=lambda kind: kind.spec.name)
def test_what_may_be_none_need_not_be_there(kind: type[EventData]):
    hints = get_type_hints(kind)
    optional = [one for one in fields(kind) if is_optional(hints[one.name])]  # type: ignore[arg-type]

    assert [one.name for one in optional if one.default is not None] == []


def test_an_older_row_gets_the_defaults_of_the_fields_it_lacks_and_keeps_none_that_are_no_more():
    assert load("order.amended", {"colour": "blue"}) == OrderAmended(changed=())


def test_a_row_that_lacks_what_it_needs_is_named_with_what_it_lacks():
    with pytest.raises(UnreadableEvent, match=r"order\.held lacks hold"):
        load("order.held", {"reason": "manual"})


def test_an_event_nobody_declares_is_unknown():
    with pytest.raises(UnknownEvent):
        load("yard.swept_clean", {})


def test_a_sentence_about_a_field_that_is_not_there_fails_where_it_is_declared():
    with pytest.raises(TypeError, match=r"yard\.swept has no field mop"):
        declare(says="Swept with {mop}.")


def test_a_public_field_that_is_not_there_fails_where_it_is_declared():
    with pytest.raises(TypeError, match=r"yard\.swept has no field mop"):
        declare(public=("broom", "mop"))


def test_an_event_is_declared_once():
    class OrderHeldAgain(EventData):
        pass

    with pytest.raises(TypeError, match="declared twice"):
        event("order.held", subject=Subject.ORDER, ball=Ball.PERSON, says="Held.")(OrderHeldAgain)


def test_what_is_none_is_not_stored():
    assert OrderRevised(goods_changed=False).to_json() == {"goods_changed": False}


def test_a_field_named_like_a_keyword_is_stored_under_the_plain_word():
    said = sample(OrderLineSubstituted)

    assert said.to_json()["from"] == "a"
    assert load("order.line_substituted", said.to_json()) == said


def test_an_event_is_not_changed_once_it_is_made():
    held = OrderHeld(reason="manual", hold="hld_1")

    with pytest.raises(FrozenInstanceError):
        held.reason = "fraud"  # type: ignore[misc]
