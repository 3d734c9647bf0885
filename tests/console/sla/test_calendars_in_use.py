"""A calendar that clocks run by is not taken from under them: not emptied, not renamed, not deleted."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse

from apps.casework.models import ExceptionCase
from apps.core.actor import SYSTEM
from apps.sla.errors import CalendarInUse
from apps.sla.models import DAYS, SlaCalendar, SlaTimer
from apps.sla.rules import Policy, Rule
from apps.sla.services import publish_sla_policy, save_draft, start_draft, watch
from apps.sla.services.calendars import delete_calendar
from tests.casework.cases import make_queue
from tests.console.conftest import LogIn
from tests.driving import work_it_off
from tests.factories import NodeFactory
from tests.sla.timing import hold_policy, released_order

pytestmark = pytest.mark.django_db
LIST = reverse("admin:sla_slacalendar_changelist")


def office(**changes: Any) -> SlaCalendar:
    return SlaCalendar.objects.create(**{"code": "office", "name": "Office", "monday": "09:00-17:00", **changes})


def form(calendar: SlaCalendar, **changes: str) -> dict[str, str]:
    days = {day: getattr(calendar, day) for day in DAYS}
    return {"code": calendar.code, "name": calendar.name, "time_zone": "", "closed_on": "", **days, **changes}


def page(calendar: SlaCalendar, what: str = "change") -> str:
    return reverse(f"admin:sla_slacalendar_{what}", args=[calendar.pk])


@pytest.fixture
def client(log_in: LogIn) -> Client:
    return log_in("admin")


def _by_name() -> None:
    office()
    hold_policy(Rule("pick_start", "p", minutes=60, calendar="office"))


def _by_node() -> None:
    office().nodes.add(NodeFactory(code="leeds"))
    hold_policy(Rule("pick_start", "p", minutes=60, calendar="node"))


def _by_team() -> None:
    office().queues.add(make_queue("desk"))
    hold_policy(Rule("case_resolution", "s", minutes=60, calendar="team"))


def _by_a_draft() -> None:
    office()
    hold_policy(Rule("pick_start", "p", minutes=60))
    start_draft(actor=SYSTEM)
    save_draft(Policy((Rule("pick_start", "p", minutes=60, calendar="office"),)), actor=SYSTEM)


def _by_a_clock_of_an_older_policy() -> None:
    _by_name()
    released_order()
    publish_sla_policy(Policy((Rule("pick_start", "p", minutes=60),)).to_json(), retime=False, actor=SYSTEM)


WAYS = [_by_name, _by_node, _by_team, _by_a_draft, _by_a_clock_of_an_older_policy]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("door", ["service", "page", "list"])
def test_one_that_a_policy_counts_by_is_not_deleted(client: Client, way: Any, door: str) -> None:
    way()
    calendar = SlaCalendar.objects.get()

    if door == "service":
        with pytest.raises(CalendarInUse, match="day and night"):
            delete_calendar(calendar.pk, actor=SYSTEM)
    elif door == "page":
        asked = client.post(page(calendar, "delete"), {"post": "yes"}).content.decode()
        assert "SLA policy v" in asked
    else:
        picked = {"action": "delete_selected", "_selected_action": [calendar.pk], "post": "yes"}
        client.post(LIST, picked)

    assert SlaCalendar.objects.filter(pk=calendar.pk).exists()


def test_one_that_nothing_counts_by_any_more_is_deleted(client: Client) -> None:
    _by_a_clock_of_an_older_policy()
    calendar = SlaCalendar.objects.get()
    SlaTimer.objects.update(state="met")

    client.post(page(calendar, "delete"), {"post": "yes"})

    assert not SlaCalendar.objects.exists()


@pytest.mark.parametrize("emptied", ["", "closed"])
def test_one_is_not_emptied(client: Client, emptied: str) -> None:
    _by_name()
    calendar = SlaCalendar.objects.get()

    answer = client.post(page(calendar), form(calendar, **dict.fromkeys(DAYS, emptied)))

    assert "would never be open" in answer.content.decode()
    assert SlaCalendar.objects.get().monday == "09:00-17:00"


def test_one_keeps_the_code_that_policies_name_it_by(client: Client) -> None:
    _by_name()
    calendar = SlaCalendar.objects.get()

    client.post(page(calendar), form(calendar, code="bureau", name="Bureau"))
    calendar.refresh_from_db()
    assert (calendar.code, calendar.name) == ("office", "Bureau")

    calendar.code = "bureau"
    with pytest.raises(ValidationError, match="stays “office”"):
        calendar.full_clean()


def test_changed_hours_have_running_clocks_counted_anew_at_once(client: Client) -> None:
    _by_name()
    released_order()
    watch(actor=SYSTEM)
    work_it_off()
    calendar = SlaCalendar.objects.get()
    before = SlaTimer.objects.get().due_at

    answer = client.post(page(calendar), form(calendar, monday="", thursday="03:00-03:30", friday="03:00-03:30"))
    assert answer.status_code == 302, answer.content.decode()
    work_it_off()

    after = SlaTimer.objects.get().due_at
    assert after != before
    assert (after.weekday(), after.hour, after.minute) == (4, 3, 30)
    assert not ExceptionCase.objects.exists()
