"""What people read: durations, moments, actors, events."""

from datetime import UTC, datetime, timedelta

import pytest

from apps.accounts.services import create_api_key
from apps.console.orders.sentences import LOOKS, sentence_of
from apps.console.shell.people import people
from apps.core.actor import SYSTEM, Actor
from apps.core.event_types import all_events
from apps.ui.wording import duration, relative
from tests.factories import ChannelFactory, UserFactory

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


def test_every_event_the_system_can_record_has_a_sentence():
    assert set(all_events()) == set(LOOKS)


@pytest.mark.parametrize("name", sorted(kind.spec.name for kind in all_events()))
def test_a_sentence_is_one_even_when_nothing_is_known_of_its_facts(name: str):
    _, text = sentence_of(name, {})

    assert text.endswith(".")
    assert "{" not in text
    assert text[0].isupper()


def test_an_event_without_a_sentence_is_said_by_its_name():
    assert sentence_of("yard.swept_clean", {})[1] == "Yard: swept clean."


def test_braces_in_a_fact_are_no_placeholders():
    assert sentence_of("order.accepted", {"channel": "{node}"})[1] == "{node} sent the order."


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "under 1 s"), (1, "1 s"), (59.9, "59 s"), (60, "1 m"), (125, "2 m 5 s"), (3600, "1 h"),
        (3661, "1 h 1 m"), (86_400 + 7200, "1 d 2 h"), (86_400 * 400, "400 d"),
    ],
)  # fmt: skip
def test_a_duration_is_told_by_its_two_largest_units(seconds: float, said: str):
    assert duration(timedelta(seconds=seconds)) == said


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "just now"), (44, "just now"), (60, "1 min ago"), (50, "1 min ago"), (3599, "1 h ago"), (7200, "2 h ago"),
        (86_400 * 3, "3 d ago"), (-7200, "in 2 h"), (86_400 * 40, "12 Oct 2026"),
    ],
)  # fmt: skip
def test_a_moment_is_told_by_its_distance(seconds: float, said: str):
    assert relative(NOW - timedelta(seconds=seconds), NOW) == said


@pytest.mark.django_db
def test_actors_are_called_by_the_names_people_know():
    user = UserFactory(first_name="Dana", last_name="Whitfield")
    key, _ = create_api_key(name="warehouse software")
    ChannelFactory(code="shop", name="The shop")
    actors = [Actor("staff", user.public_id), Actor("key", key.public_id), Actor("channel", "shop"), SYSTEM]
    actors += [Actor("step", "route_order"), Actor("staff", "usr_gone")]

    found = people(str(actor) for actor in actors)

    assert [found[str(actor)].name for actor in actors] == [
        "Dana Whitfield", "warehouse software", "The shop", "Orderyard", "Orderyard", "A former colleague",
    ]  # fmt: skip
    assert [found[str(actor)].human for actor in actors] == [True, False, False, False, False, True]
