"""Staff and customers are told once, at the right address, and without anybody's data where it does not belong."""

from __future__ import annotations

from typing import Any

import pytest

from apps.notifications.models import CustomerMessage, StaffNotice
from apps.notifications.selectors import staff_with_roles, unread_count
from apps.notifications.services import Message, add_customer_messages, mail_customer, notify_people, read_notices
from apps.orders.models import Order
from tests.driving import work_it_off
from tests.factories import AGENT, UserFactory, make_order

pytestmark = pytest.mark.django_db


def told(*users: object, mail: bool = True, text: str = "Look at this.") -> list[StaffNotice]:
    return notify_people(users, text=text, link="/exceptions/cas_1/", kind="mention", mail=mail, actor=AGENT)  # type: ignore[arg-type]


def test_a_notice_waits_in_the_console_and_goes_out_by_mail(mailoutbox: list[Any], settings: Any):
    settings.ORDERYARD = {**settings.ORDERYARD, "URL": "https://yard.example/"}
    user = UserFactory(email="dana@yard.example")
    told(user)
    work_it_off()

    assert unread_count(user) == 1
    assert (mailoutbox[0].to, len(mailoutbox)) == (["dana@yard.example"], 1)
    assert "https://yard.example/exceptions/cas_1/" in mailoutbox[0].body
    assert StaffNotice.objects.get().mailed_at is not None


def test_somebody_named_twice_is_told_once():
    user = UserFactory()

    assert len(told(user, user)) == 1


def test_a_case_that_rings_again_stands_there_once():
    user = UserFactory()
    for level in (1, 2):
        notify_people([user], text=f"level {level}", link="/exceptions/cas_1/", kind="escalation", actor=AGENT)
    notify_people([user], text="another", link="/exceptions/cas_2/", kind="escalation", actor=AGENT)

    assert sorted(StaffNotice.objects.values_list("text", flat=True)) == ["another", "level 2"]


def test_nobody_without_an_address_is_mailed(mailoutbox: list[Any]):
    told(UserFactory(email=""))
    work_it_off()

    assert mailoutbox == []


def test_what_was_read_in_the_console_is_not_mailed(mailoutbox: list[Any]):
    user = UserFactory(email="dana@yard.example")
    told(user)
    read_notices(user)
    work_it_off()

    assert mailoutbox == []


def test_a_line_break_makes_no_second_header(mailoutbox: list[Any]):
    told(UserFactory(email="dana@yard.example"), text="Hello\nBcc: all@yard.example")
    work_it_off()

    assert mailoutbox[0].subject == "You were mentioned: Hello Bcc: all@yard.example"
    assert mailoutbox[0].bcc == []


def test_reading_leaves_the_notices_of_others_alone():
    mine, others = UserFactory(), UserFactory()
    told(mine, others)

    assert read_notices(mine, [row.public_id for row in StaffNotice.objects.all()]) == 1
    assert (unread_count(mine), unread_count(others)) == (0, 1)


def test_people_of_one_node_are_told_of_theirs_only():
    everywhere, leeds = UserFactory(role="manager"), UserFactory(role="manager", nodes=["leeds"])
    UserFactory(role="manager", nodes=["york"])
    UserFactory(role="manager", is_active=False)
    UserFactory(role="agent")

    assert staff_with_roles(["manager"], node="leeds") == [everywhere, leeds]


def order_with_mail() -> Order:
    return make_order(external_number="#77", customer={"name": "Pat Canary", "email": "pat@canary.test"})


def replaced(order: Order) -> Message:
    return Message(order.pk, "line_substituted", "line:1", {"before": "Blue mug", "after": "Red mug", "price": "£9.00"})


def test_a_customer_is_told_of_a_replaced_item_once(mailoutbox: list[Any]):
    order = order_with_mail()
    assert add_customer_messages([replaced(order)], actor=AGENT) == 1
    assert add_customer_messages([replaced(order), replaced(order)], actor=AGENT) == 0
    work_it_off()
    mail_customer(CustomerMessage.objects.get().pk)

    assert [mail.to for mail in mailoutbox] == [["pat@canary.test"]]
    assert mailoutbox[0].subject == "We replaced an item of your order #77"
    assert "Red mug" in mailoutbox[0].body
    assert "£9.00" in mailoutbox[0].body
    assert CustomerMessage.objects.get().state == "sent"


def test_no_address_no_mail_and_that_is_written_down(mailoutbox: list[Any]):
    order = make_order()
    add_customer_messages([replaced(order)], actor=AGENT)
    work_it_off()

    assert (mailoutbox, CustomerMessage.objects.get().state) == ([], "nobody")


def test_a_message_holds_no_personal_data():
    order = order_with_mail()
    add_customer_messages([replaced(order)], actor=AGENT)

    assert "canary" not in str(CustomerMessage.objects.values().get()).lower()


@pytest.mark.parametrize("template", ["line_substituted", "news"])
def test_every_template_makes_a_mail(mailoutbox: list[Any], template: str):
    order = order_with_mail()
    params = {"before": "A", "after": "B", "price": "£1.00", "text": "It comes later."}
    add_customer_messages([Message(order.pk, template, "x", params)], actor=AGENT)
    work_it_off()

    assert "#77" in mailoutbox[0].subject
    assert len(mailoutbox[0].body.splitlines()) > 3
