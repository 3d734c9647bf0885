"""A channel's mapping without a shell: tried on messages, published, rolled back; what was quarantined read again."""

import json
from html import unescape
from typing import Any

import pytest
from django.urls import reverse

from apps.accounts.models import Role
from apps.casework.models import ApprovalRequest
from apps.casework.services import ensure_casework
from apps.channels.models import Channel, ContractVersion, InboxMessage, Verdict
from apps.channels.services.contracts import ensure_contracts, publish_contract
from tests.console.conftest import LogIn
from tests.console.forms import Fields, fields_of
from tests.driving import work_it_off
from tests.factories import AGENT, ChannelFactory, make_policy

pytestmark = pytest.mark.django_db


@pytest.fixture
def woo(db: None) -> ContractVersion:
    ensure_contracts()
    channel = ChannelFactory(code="woo", name="Outlet", kind="woocommerce", default_currency="GBP")
    body = {
        "id": 7, "number": "7", "status": "processing", "currency": "GBP", "date_created_gmt": "2026-11-01T10:00:00",
        "date_modified_gmt": "2026-11-01T10:00:00", "total": "5.00", "total_tax": "0.00", "shipping_total": "0.00",
        "shipping_tax": "0.00", "discount_total": "0.00", "discount_tax": "0.00", "prices_include_tax": False, "refunds": [],
        "billing": {"first_name": "Canary", "last_name": "Pat", "email": "canary@example.org"},
        "shipping": {"first_name": "Canary", "address_1": "1 Row", "city": "Leeds", "postcode": "LS1 1AA", "country": "GB"},
        "shipping_lines": [], "fee_lines": [], "coupon_lines": [], "tax_lines": [], "meta_data": [],
        "line_items": [{"id": 1, "name": "Thing", "sku": "A", "quantity": 1, "subtotal": "5.00", "total": "5.00", "subtotal_tax": "0.00", "total_tax": "0.00", "price": 5, "taxes": [], "meta_data": []}],
    }  # fmt: skip
    InboxMessage.objects.create(
        channel=channel, topic="order.created", external_id="7", dedupe_key="k", body=json.dumps(body).encode()
    )
    return ContractVersion.objects.get(contract="woocommerce.order")


def sent(client: Any, row: ContractVersion, do: str, **changes: Any) -> Any:
    document = json.dumps({**row.document, **changes})
    return client.post(
        reverse("console:mapping_save", args=[row.pk]),
        {"document": document, "do": do, "reason": "The number is gone"},
        follow=True,
    )


def without(row: ContractVersion, target: str) -> list[dict[str, Any]]:
    return [field for field in row.document["fields"] if field["target"] != target]


def test_a_mapping_is_tried_on_the_messages_that_came_without_showing_what_stands_in_them(
    log_in: LogIn, woo: ContractVersion
):
    client = log_in(Role.OPERATIONS)
    assert client.get(reverse("console:mapping_edit", args=[woo.pk])).status_code == 200

    same = sent(client, woo, "try").content.decode()
    other = sent(client, woo, "try", fields=without(woo, "external_number")).content.decode()

    assert "None of the last 1 message would be read otherwise" in same
    assert "1 of the last 1 message would be read otherwise" in other
    assert "external_number" in other
    assert "read as an order → read as an order: 1 message" in other
    assert "canary" not in other.lower()
    assert ContractVersion.objects.filter(contract=woo.contract).count() == 1


def agree(client: Any, row: ApprovalRequest) -> None:
    client.post(reverse("console:approval_decide", args=[row.public_id]), {"verb": "approve", "version": row.version})


def test_a_mapping_is_proposed_approved_by_somebody_else_published_and_rolled_back(log_in: LogIn, woo: ContractVersion):
    ensure_casework()
    client = log_in(Role.OPERATIONS)

    page = sent(client, woo, "publish", fields=without(woo, "external_number")).content.decode()
    proposal = ApprovalRequest.objects.get()
    assert "external_number" in page
    assert "From the message: " in page
    assert "when_missing" not in page
    agree(client, proposal)
    assert ContractVersion.objects.get(contract=woo.contract).number == 1
    agree(log_in(Role.OPERATIONS), proposal)
    second = ContractVersion.objects.get(contract=woo.contract, active=True)
    page = client.get(reverse("console:contract", args=[woo.pk])).content.decode()
    assert "The number is gone" in page
    client.post(reverse("console:mapping_restore", args=[woo.pk]), {"reason": "It was better"})
    back = ApprovalRequest.objects.get(state="pending")
    agree(client, back)
    assert ContractVersion.objects.get(contract=woo.contract, active=True).number == 2
    agree(log_in(Role.OPERATIONS), back)

    third = ContractVersion.objects.get(contract=woo.contract, active=True)
    assert (second.number, third.number) == (2, 3)
    assert third.document["fields"] == woo.document["fields"]
    assert third.created_by.startswith("staff:")
    assert [(row.reason, row.restores) for row in (second, third)] == [
        ("The number is gone", None),
        ("It was better", 1),
    ]
    assert "Rolled back to version 1:" in client.get(reverse("console:contract", args=[third.pk])).content.decode()


def test_a_proposal_about_a_version_that_is_active_no_more_publishes_nothing(log_in: LogIn, woo: ContractVersion):
    ensure_casework()
    sent(log_in(Role.OPERATIONS), woo, "publish", fields=without(woo, "external_number"))
    publish_contract(woo.document, reason="It reads better", actor=AGENT)

    agree(log_in(Role.OPERATIONS), ApprovalRequest.objects.get())

    assert ContractVersion.objects.get(contract=woo.contract, active=True).number == 2
    assert ApprovalRequest.objects.get().state == "voided"


def test_nothing_is_proposed_without_a_reason(log_in: LogIn, woo: ContractVersion):
    client, document = log_in(Role.OPERATIONS), json.dumps({**woo.document, "title": "Other"})

    answer = client.post(reverse("console:mapping_save", args=[woo.pk]), {"document": document, "do": "publish"})

    assert answer.status_code == 422
    assert not ApprovalRequest.objects.exists()


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ("{", "is no JSON"),
        ("[]", "must be woocommerce.order"),
        ('{"contract": "shopify.order"}', "must be woocommerce.order"),
        ('{"contract": "woocommerce.order"}', "problems"),
        ("[" * 5_000, "is no JSON"),
    ],
)
def test_what_is_no_mapping_is_refused_with_every_problem_and_kept_in_the_form(
    log_in: LogIn, woo: ContractVersion, document: str, said: str
):
    client = log_in(Role.OPERATIONS)

    answer = client.post(reverse("console:mapping_save", args=[woo.pk]), {"document": document, "do": "publish"})

    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert ContractVersion.objects.filter(contract=woo.contract).count() == 1


@pytest.mark.parametrize(("role", "nodes"), [(Role.AGENT, []), (Role.LEAD, []), (Role.OPERATIONS, ["york"])])
def test_refuses_who_may_not_change_mappings(log_in: LogIn, woo: ContractVersion, role: str, nodes: list[str]):
    client = log_in(role, nodes=nodes)

    assert sent(client, woo, "publish").status_code == 403
    assert client.post(reverse("console:mapping_restore", args=[woo.pk])).status_code == 403
    assert ContractVersion.objects.filter(contract=woo.contract).count() == 1


def test_all_that_is_quarantined_in_one_channel_is_read_again_with_one_button(log_in: LogIn, woo: ContractVersion):
    other = ChannelFactory(code="other", kind="woocommerce")
    for number, channel in enumerate([Channel.objects.get(code="woo"), Channel.objects.get(code="woo"), other]):
        InboxMessage.objects.create(channel=channel, dedupe_key=f"q{number}", body=b"{}", verdict=Verdict.QUARANTINED)
    client = log_in(Role.OPERATIONS)
    assert "Read all quarantined again" in client.get("/inbox/?verdict=quarantined").content.decode()

    answer = client.post(reverse("console:inbox_replay_all"), {"channel": "woo"}, follow=True)

    assert "0 of 2 messages sent to be read" in answer.content.decode()
    work_it_off()
    rows = InboxMessage.objects.filter(verdict=Verdict.QUARANTINED)
    assert [row.channel.code for row in rows] == ["other"]
    assert log_in(Role.AGENT).post(reverse("console:inbox_replay_all")).status_code == 403


# The table


def table_of(page: str) -> Fields:
    return fields_of(page, "map")


def document_in(answer: Any) -> dict[str, Any]:
    """What stands in the other view."""
    found: dict[str, Any] = json.loads(fields_of(answer.content.decode(), "text")["document"][0])
    return found


def row_on(page: str, key: str) -> str:
    """The row as it stands on the page."""
    return unescape(page.partition(f'id="r-{key}"')[2].partition("</fieldset>")[0])


def key_of(form: Fields, target: str) -> str:
    return next(key for key in form["row"] if form[f"{key}-target"] == [target])


def press(client: Any, row: ContractVersion, form: Fields, do: str) -> Any:
    return client.post(reverse("console:mapping_save", args=[row.pk]), {**form, "do": do}, follow=True)


def opened(client: Any, row: ContractVersion) -> Fields:
    return table_of(client.get(reverse("console:mapping_edit", args=[row.pk])).content.decode())


def test_a_row_changed_in_the_table_is_the_only_difference_that_is_proposed(log_in: LogIn, woo: ContractVersion):
    ensure_casework()
    client = log_in(Role.OPERATIONS)
    form = opened(client, woo)
    form[f"{key_of(form, 'external_number')}-source"] = ["id\nnumber"]

    assert press(client, woo, {**form, "reason": [" "]}, "publish").status_code == 422
    press(client, woo, {**form, "reason": ["The id is what they say"]}, "publish")

    proposal = ApprovalRequest.objects.get()
    assert set(proposal.before) == {"title", "external_number"}
    row = next(one for one in proposal.payload["document"]["fields"] if one["target"] == "external_number")
    assert row["source"] == ["id", "number"]


def test_rows_are_added_moved_and_removed_and_words_added_without_javascript(log_in: LogIn, woo: ContractVersion):
    client = log_in(Role.OPERATIONS)
    form = opened(client, woo)
    count = len(form["row"])

    form = table_of(press(client, woo, form, "add:line").content.decode())
    added = next(key for key in form["row"] if form[f"{key}-target"] == [""])
    assert added.startswith("l")
    assert len(form["row"]) == count + 1
    form = table_of(press(client, woo, form, f"up:{added}").content.decode())
    assert form["row"][-2] == added
    form = table_of(press(client, woo, form, f"drop:{added}").content.decode())
    assert len(form["row"]) == count
    form["t0-word"][-1], form["t0-meaning"][-1] = "wc-invented", "open"
    document = document_in(press(client, woo, form, "document"))

    table = document["tables"][form["t0-name"][0]]
    assert table["wc-invented"] == "open"
    assert document["fields"] == woo.document["fields"]


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("source", "billing[", "is not a key"),
        ("step", "invented", "there is no transform"),
        ("step-args", "nonsense", "write name: value"),
        ("default", "neither", "default"),
        ("target", "not.there", "there is no target"),
        ("note", "", "is empty"),
    ],
)
def test_what_is_wrong_with_a_row_stands_at_the_row_and_what_was_typed_is_kept(
    log_in: LogIn, woo: ContractVersion, field: str, value: str, said: str
):
    client = log_in(Role.OPERATIONS)
    form = opened(client, woo)
    key = key_of(form, "totals.prices_include_tax")
    form[f"{key}-{field}"] = [value, *form.get(f"{key}-{field}", [])[1:]]

    answer = press(client, woo, {**form, "reason": ["A try"]}, "publish")

    assert answer.status_code == 422
    assert said in row_on(answer.content.decode(), key).partition(f'id="{key}-wrong"')[2]
    assert table_of(answer.content.decode())[f"{key}-{field}"][0] == value
    assert not ApprovalRequest.objects.exists()


def test_a_row_shows_what_a_message_has_and_what_becomes_of_it_but_not_who_it_is_about(
    log_in: LogIn, woo: ContractVersion
):
    page = log_in(Role.OPERATIONS).get(reverse("console:mapping_edit", args=[woo.pk])).content.decode()

    total = row_on(page, key_of(table_of(page), "totals.total"))
    assert "5.00" in total
    assert "→ 500" in total
    assert "canary" not in page.lower()


def test_a_document_of_the_other_view_keeps_what_the_table_does_not_show(log_in: LogIn, woo: ContractVersion):
    client = log_in(Role.OPERATIONS)
    document = {**woo.document, "title": "Ours", "gates": []}

    page = client.post(
        reverse("console:mapping_save", args=[woo.pk]), {"document": json.dumps(document), "do": "table"}
    ).content.decode()
    answer = press(client, woo, table_of(page), "document")

    assert document_in(answer) == document


def test_what_somebody_published_meanwhile_is_not_undone_unseen(log_in: LogIn, woo: ContractVersion):
    ensure_casework()
    client = log_in(Role.OPERATIONS)
    form = {**opened(client, woo), "reason": ["Our name for it"]}
    publish_contract({**woo.document, "title": "Theirs"}, reason="Their name for it", actor=AGENT)

    refused = press(client, woo, form, "publish")

    assert refused.status_code == 422
    assert "woocommerce.order v2 was published meanwhile" in unescape(refused.content.decode())
    assert not ApprovalRequest.objects.exists()
    press(client, woo, {**table_of(refused.content.decode()), "reason": ["I looked"]}, "publish")
    assert ApprovalRequest.objects.get().reason == "I looked"


@pytest.mark.parametrize("title", ["a\x00b", "half \ud83d"])
@pytest.mark.parametrize("do", ["try", "publish", "table"])
def test_what_no_column_can_hold_is_refused_and_not_a_fault(log_in: LogIn, woo: ContractVersion, title: str, do: str):
    ensure_casework()
    client = log_in(Role.OPERATIONS)
    document = json.dumps({**woo.document, "title": title})

    form = {"document": document, "do": do, "reason": "A try"}
    answer = client.post(reverse("console:mapping_save", args=[woo.pk]), form)

    assert answer.status_code in (200, 422)
    assert not ApprovalRequest.objects.exists()


@pytest.mark.parametrize("value", ["NaN", "-Infinity", "[" * 3000])
def test_a_default_that_is_no_json_is_text_and_stands_at_its_row(log_in: LogIn, woo: ContractVersion, value: str):
    client = log_in(Role.OPERATIONS)
    form = opened(client, woo)
    key = key_of(form, "totals.prices_include_tax")

    answer = press(client, woo, {**form, f"{key}-default": [value], "reason": ["A try"]}, "publish")

    assert answer.status_code == 422
    assert "default" in row_on(answer.content.decode(), key).partition(f'id="{key}-wrong"')[2]


# What a message is recognized by


@pytest.fixture
def without_billing(woo: ContractVersion) -> InboxMessage:
    """One that the mapping could read, and does not recognize."""
    message = InboxMessage.objects.get()
    kept = {key: value for key, value in json.loads(bytes(message.body)).items() if key != "billing"}
    message.body, message.verdict = json.dumps(kept).encode(), Verdict.QUARANTINED
    message.save()
    return message


def verdict_on(page: str) -> str:
    return page.partition("By the mapping below it would be")[2].partition("</p>")[0]


def test_the_verdict_beside_a_message_that_is_not_recognized_says_what_it_lacks(
    log_in: LogIn, without_billing: InboxMessage
):
    address = reverse("console:inbox_mapping", args=[without_billing.public_id])

    page = unescape(log_in(Role.OPERATIONS).get(address, follow=True).content.decode())

    assert "Quarantined" in verdict_on(page)
    assert "not recognized as woocommerce.order: it lacks billing" in verdict_on(page)
    assert "This mapping doesn’t recognize it:" in page


def test_what_messages_are_recognized_by_is_changed_in_the_table_and_then_the_message_is_read(
    log_in: LogIn, woo: ContractVersion, without_billing: InboxMessage
):
    make_policy()
    ensure_casework()
    client = log_in(Role.OPERATIONS)
    form = opened(client, woo)
    assert "billing" in form["shape-all"][0].split()

    form["shape-all"] = ["id\nstatus\n\ncurrency\nline_items"]
    looked = press(client, woo, form, "look").content.decode()
    tried = press(client, woo, table_of(looked), "try").content.decode()
    press(client, woo, {**table_of(tried), "reason": ["They send no billing address"]}, "publish")

    assert "Accepted" in verdict_on(looked)
    assert "readable now" in tried
    proposal = ApprovalRequest.objects.get()
    assert set(proposal.before) == {"title", "the shape"}
    assert proposal.payload["document"]["shape"] == {
        "has_all": ["id", "status", "currency", "line_items"],
        "has_none": woo.document["shape"]["has_none"],
    }
    agree(log_in(Role.OPERATIONS), proposal)
    client.post(reverse("console:inbox_replay", args=[without_billing.public_id]))
    work_it_off()
    assert InboxMessage.objects.get().verdict == Verdict.ACCEPTED


@pytest.mark.parametrize(("typed", "said"), [("", "is empty"), ("id\nlines[", "is not a key")])
def test_a_mapping_that_would_recognize_nothing_is_refused_at_the_field(
    log_in: LogIn, woo: ContractVersion, typed: str, said: str
):
    client = log_in(Role.OPERATIONS)
    form = opened(client, woo)

    answer = press(client, woo, {**form, "shape-all": [typed], "reason": ["A try"]}, "publish")

    assert answer.status_code == 422
    assert said in answer.content.decode().partition('id="shape-wrong"')[2].partition("</p>")[0]
    assert not ApprovalRequest.objects.exists()
