"""People's logins: invited, and given a link that sets the password."""

from __future__ import annotations

from datetime import timedelta

import pytest

from apps.accounts.errors import LoginRefused
from apps.accounts.models import Role, User
from apps.accounts.people import ask_for_password_link, invite, send_password_link
from apps.accounts.staff import last_resort, of_roles, staff_now, staff_with_roles, works_here
from apps.core import clock
from apps.core.models import Event
from tests.factories import AGENT, UserFactory
from tests.unchanged import nothing_changes, refused

pytestmark = pytest.mark.django_db


def person(**changes: object) -> User:
    return UserFactory(**{"email": "pat@shop.example", **changes})


def links_for(user: User) -> list[str]:
    """Who asked for each link that was sent to this person."""
    events = Event.objects.filter(subject_ref=user.public_id).exclude(name__contains="invited").order_by("pk")
    return list(events.values_list("actor", flat=True))


@pytest.mark.parametrize("send", [invite, send_password_link])
@pytest.mark.parametrize(
    ("changes", "why"),
    [({"is_active": False}, "The login is switched off."), ({"email": ""}, "The person has no mail address.")],
)
def test_whoever_can_not_be_reached_is_sent_no_link(send, changes, why):
    user = person(**changes)

    with refused(LoginRefused) as refusal:
        send(user.pk, actor=AGENT)
    assert str(refusal.value) == why


def test_an_invitation_is_recorded_in_the_name_of_who_invites():
    user = person()

    invite(user.pk, actor=AGENT)

    event = Event.objects.get(subject_ref=user.public_id)
    assert (event.actor, event.stream) == ("staff:usr_test", user.public_id)
    assert "pat@shop.example" not in str(event.data)


def test_one_link_in_five_minutes_is_enough_and_another_person_gets_one_all_the_same():
    user, other = person(), person(email="other@shop.example")
    send_password_link(user.pk, actor=AGENT)

    with clock.moved(timedelta(minutes=4, seconds=59)), refused(LoginRefused):
        send_password_link(user.pk, actor=AGENT)
    send_password_link(other.pk, actor=AGENT)
    with clock.moved(timedelta(minutes=5, seconds=1)):
        send_password_link(user.pk, actor=AGENT)

    assert (len(links_for(user)), len(links_for(other))) == (2, 1)


@pytest.mark.parametrize("name", ["pat", "PAT", "pat@shop.example", "Pat@Shop.Example"])
def test_who_has_forgotten_the_password_asks_by_name_or_address_in_any_case(name: str):
    user = person(username="Pat")

    ask_for_password_link(name)

    assert links_for(user) == [f"staff:{user.public_id}"]


@pytest.mark.parametrize(
    "changes",
    [{"is_active": False}, {"is_staff": False}, {"email": ""}],
    ids=["switched off", "no staff", "no address"],
)
def test_of_whoever_can_not_log_in_nothing_is_told_and_nothing_is_sent(changes):
    person(username="pat", **changes)

    with nothing_changes():
        ask_for_password_link("pat")
        ask_for_password_link("nobody")


def test_asking_again_and_again_sends_one_link_and_says_nothing_else():
    user = person(username="pat")
    ask_for_password_link("pat")

    with nothing_changes():
        ask_for_password_link("pat")
    assert len(links_for(user)) == 1


def test_of_an_address_that_many_share_three_are_sent_a_link_at_most():
    for _ in range(5):
        person(email="desk@shop.example")

    ask_for_password_link("desk@shop.example")

    assert Event.objects.count() == 3


# Who works here


def test_only_active_staff_whose_role_reads_cases_work_here():
    here = [UserFactory(role=role) for role in (Role.AGENT, Role.INTEGRATOR)]
    UserFactory(is_active=False)
    UserFactory(is_staff=False)
    nobody = UserFactory(role="")

    assert staff_now() == here
    assert not works_here(nobody)
    nobody.is_superuser = True
    assert works_here(nobody)
    assert not works_here(here[0], scope="orders:write")


def test_a_superuser_is_an_administrator_whatever_the_role():
    boss, agent = UserFactory(is_superuser=True), UserFactory()

    assert of_roles([boss, agent], [Role.ADMIN]) == [boss]
    assert of_roles([boss, agent], [Role.AGENT]) == [boss, agent]
    assert staff_with_roles([Role.ADMIN]) == [boss]


def test_people_of_one_place_are_told_of_what_happens_there_alone():
    everywhere, leeds = UserFactory(), UserFactory(nodes=["leeds"])

    assert staff_with_roles([Role.AGENT], node="leeds") == [everywhere, leeds]
    assert staff_with_roles([Role.AGENT], node="hull") == [everywhere]
    assert staff_with_roles([Role.AGENT]) == [everywhere, leeds]
    assert staff_with_roles([Role.LEAD], node="leeds") == []


def test_what_nobody_else_is_left_for_is_operations_else_the_administrators():
    admin = UserFactory(role=Role.ADMIN)
    of_a_place = UserFactory(role=Role.OPERATIONS, nodes=["leeds"])
    assert last_resort([admin, of_a_place]) == [admin]

    operations = UserFactory(role=Role.OPERATIONS)
    assert last_resort([admin, of_a_place, operations]) == [operations]
    assert last_resort([of_a_place]) == []
