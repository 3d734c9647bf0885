"""Working on cases from outside: by the same rules as on the screens."""

from __future__ import annotations

from datetime import timedelta

import pytest

from apps.casework.models import CaseAction, CaseKind, CaseLink, ExceptionCase, Queue, ResolutionRule
from apps.casework.services import Problem, open_case
from apps.core import clock
from apps.core.models import Event
from tests.api.staff_door import StaffDoor
from tests.casework.resolutions.settling import let
from tests.factories import AGENT, NodeFactory, UserFactory, make_order

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("shop")]


def make_case(kind: str = "no_stock", **changes: object) -> ExceptionCase:
    order = make_order()
    given = {"sentence": "Nothing left.", "order_id": order.pk, "stream": order.public_id, **changes}
    return open_case(Problem(kind, order.public_id, **given), actor=AGENT)  # type: ignore[arg-type]


def tag(case: ExceptionCase) -> str:
    return f'"{ExceptionCase.objects.get(pk=case.pk).version}"'


def test_a_case_shows_what_the_queue_page_shows(api):
    case = make_case(node="N1", value_minor=2500)

    answer = api.get(f"exceptions/{case.public_id}")

    assert answer.headers["ETag"] == tag(case)
    shown = answer.data
    assert (shown["node"], shown["value_at_risk"], shown["owner"], shown["priority"]) == (
        "N1",
        2500,
        None,
        case.priority,
    )
    assert (shown["channel"], shown["country"], shown["currency"]) == ("api", "GB", "GBP")


def test_cases_are_found_by_queue_owner_node_and_being_nobodys(api):
    queue, user = Queue.objects.create(code="desk", name="Desk"), UserFactory()
    mine, others = make_case(), make_case(node="N1")
    ExceptionCase.objects.filter(pk=mine.pk).update(queue=queue, owner=user)

    def found(query: str) -> list[str]:
        return [one["id"] for one in api.get(f"exceptions?{query}").data["items"]]

    assert found("queue=desk") == found(f"owner={user.public_id}") == found("unowned=false") == [mine.public_id]
    assert found("node=N1") == found("unowned=true") == [others.public_id]
    assert found("type=no_stock&sort=-value_at_risk") in (
        [mine.public_id, others.public_id],
        [others.public_id, mine.public_id],
    )
    assert found("type=gift_note") == []


@pytest.mark.parametrize("query", ["queue__code=desk", "owner__password__startswith=a", "sort=owner", "state=lost"])
def test_bad_input_20_an_unknown_filter_or_sort_is_400(api, query):
    assert api.get(f"exceptions?{query}").status_code == 400


def test_a_case_is_given_moved_and_made_urgent(api):
    case, user = make_case(), UserFactory()
    Queue.objects.create(code="desk", name="Desk")

    answer = api.patch(
        f"exceptions/{case.public_id}", {"owner": user.public_id, "queue": "desk", "priority": 1}, match=tag(case)
    )

    assert (answer.data["owner"], answer.data["queue"], answer.data["priority"]) == (user.public_id, "desk", 1)
    assert answer.headers["ETag"] == tag(case)
    again = api.patch(f"exceptions/{case.public_id}", {"owner": None}, match=tag(case))
    assert (again.data["owner"], again.data["queue"]) == (None, "desk")


@pytest.mark.parametrize("field", ["state", "id", "sentence", "version", "resolution", "value_at_risk"])
def test_bad_input_23_what_is_read_only_is_422(api, field):
    case = make_case()

    answer = api.patch(f"exceptions/{case.public_id}", {field: "x"}, match=tag(case))

    assert (answer.status_code, answer.data["errors"][0]["code"]) == (422, "read_only")


@pytest.mark.parametrize(
    "body", [{"owner": "usr_nobody"}, {"queue": "nowhere"}, {"priority": 9}, {}, {"colour": "red"}]
)
def test_a_change_to_what_does_not_exist_is_422(api, body):
    case = make_case()

    assert api.patch(f"exceptions/{case.public_id}", body, match=tag(case)).status_code == 422


def test_bad_input_24_without_if_match_428_and_with_a_stale_one_412(api):
    case = make_case()
    path = f"exceptions/{case.public_id}"
    assert api.patch(path, {"priority": 1}).status_code == 428

    answer = api.patch(path, {"priority": 1}, match='"99"')

    assert (answer.status_code, answer.data["code"], answer.headers["ETag"]) == (412, "stale_version", tag(case))
    assert api.post(f"{path}/resolve", {"resolution": "x"}, match='"99"').status_code == 412
    assert api.post(f"{path}/resolutions/wait", {}).status_code == 428


def test_comments_are_written_and_read_and_change_no_version(api):
    case, dana = make_case(), UserFactory(username="dana")
    before = tag(case)

    answer = api.post(f"exceptions/{case.public_id}/comments", {"body": "Ask <b>@dana</b>."})

    assert (answer.status_code, answer.data["mentions"], answer.data["body"]) == (
        201,
        [dana.public_id],
        "Ask <b>@dana</b>.",
    )
    assert api.get(f"exceptions/{case.public_id}/comments").data["items"] == [answer.data]
    assert tag(case) == before
    assert api.post(f"exceptions/{case.public_id}/comments", {"body": ""}).status_code == 422


def test_a_case_waits_and_is_resumed(api):
    case, until = make_case(), clock.now() + timedelta(hours=2)

    waiting = api.post(
        f"exceptions/{case.public_id}/wait", {"on": "customer", "until": until.isoformat(), "note": "mailed them"}
    )
    assert (waiting.data["state"], waiting.data["waiting_on"]) == ("waiting", "customer")
    resumed = api.post(f"exceptions/{case.public_id}/resume")

    assert (resumed.status_code, resumed.data["state"], resumed.data["waiting_on"]) == (200, "open", "")


@pytest.mark.parametrize(
    "body", [{"on": "approval"}, {"on": "time"}, {"on": "time", "until": "2026-01-31T12:00:00"}, {"on": "time", "until": "2001-01-01T00:00:00Z"}]
)  # fmt: skip
def test_bad_input_28_waiting_for_nothing_or_for_the_past_is_422(api, body):
    assert api.post(f"exceptions/{make_case().public_id}/wait", body).status_code == 422


def test_bad_input_25_resuming_what_does_not_wait_is_409_and_says_what_may_be_done(api):
    answer = api.post(f"exceptions/{make_case().public_id}/resume")

    assert (answer.status_code, answer.data["code"]) == (409, "illegal_transition")
    assert {"resolve", "wait"} <= set(answer.data["allowed_transitions"])


def test_cases_are_merged_and_linked(api):
    into, other, third = make_case(), make_case(), make_case()

    answer = api.post(f"exceptions/{into.public_id}/merge", {"others": [other.public_id]}, match=tag(into))
    assert (answer.status_code, answer.data["occurrences"]) == (200, 2)
    assert api.get(f"exceptions/{other.public_id}").data["merged_into"] == into.public_id
    assert api.post(f"exceptions/{into.public_id}/link", {"other": third.public_id}).status_code == 200
    assert CaseLink.objects.count() == 2
    assert api.post(f"exceptions/{into.public_id}/merge", {"others": [third.public_id]}, match='"1"').status_code == 412
    assert api.get(f"exceptions/{third.public_id}").data["state"] == "open"


def test_seeing_a_case_is_noted(api):
    case = make_case()

    assert api.post(f"exceptions/{case.public_id}/acknowledge").data["first_response_at"] is not None
    assert Event.objects.filter(name="case.acknowledged").exists()


def test_the_options_come_with_their_effects_and_looking_changes_nothing(api):
    case = make_case()
    before = (tag(case), Event.objects.count())

    shown = api.get(f"exceptions/{case.public_id}/resolutions").data

    codes = [one["code"] for one in shown["items"]]
    assert {"cancel_order", "wait", "handled_outside"} <= set(codes)
    assert sum(one["recommended"] for one in shown["items"]) <= 1
    cancel = next(one for one in shown["items"] if one["code"] == "cancel_order")
    assert cancel["effect"]["at_stake"] > 0
    assert (tag(case), Event.objects.count()) == before


def test_a_dry_run_tells_the_effect_and_changes_nothing(api):
    case = make_case()
    before = (tag(case), Event.objects.count())
    until = (clock.now() + timedelta(days=1)).isoformat()

    answer = api.post(
        f"exceptions/{case.public_id}/resolutions/wait/preview", {"params": {"on": "time", "until": until}}
    )

    assert (answer.status_code, bool(answer.data["sentence"])) == (200, True)
    assert (tag(case), Event.objects.count()) == before


def test_a_resolution_is_done_at_once(api):
    case = make_case()

    answer = api.post(
        f"exceptions/{case.public_id}/resolutions/handled_outside", {"params": {"what": "by phone"}}, match=tag(case)
    )

    assert (answer.status_code, answer.data["action"]["state"]) == (200, "done")
    assert api.get(f"exceptions/{case.public_id}").data["state"] == "resolved"


def test_a_resolution_can_be_taken_back_within_its_seconds(api):
    case = make_case()
    path = f"exceptions/{case.public_id}/resolutions/handled_outside"
    chosen = api.post(path, {"params": {"what": "by phone"}, "undo_s": 10}, match=tag(case))
    assert (chosen.status_code, chosen.data["action"]["state"]) == (202, "chosen")
    ref = chosen.data["action"]["id"]

    undone = api.post(f"case-actions/{ref}/undo")

    assert (undone.status_code, undone.data["state"]) == (200, "undone")
    assert api.post(f"case-actions/{ref}/undo").data["state"] == "undone"
    assert api.get(f"case-actions/{ref}").data["state"] == "undone"
    assert api.get(f"exceptions/{case.public_id}").data["state"] == "open"


def test_the_limits_of_the_screens_hold_for_keys_too(door):
    case, agent = make_case(), door(role="agent")
    path = f"exceptions/{case.public_id}/resolutions/cancel_order"

    refused = agent.post(path, {"params": {"reason": "Out of stock"}}, match=tag(case))

    assert (refused.status_code, refused.data["code"]) == (403, "beyond_limits")
    option = next(
        one
        for one in agent.get(f"exceptions/{case.public_id}/resolutions").data["items"]
        if one["code"] == "cancel_order"
    )
    assert (option["allowed"], bool(option["why_not"])) == (False, True)
    assert not CaseAction.objects.exists()


def test_a_resolution_that_does_not_fit_is_404_and_bad_parameters_are_422(api):
    case = make_case()
    let()

    assert api.post(f"exceptions/{case.public_id}/resolutions/teleport", {}, match=tag(case)).status_code == 404
    wrong = api.post(f"exceptions/{case.public_id}/resolutions/wait", {"params": {"on": "rain"}}, match=tag(case))
    assert wrong.status_code == 422
    assert ExceptionCase.objects.get(pk=case.pk).state == "open"


def test_bad_input_22_another_stores_case_and_its_action_are_404(api, door):
    case = make_case()
    NodeFactory(code="elsewhere")
    store = door(role="manager", nodes=["elsewhere"])
    chosen = api.post(
        f"exceptions/{case.public_id}/resolutions/handled_outside",
        {"params": {"what": "x"}, "undo_s": 10},
        match=tag(case),
    )
    action = chosen.data["action"]["id"]

    for path in (f"exceptions/{case.public_id}", f"exceptions/{case.public_id}/comments", f"case-actions/{action}"):
        assert store.get(path).status_code == 404
    assert store.post(f"case-actions/{action}/undo").status_code == 404
    assert store.get("exceptions").data["items"] == []


def test_only_who_may_write_writes(door):
    case, reader = make_case(), door(scopes=["cases:read"])

    assert reader.get(f"exceptions/{case.public_id}").status_code == 200
    for path in ("comments", "resolve", "wait", "resume", "merge", "link", "acknowledge", "resolutions/wait"):
        assert reader.post(f"exceptions/{case.public_id}/{path}", {}).status_code == 403, path


def test_queues_say_how_many_stand_there_and_kinds_what_to_do(api):
    queue = Queue.objects.create(code="desk", name="Desk", position=1)
    CaseKind.objects.create(code="gift_note", name="Gift note wrong", queue=queue, reason_codes=["typo"])
    ExceptionCase.objects.filter(pk=make_case().pk).update(queue=queue)

    shown = api.get("queues").data["items"]
    kinds = api.get("case-kinds?queue=desk").data["items"]

    assert [(one["code"], one["standing"]) for one in shown] == [("desk", 1)]
    assert [(one["code"], one["reason_codes"]) for one in kinds] == [("gift_note", ["typo"])]


def test_somebody_logged_in_works_by_the_limits_of_their_role():
    case = make_case()
    ResolutionRule.objects.create(resolution="handled_outside", role="lead")
    lead, agent = StaffDoor(role="lead"), StaffDoor(role="agent")
    path = f"exceptions/{case.public_id}/resolutions/handled_outside"

    assert agent.post(path, {"params": {"what": "x"}}, match=tag(case)).status_code == 403
    assert lead.post(path, {"params": {"what": "x"}}, match=tag(case)).status_code == 200
    assert CaseAction.objects.get().actor == f"staff:{lead.user.public_id}"
