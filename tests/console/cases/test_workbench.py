"""The workbench's lists: tabs, filters, saved views, the way from case to case, several at once, export."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from apps.accounts.models import Role, User
from apps.casework.models import CaseAction, ExceptionCase, Queue
from apps.casework.services import assign_cases, ensure_casework, resolve_case, set_clocks, wait_case
from apps.console.models import SavedView
from apps.core import clock
from tests.console.casepages import without_hold
from tests.console.conftest import LogIn
from tests.driving import work_it_off
from tests.factories import AGENT, UserFactory, make_order

pytestmark = pytest.mark.django_db


@pytest.fixture
def cases(shop: None) -> list[ExceptionCase]:
    """Three orders with an unknown SKU each, and one nobody has enough stock for."""
    ensure_casework()
    for number in range(3):
        make_order(lines={f"NOBODY-KNOWS-{number}": 1}, external_number=f"#10{number}")
    make_order(lines={"A": 60}, external_number="#200")
    work_it_off()
    return list(ExceptionCase.objects.order_by("pk"))


def shown(client: Client, query: str = "") -> list[str]:
    """The orders of the cases on the page, in the page's order."""
    return [row.case.order.number for row in client.get(f"/exceptions/{query}").context["rows"]]


def urgency(case: ExceptionCase, *, priority: int = 3, due_in: int | None = None, late_for: int | None = None) -> None:
    """Give a case its clocks, in minutes from now."""
    now = clock.now()
    due = None if due_in is None else now + timedelta(minutes=due_in)
    breached = None if late_for is None else now - timedelta(minutes=late_for)
    set_clocks({case.pk: (due, breached)}, actor=AGENT)
    ExceptionCase.objects.filter(pk=case.pk).update(priority=priority)


def test_what_is_late_stands_first_then_what_has_least_time_left_and_what_is_paused_last(
    log_in: LogIn, cases: list[ExceptionCase]
):
    wait_case(cases[0].pk, on="customer", actor=AGENT)
    urgency(cases[0], priority=1)
    urgency(cases[1], priority=1, due_in=30)
    urgency(cases[2], priority=5, due_in=-1)
    urgency(cases[3], priority=1)

    assert shown(log_in(Role.AGENT)) == ["#102", "#101", "#200", "#100"]
    assert shown(log_in(Role.AGENT), "?sort=newest") == ["#200", "#102", "#101", "#100"]


def test_a_step_of_priority_weighs_as_much_as_an_hour_of_time_left(log_in: LogIn, cases: list[ExceptionCase]):
    urgency(cases[0], priority=3, due_in=30)
    urgency(cases[1], priority=1, due_in=140)
    urgency(cases[2], priority=1, due_in=160)
    urgency(cases[3], priority=5, due_in=31)

    assert shown(log_in(Role.AGENT)) == ["#101", "#100", "#102", "#200"]


def test_late_is_who_nobody_answered_and_who_has_no_clock_left_but_not_who_waits_or_was_answered(
    log_in: LogIn, cases: list[ExceptionCase]
):
    wait_case(cases[0].pk, on="customer", actor=AGENT)
    urgency(cases[0], late_for=300)
    urgency(cases[1], due_in=600, late_for=30)
    urgency(cases[2], due_in=500, late_for=200)
    ExceptionCase.objects.filter(pk=cases[2].pk).update(first_response_at=clock.now())
    urgency(cases[3], late_for=20)

    assert shown(log_in(Role.AGENT)) == ["#101", "#200", "#102", "#100"]


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ("?type=unknown_sku&sort=oldest", ["#100", "#101", "#102"]),
        ("?queue=stock", ["#200"]),
        ("?q=%23101", ["#101"]),
        ("?q=nobody-knows-2", ["#102"]),
        ("?clock=late", ["#100"]),
        ("?clock=soon", ["#101"]),
        ("?clock=paused&sort=oldest", ["#102", "#200"]),
        ("?owner=me", ["#102"]),
        ("?state=waiting", ["#100"]),
        ("?waiting=customer", ["#100"]),
        ("?least=600", ["#200"]),
        ("?country=gb&channel=api&type=unknown_sku&q=%23102", ["#102"]),
        ("?state=resolved", []),
        ("?state=nonsense&clock=nonsense&sort=nonsense&least=-1&q=%23101", ["#101"]),
    ],
)
def test_each_filter_narrows_the_list(log_in: LogIn, cases: list[ExceptionCase], query: str, numbers: list[str]):
    now = clock.now()
    clocks = {cases[0].pk: (now - timedelta(minutes=1), None), cases[1].pk: (now + timedelta(minutes=30), None)}
    set_clocks(clocks, actor=AGENT)
    wait_case(cases[0].pk, on="customer", actor=AGENT)
    client = log_in(Role.AGENT, username="me")
    assign_cases([cases[2].pk], owner=User.objects.get(username="me"), actor=AGENT)

    assert shown(client, query) == numbers


def test_tabs_count_what_stands_in_each_queue(log_in: LogIn, cases: list[ExceptionCase]):
    tabs = {tab.label: tab.count for tab in log_in(Role.AGENT).get("/exceptions/").context["tabs"]}

    assert tabs["All"] == tabs["Unassigned"] == 4
    assert tabs["Stock"] == 1
    assert tabs["Mine"] == 0


def test_the_list_answers_nothing_while_nothing_changed(log_in: LogIn, cases: list[ExceptionCase]):
    client = log_in(Role.AGENT)
    seen = client.get("/exceptions/").context["pulse"]
    assert client.get("/exceptions/", {"seen": seen}).status_code == 204

    set_clocks({cases[0].pk: (None, clock.now())}, actor=AGENT)

    assert client.get("/exceptions/", {"seen": seen}).status_code == 200


def test_a_shared_view_is_everybodys_tab_and_only_its_owner_deletes_it(log_in: LogIn, cases: list[ExceptionCase]):
    owner, other = log_in(Role.LEAD), log_in(Role.AGENT)
    fields = {"page": "cases", "query": "clock=late"}
    owner.post("/views/save/", {**fields, "name": "Late ones", "shared": "1"})
    owner.post("/views/save/", {**fields, "name": "My own"})

    assert "Late ones" in other.get("/exceptions/").content.decode()
    assert "My own" not in other.get("/exceptions/").content.decode()
    other.post(f"/views/{SavedView.objects.get(shared=True).pk}/delete/")
    assert SavedView.objects.count() == 2


def test_playing_passes_over_what_waits_and_what_a_colleague_has(log_in: LogIn, cases: list[ExceptionCase]):
    wait_case(cases[0].pk, on="customer", actor=AGENT)
    assign_cases([cases[1].pk], owner=UserFactory(), actor=AGENT)
    client = log_in(Role.AGENT)

    first = client.get("/exceptions/play/", {"type": "unknown_sku"})
    assert first.url == f"/exceptions/{cases[2].public_id}/?type=unknown_sku&play=1"

    last = client.get("/exceptions/play/", {"type": "unknown_sku", "done": cases[2].public_id}, follow=True)
    assert "Nothing is left to do in this list." in last.content.decode()


@pytest.mark.parametrize("sort", ["", "oldest", "newest", "value", "active"])
def test_next_and_previous_walk_the_whole_list_and_back(log_in: LogIn, cases: list[ExceptionCase], sort: str):
    wait_case(cases[0].pk, on="customer", actor=AGENT)
    urgency(cases[1], priority=1, due_in=30)
    urgency(cases[3], priority=5, due_in=-30)
    client = log_in(Role.AGENT)
    query = {"sort": sort} if sort else {}
    order = [row.case.public_id for row in client.get("/exceptions/", query).context["rows"]]

    def walk(ref: str, way: str) -> str:
        return str(client.get(reverse("console:case_step", args=[ref, way]), query).url.split("/")[2])

    assert [walk(ref, "next") for ref in order[:-1]] == order[1:]
    assert [walk(ref, "previous") for ref in order[1:]] == order[:-1]
    assert walk(order[-1], "next") == order[-1]


def bulk(client: Client, cases: list[ExceptionCase], verb: str, **fields: Any) -> str:
    posted = {"case": [case.public_id for case in cases], "verb": verb, **fields}
    return str(client.post("/exceptions/bulk/", {**posted, "next": "/exceptions/"}, follow=True).content.decode())


def test_several_are_given_to_somebody_and_moved(log_in: LogIn, cases: list[ExceptionCase]):
    dana = UserFactory(first_name="Dana")

    text = bulk(log_in(Role.LEAD), cases[:2], "assign", owner=dana.public_id, queue="stock")

    assert "2 cases assigned." in text
    assert set(ExceptionCase.objects.filter(owner=dana, queue=Queue.objects.get(code="stock"))) == set(cases[:2])


def test_several_are_put_aside_until_tomorrow_morning_where_the_agent_sits(log_in: LogIn, cases: list[ExceptionCase]):
    bulk(log_in(Role.AGENT), cases[:2], "snooze:tomorrow", zone="America/New_York")

    moments = {case.wait_until.hour for case in ExceptionCase.objects.filter(state="waiting") if case.wait_until}
    assert moments <= {13, 14}
    assert ExceptionCase.objects.filter(state="waiting").count() == 2


def test_unlike_cases_are_not_resolved_alike(log_in: LogIn, cases: list[ExceptionCase]):
    assert "choose cases of one type" in bulk(log_in(Role.AGENT), cases, "close", resolution="Done")
    assert not ExceptionCase.objects.filter(state="resolved").exists()


def test_alike_cases_are_closed_with_the_same_words_and_one_that_ended_says_so(
    log_in: LogIn, cases: list[ExceptionCase]
):
    client = log_in(Role.AGENT)
    for case in cases:
        without_hold(case)
    bulk(client, cases[:1], "close", resolution="Called the shop")

    text = bulk(client, cases[:3], "close", resolution="Called the shop")

    assert "2 cases resolved." in text
    assert "The case is resolved already." in text


def test_each_ones_recommendation_is_applied_with_time_to_take_it_back(log_in: LogIn, cases: list[ExceptionCase]):
    bulk(log_in(Role.LEAD), cases[3:], "recommended")

    action = CaseAction.objects.get()
    assert (action.state, action.recommended, action.case_id) == ("chosen", True, cases[3].pk)
    assert action.due_at > clock.now()


def test_choosing_nothing_or_something_odd_is_told(log_in: LogIn, cases: list[ExceptionCase]):
    client = log_in(Role.AGENT)
    assert "Choose between one and" in bulk(client, [], "take")
    for verb in ("destroy", "snooze:never", "assign", "close"):
        bulk(client, cases[:1], verb)
    assert ExceptionCase.objects.filter(state="open", owner__isnull=True).count() == 4


def test_the_export_holds_the_filtered_cases_and_runs_no_formula(log_in: LogIn, cases: list[ExceptionCase]):
    ExceptionCase.objects.filter(pk=cases[0].pk).update(sentence='=HYPERLINK("http://x")')
    answer = log_in(Role.AGENT).get("/exceptions/export.csv", {"type": "unknown_sku", "sort": "newest"})
    text = b"".join(answer.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]

    rows = list(csv.DictReader(io.StringIO(text)))
    assert [row["order"] for row in rows] == ["#102", "#101", "#100"]
    assert rows[2]["problem"].startswith("'=HYPERLINK")
    assert rows[0]["value_at_risk"] == "10.00"


SORTS = ["", "oldest", "newest", "value", "active"]


def walked(client: Client, query: str, way: str) -> list[list[str]]:
    """The cases of this page and of each one further on."""
    pages = []
    while query:
        context = client.get(f"/exceptions/{query}").context
        pages.append([row.case.public_id for row in context["rows"]])
        query = getattr(context["sheet"], way)
    return pages


@pytest.mark.parametrize("sort", SORTS)
def test_pages_skip_no_case_and_show_none_twice_while_others_come_and_go(
    log_in: LogIn, cases: list[ExceptionCase], sort: str, monkeypatch: pytest.MonkeyPatch
):
    wait_case(cases[0].pk, on="customer", actor=AGENT)
    urgency(cases[2], priority=5, due_in=-1)
    client = log_in(Role.AGENT)
    whole = [row.case.public_id for row in client.get("/exceptions/", {"sort": sort}).context["rows"]]
    monkeypatch.setattr("apps.console.cases.listing.SIZE", 2)

    first = client.get("/exceptions/", {"sort": sort, "country": "GB"}).context
    # One ends that was seen already, at whose place the next page begins; others come.
    without_hold(first["rows"][1].case)
    resolve_case(first["rows"][1].case.public_id, resolution="No problem.", dismiss=True, actor=AGENT)
    for number in range(3):
        make_order(lines={f"NEW-{number}": 1}, external_number=f"#30{number}")
    work_it_off()
    onward = walked(client, first["sheet"].next, "next")

    seen = [row.case.public_id for row in first["rows"]] + [ref for page in onward for ref in page]
    assert [ref for ref in seen if ref in whole] == whole
    assert len(seen) == len(set(seen))


@pytest.mark.parametrize("sort", SORTS)
def test_the_pages_back_are_the_pages_there_and_keep_the_filters(
    log_in: LogIn, cases: list[ExceptionCase], sort: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("apps.console.cases.listing.SIZE", 1)
    client = log_in(Role.AGENT)
    start = f"?sort={sort}&type=unknown_sku"

    there = walked(client, start, "next")
    last = client.get(f"/exceptions/{start}").context["sheet"].next
    last = client.get(f"/exceptions/{last}").context["sheet"].next

    assert [len(page) for page in there] == [1, 1, 1]
    assert walked(client, last, "previous") == there[::-1]
    assert "type=unknown_sku" in last
    page = client.get(f"/exceptions/{last}").content.decode()
    assert 'rel="prev" data-key="b" aria-keyshortcuts="b"' in page
    assert 'rel="next"' not in page


@pytest.mark.parametrize("place", ["after=nonsense", "before=", "after=1&before=1", "page=7"])
def test_a_place_that_makes_no_sense_is_the_first_page(log_in: LogIn, cases: list[ExceptionCase], place: str):
    assert shown(log_in(Role.AGENT), f"?sort=oldest&{place}") == ["#100", "#101", "#102", "#200"]


def test_a_place_of_one_sort_order_means_nothing_to_another(
    log_in: LogIn, cases: list[ExceptionCase], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("apps.console.cases.listing.SIZE", 3)
    client = log_in(Role.AGENT)
    next_ = client.get("/exceptions/?sort=oldest").context["sheet"].next

    assert shown(client, next_) == ["#200"]
    assert shown(client, next_.replace("sort=oldest", "sort=active")) == ["#200", "#102", "#101"]


def test_a_page_whose_cases_are_all_done_shows_the_first_page(
    log_in: LogIn, cases: list[ExceptionCase], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("apps.console.cases.listing.SIZE", 3)
    client = log_in(Role.AGENT)
    next_ = client.get("/exceptions/?sort=oldest").context["sheet"].next
    without_hold(cases[3])
    resolve_case(cases[3].public_id, resolution="No problem.", dismiss=True, actor=AGENT)

    assert shown(client, next_) == ["#100", "#101", "#102"]


@pytest.mark.parametrize("sort", SORTS)
def test_the_export_stands_in_the_order_of_the_page_however_many_chunks_it_takes(
    log_in: LogIn, cases: list[ExceptionCase], sort: str, monkeypatch: pytest.MonkeyPatch
):
    wait_case(cases[0].pk, on="customer", actor=AGENT)
    urgency(cases[2], priority=5, due_in=-1)
    monkeypatch.setattr("apps.console.cases.listing.CHUNK", 1)
    client = log_in(Role.AGENT)

    answer = client.get("/exceptions/export.csv", {"sort": sort})
    text = b"".join(answer.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]

    assert [row["order"] for row in csv.DictReader(io.StringIO(text))] == shown(client, f"?sort={sort}")


def test_a_store_manager_sees_the_cases_of_the_own_node_and_no_others(log_in: LogIn, cases: list[ExceptionCase]):
    ExceptionCase.objects.filter(pk=cases[0].pk).update(node="york")
    client = log_in(Role.MANAGER, nodes=["york"])

    assert "#100" in shown(client)
    assert "#101" not in shown(client)
    assert client.get(reverse("console:case", args=[cases[1].public_id])).status_code == 404
    client.post("/exceptions/bulk/", {"case": [cases[1].public_id], "verb": "take"})
    assert ExceptionCase.objects.get(pk=cases[1].pk).owner is None


def test_who_only_reads_finds_no_buttons_and_is_refused(log_in: LogIn, cases: list[ExceptionCase]):
    client = log_in(Role.INTEGRATOR)
    if client.get("/exceptions/").status_code == 403:
        return
    assert "bulk-bar" not in client.get("/exceptions/").content.decode()
    assert client.post("/exceptions/bulk/", {"case": [cases[0].public_id], "verb": "take"}).status_code == 403
