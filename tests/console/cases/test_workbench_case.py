"""The page of one case: what it shows, what is done from it, saves that come too late, what can be taken back."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse

from apps.accounts.models import Role, User
from apps.casework.models import CaseAction, CaseComment, ExceptionCase
from apps.casework.services import assign_cases, escalate_due, set_priority, take_case, watch_case
from apps.console.cases.clock import clock_of
from apps.console.cases.views import NO_NEWS
from apps.core import clock
from apps.core.actor import Actor
from apps.core.models import Event
from apps.network.models import Node
from tests.console.casepages import again, post, text_of, without_hold
from tests.console.conftest import LogIn
from tests.driving import work_it_off
from tests.factories import AGENT, UserFactory

pytestmark = pytest.mark.django_db


def test_one_screen_has_the_problem_the_goods_the_stock_the_customer_and_the_playbook(
    log_in: LogIn, case: ExceptionCase
):
    text = text_of(log_in(Role.AGENT), case)

    for part in (
        case.sentence,
        "Recommended",
        "Playbook",
        "Pat",
        "#99",
        "What happened",
        Node.objects.get(code="york").name,
    ):
        assert part in text


def test_the_recommendation_stands_first_and_what_is_not_allowed_says_why(log_in: LogIn, case: ExceptionCase):
    page = log_in(Role.AGENT).get(reverse("console:case", args=[case.public_id])).context["page"]

    assert page.recommended is not None
    assert page.recommended.code == "map_sku"
    assert page.recommended not in page.possible
    assert all(option.why_not for option in page.refused)


def test_taking_makes_it_mine_and_a_colleagues_is_not_taken_away_unseen(log_in: LogIn, case: ExceptionCase):
    client = log_in(Role.AGENT, username="first")
    post(client, case, "take")
    assert str(again(case).owner) == "first"

    refused = post(log_in(Role.AGENT), case, "take")
    assert refused.status_code == 302
    assert str(again(case).owner) == "first"


def test_taking_is_offered_until_it_is_ones_own_and_begun(log_in: LogIn, case: ExceptionCase):
    client = log_in(Role.AGENT, username="me")
    door = reverse("console:case_take", args=[case.public_id])
    assert door in text_of(client, case)
    assign_cases([case.pk], owner=User.objects.get(username="me"), actor=AGENT)
    assert "Begin<kbd>A</kbd>" in text_of(client, case)

    post(client, case, "take")
    assert door not in text_of(client, case)

    post(client, case, "snooze", until="customer", version=str(again(case).version))
    assert "Resume<kbd>A</kbd>" in text_of(client, case)
    assert "Take<kbd>A</kbd>" in text_of(log_in(Role.AGENT), case)


@pytest.mark.parametrize("verb", ["resolve", "choose"])
def test_who_settles_what_nobody_had_is_its_owner(log_in: LogIn, case: ExceptionCase, verb: str):
    client = log_in(Role.AGENT, username="me")
    fields = {"resolution": "Called", "code": "handled_outside", "p.what": "Called the shop"}
    post(client, without_hold(case), verb, **fields, version=str(case.version))
    with clock.frozen(clock.now() + timedelta(minutes=1)):
        work_it_off()

    assert again(case).state == "resolved"
    assert str(again(case).owner) == "me"
    assert "Unassigned</span>" not in text_of(client, case)


def test_who_heard_the_bell_says_so_and_it_starts_over(log_in: LogIn, case: ExceptionCase):
    agent = log_in(Role.AGENT)
    assert 'id="acknowledge"' not in text_of(agent, case)
    rings_at = again(case).next_escalation_at
    assert rings_at is not None
    with clock.frozen(rings_at):
        escalate_due()
        asked = text_of(agent, case)
        assert "escalated 1 time" in asked
        # Beside the recommendation it is no second primary button.
        assert 'class="btn" id="acknowledge"' in asked
        post(agent, case, "acknowledge")

    after = again(case)
    assert after.acknowledged_at == rings_at
    assert after.next_escalation_at is not None
    assert after.next_escalation_at > rings_at
    assert 'id="acknowledge"' not in text_of(agent, case)


def test_owner_queue_and_priority_are_set_at_once(log_in: LogIn, case: ExceptionCase):
    dana = UserFactory(first_name="Dana")
    post(
        log_in(Role.LEAD), case, "assign", owner=dana.public_id, queue="stock", priority="1", version=str(case.version)
    )

    now = again(case)
    assert (now.owner, now.queue.code if now.queue else "", now.priority) == (dana, "stock", 1)


def test_a_stale_save_changes_nothing_says_what_changed_and_keeps_what_was_typed(log_in: LogIn, case: ExceptionCase):
    client, seen = log_in(Role.AGENT), case.version
    dana = UserFactory(first_name="Dana", last_name="Reyes")
    assign_cases([case.pk], owner=dana, actor=AGENT)
    set_priority([case.pk], priority=1, actor=AGENT)

    without_hold(case)
    answer = post(client, case, "resolve", verb="resolve", resolution="I called the shop, it is A", version=str(seen))

    text = answer.content.decode()
    assert answer.status_code == 412
    assert again(case).state == "open"
    assert "I called the shop, it is A" in text
    changes = {change.label: (change.before, change.after) for change in answer.context["stale"].changes}
    assert changes == {"Owner": ("nobody", "Dana Reyes"), "Priority": ("3", "1")}

    post(
        client,
        case,
        "resolve",
        verb="resolve",
        resolution="I called the shop, it is A",
        version=str(again(case).version),
    )
    assert again(case).resolution == "I called the shop, it is A"


@pytest.mark.parametrize("verb", ["snooze", "assign", "merge", "choose"])
def test_every_other_save_is_held_against_the_version_too(log_in: LogIn, case: ExceptionCase, verb: str):
    other = ExceptionCase.objects.create(type="no_stock", subject_ref="x", sentence="Another", order=case.order)
    fields = {"until": "hour", "priority": "1", "into": other.public_id, "code": "wait", "p.on": "customer"}

    answer = post(log_in(Role.AGENT), case, verb, **fields, version=str(case.version - 1))

    assert answer.status_code == 412
    assert again(case).state == "open"
    assert again(case).priority == 3


@pytest.mark.parametrize(
    ("verb", "field", "value", "said"),
    [
        ("snooze", "until", "hour", "Comes back: In an hour"),
        ("assign", "owner", "nobody", "Owner: Unassigned"),
        ("assign", "queue", "stock", "Queue: Stock"),
    ],
)
def test_what_a_stale_save_was_about_is_said_in_the_words_of_its_form(
    log_in: LogIn, case: ExceptionCase, verb: str, field: str, value: str, said: str
):
    answer = post(log_in(Role.AGENT), case, verb, **{field: value}, version=str(case.version - 1))

    assert said in answer.content.decode()
    assert f'name="{field}" value="{value}"' in answer.content.decode()
    assert again(case).version == case.version


def test_a_resolution_waits_ten_seconds_and_is_taken_back(log_in: LogIn, case: ExceptionCase):
    client = log_in(Role.AGENT)
    fields = {
        "code": "map_sku",
        "p.code": "NOBODY-KNOWS",
        "p.sku": "B",
        "recommended": "1",
        "version": str(case.version),
    }
    post(client, case, "choose", **fields)
    action = CaseAction.objects.get()
    left = (action.due_at - clock.now()).total_seconds()
    assert 8 < left <= 10
    assert (action.state, action.recommended) == ("chosen", True)
    assert client.get("/exceptions/").context["undo"].action == action

    client.post(reverse("console:case_undo", args=[action.public_id]))

    assert CaseAction.objects.get().state == "undone"
    assert again(case).state == "open"
    assert client.get("/exceptions/").context["undo"] is None


def test_what_was_done_already_is_not_taken_back_and_says_so(log_in: LogIn, case: ExceptionCase):
    client = log_in(Role.AGENT)
    post(client, case, "choose", code="map_sku", **{"p.code": "NOBODY-KNOWS", "p.sku": "B"})
    action = CaseAction.objects.get()
    CaseAction.objects.update(state="done")

    answer = client.post(reverse("console:case_undo", args=[action.public_id]), {"next": "/exceptions/"}, follow=True)

    assert "can&#39;t be taken back" in answer.content.decode()
    assert CaseAction.objects.get().state == "done"


def test_while_playing_a_settled_case_leads_to_the_next_one(log_in: LogIn, case: ExceptionCase):
    client = log_in(Role.AGENT)
    fields = {"code": "map_sku", "p.code": "NOBODY-KNOWS", "p.sku": "B", "play": "1", "list": "type=unknown_sku&evil=1"}

    answer = post(client, case, "choose", **fields)

    assert answer.url == f"/exceptions/play/?type=unknown_sku&done={case.public_id}"


def test_the_effect_is_shown_before_anything_is_done(log_in: LogIn, case: ExceptionCase):
    client, address = log_in(Role.AGENT), reverse("console:case_look_ahead", args=[case.public_id])
    events = Event.objects.count()

    good = client.get(address, {"code": "map_sku", "p.code": "NOBODY-KNOWS", "p.sku": "B"}).content.decode()
    bad = client.get(address, {"code": "map_sku", "p.code": "NOBODY-KNOWS", "p.sku": "NONE-SUCH"}).content.decode()
    odd = client.get(address, {"code": "explode"}).content.decode()

    assert "Not possible" not in good
    assert "Not possible" in bad
    assert "Not possible" in odd
    assert Event.objects.count() == events


def test_a_case_is_merged_into_another_or_only_linked(log_in: LogIn, case: ExceptionCase):
    other = ExceptionCase.objects.create(type="no_stock", subject_ref="x", sentence="Another", order=case.order)
    client = log_in(Role.AGENT)
    assert other.sentence in text_of(client, case)

    post(client, case, "merge", into=other.public_id, verb="link")
    assert again(case).state == "open"
    assert "Linked" in text_of(client, case)

    post(client, case, "merge", into=other.public_id, verb="merge")
    assert again(case).merged_into == other


def test_a_case_is_put_aside_with_a_note(log_in: LogIn, case: ExceptionCase):
    post(log_in(Role.AGENT), case, "snooze", until="customer", note="I wrote to her", version=str(case.version))

    assert (again(case).state, again(case).waiting_on) == ("waiting", "customer")
    assert CaseComment.objects.get().body == "I wrote to her"


def test_a_comment_tells_who_is_mentioned_and_comes_back_as_text(log_in: LogIn, case: ExceptionCase):
    dana = UserFactory(username="dana")
    client = log_in(Role.AGENT)

    answer = post(client, case, "comment", body="@dana look: <script>alert(1)</script>")

    comment = CaseComment.objects.get()
    assert list(comment.mentions.all()) == [dana]
    assert f"said={comment.public_id}#{comment.public_id}" in answer.url
    text = text_of(client, case)
    assert "&lt;script&gt;alert(1)" in text
    assert "<script>alert" not in text


def test_a_clock_that_stands_still_does_not_go_on_counting_how_late_it_was():
    now = clock.now()
    waiting = ExceptionCase(state="waiting", next_due_at=None, breached_at=now - timedelta(hours=18))

    assert clock_of(waiting, now).label == clock_of(waiting, now + timedelta(hours=1)).label == "Paused, was late"
    assert clock_of(ExceptionCase(state="waiting", next_due_at=None), now).label == "Paused"
    assert clock_of(ExceptionCase(state="open", next_due_at=None, breached_at=now), now).label.startswith("Late by")


def test_that_a_colleague_does_not_see_the_case_is_said_and_they_are_not_told(log_in: LogIn, case: ExceptionCase):
    UserFactory(username="maya", first_name="Maya", last_name="Lindqvist", nodes=["another-store"])
    client = log_in(Role.AGENT)

    answer = client.post(f"/exceptions/{case.public_id}/comment/", {"body": "@maya can you look?"}, follow=True)

    assert "this is about a store that Maya Lindqvist does not see: not notified" in answer.content.decode()


def test_a_buttons_address_opened_as_a_page_leads_to_its_case(log_in: LogIn, case: ExceptionCase):
    answer = log_in(Role.AGENT).get(f"/exceptions/{case.public_id}/choose/")

    assert (answer.status_code, answer.url) == (302, f"/exceptions/{case.public_id}/")


def test_what_is_put_aside_is_said_with_its_order(log_in: LogIn, case: ExceptionCase):
    client = log_in(Role.AGENT)
    answer = client.post(
        f"/exceptions/{case.public_id}/snooze/", {"until": "hour", "version": str(case.version)}, follow=True
    )

    assert case.order is not None
    assert f"{case.order.number}: put aside. It comes back automatically." in answer.content.decode()


def test_a_name_nobody_has_is_said_and_the_comment_is_kept(log_in: LogIn, case: ExceptionCase):
    dana = UserFactory(username="dana")
    UserFactory(username="gone", is_active=False)
    body = "@Dana and @dnaa and @gone: <b> write to pat@example.org"

    answer = log_in(Role.AGENT).post(
        reverse("console:case_comment", args=[case.public_id]), {"body": body}, follow=True
    )

    assert list(CaseComment.objects.get().mentions.all()) == [dana]
    assert "nobody here is called @dnaa, @gone: they were not notified" in answer.content.decode()
    assert CaseComment.objects.get().body == body


def test_colleagues_who_have_it_open_are_named(log_in: LogIn, case: ExceptionCase):
    dana = UserFactory(first_name="Dana", last_name="Reyes")
    watch_case(case.pk, user=dana)
    client = log_in(Role.AGENT)

    answer = client.post(reverse("console:case_presence", args=[case.public_id]))

    assert answer.content.decode().strip() == "Dana Reyes is here"
    assert "Dana Reyes is here" in text_of(client, case)


def test_the_page_answers_nothing_while_nothing_changed(log_in: LogIn, case: ExceptionCase):
    client, address = log_in(Role.AGENT), reverse("console:case", args=[case.public_id])
    seen = client.get(address).context["pulse"]
    assert client.get(address, {"seen": seen}).status_code == 204

    take_case(case.pk, user=User.objects.first() or UserFactory(), actor=AGENT)

    assert client.get(address, {"seen": seen}).status_code == 200


def test_ones_own_comment_is_no_news_to_oneself_but_to_colleagues_and_what_else_happens_is(
    log_in: LogIn, case: ExceptionCase
):
    me, colleague = log_in(Role.AGENT, username="me"), log_in(Role.AGENT)
    address = reverse("console:case", args=[case.public_id])
    seen = me.get(address).context["pulse"]

    post(me, case, "comment", body="I will call them")
    work_it_off()
    assert NO_NEWS in me.get(address, {"seen": seen})
    assert NO_NEWS not in colleague.get(address, {"seen": seen})

    seen = me.get(address).context["pulse"]
    post(me, case, "comment", body="Nobody there")
    post(colleague, case, "comment", body="I will try")
    assert NO_NEWS not in me.get(address, {"seen": seen})

    seen = me.get(address).context["pulse"]
    set_priority([case.pk], priority=1, actor=Actor("staff", User.objects.get(username="me").public_id))
    assert NO_NEWS not in me.get(address, {"seen": seen})
    for nonsense in ("x", "1-2-3-4-5-6", "1-²-0-0-0", f"{again(case).version}-{'9' * 40}-0-0-0"):
        assert me.get(address, {"seen": nonsense}).status_code == 200


def test_the_number_of_statements_does_not_grow_with_the_story(
    log_in: LogIn, case: ExceptionCase, django_assert_max_num_queries: Any
):
    client, address = log_in(Role.AGENT), reverse("console:case", args=[case.public_id])
    for number in range(20):
        post(client, case, "comment", body=f"Note {number}")

    with django_assert_max_num_queries(50):
        client.get(address)


def test_an_ended_case_offers_nothing_more(log_in: LogIn, case: ExceptionCase):
    client = log_in(Role.AGENT)
    post(client, without_hold(case), "resolve", resolution="Not ours")

    text = text_of(client, case)

    assert "Not ours" in text
    assert "Recommended" not in text
    assert "snooze-dialog" not in text
