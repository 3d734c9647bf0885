"""A vendor who gets purchase orders by mail and answers by a link: nothing twice, nothing lost, no more said than needed."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import EmailMessage
from io import StringIO
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from apps.casework.models import ExceptionCase
from apps.casework.states import STANDING
from apps.console.replies.views import MOST_IN_A_MINUTE
from apps.fulfillment.models import Package, Shipment
from apps.fulfillment.services import call_off_order
from apps.integrations.adapters.mail_vendor.purchase_order import ADDRESS, purchase_order
from apps.integrations.models import Partner
from apps.notifications.models import MailSetup
from apps.notifications.states import MailSecurity
from apps.sla.services import DEFAULT_POLICY
from orchestrator.sandbox.mailbox import Mailbox, mailbox
from tests.conformance.partner import PartnerConformance
from tests.driving import work_it_off
from tests.factories import AGENT, UserFactory
from tests.partnering import fresh, in_a_while
from tests.sla.timing import fire, hold_policy, in_minutes

LINK = re.compile(r"https?://\S+(/partner-reply/\S+)")


@dataclass
class MailedPartner:
    """A vendor with a mailbox."""

    box: Mailbox
    url: str = "mailto:orders@vendor.example"

    @property
    def asked(self) -> Sequence[str]:
        return ["submit"] * self.box.tried

    def misbehave(self, mood: str) -> None:
        self.box.misbehave(mood)

    def taken(self) -> Sequence[str]:
        return [_csv(mail)[0]["purchase_order"] for mail in self.box.mails]

    def is_stopped(self, key: str) -> bool:
        return False


class TestMailVendor(PartnerConformance):
    kind = "mail_vendor"

    @contextmanager
    def simulated(self) -> Iterator[MailedPartner]:
        with mailbox() as box:
            MailSetup.objects.create(
                sender_name="Harbour", sender_address="shop@harbour.example", host=box.host, port=box.port,
                security=MailSecurity.NONE,
            )  # fmt: skip
            yield MailedPartner(box)

    # --- the purchase order

    def test_the_order_stands_in_the_text_and_in_the_file(self, there: MailedPartner, partner: Partner):
        row = self.handed_over()

        mail = there.box.mails[0]
        assert (mail["To"], mail["From"]) == ("orders@vendor.example", "Harbour <shop@harbour.example>")
        assert row.public_id in str(mail["Subject"])
        assert "2 × A" in _text(mail)
        assert [(line["sku"], line["quantity"]) for line in _csv(mail)] == [("A", "2")]

    def test_of_the_customer_only_what_stands_on_a_label_is_sent(self):
        """A canary in every field there is: those that are not listed must not be found in the mail."""
        address = {name: f"canary-{name}" for name in (*ADDRESS, "email", "phone", "tax_id")}
        line = {"line_id": "1", "sku": "A", "title": "Mug", "quantity": 1, "price": "canary-price"}
        message = {"fulfillment_order": "ful_1", "deliver_to": address, "note": "canary-note", "lines": [line]}
        sent = purchase_order({**message, "payment": "canary-payment"}, to="orders@vendor.example")

        found = set(
            re.findall(r"canary-\w+", json.dumps([sent.subject, sent.text, *sent.attachments, dict(sent.headers)]))
        )
        assert found == {f"canary-{name}" for name in ADDRESS}

    def test_a_spreadsheet_that_opens_the_file_runs_nothing(self):
        message = {
            "fulfillment_order": "ful_1",
            "deliver_to": {"name": "=cmd()"},
            "lines": [{"sku": "A", "quantity": 1}],
        }
        sent = purchase_order(message, to="orders@vendor.example")

        assert next(csv.DictReader(StringIO(sent.attachments[0][1])))["name"] == "'=cmd()"

    # --- lost, refused, and no answer at all

    def test_after_a_lost_answer_a_person_decides_and_the_link_settles_it(self, there: MailedPartner, partner: Partner):
        there.misbehave("lose_ack")
        row = self.submitted()
        assert fresh(row).request_state == "outcome_unknown"
        assert ExceptionCase.objects.get(state__in=STANDING).type == "outcome_unknown"

        _press(there, answer="accept")

        assert (fresh(row).state, len(there.box.mails)) == ("accepted", 1)
        assert not ExceptionCase.objects.filter(state__in=STANDING).exists()

    @pytest.mark.parametrize("mood", ["no_mailbox", "lock_out"])
    def test_no_such_mailbox_or_login_is_a_matter_of_setting_up(
        self, there: MailedPartner, partner: Partner, mood: str
    ):
        there.misbehave(mood)
        row = self.submitted()

        assert (fresh(row).state, fresh(row).request_state) == ("open", "unsubmitted")

    def test_a_vendor_who_does_not_answer_becomes_a_case(self, there: MailedPartner, partner: Partner):
        hold_policy(*DEFAULT_POLICY.rules)
        self.handed_over()
        fire(in_minutes(130))
        work_it_off()

        assert "partner_silent" in ExceptionCase.objects.values_list("type", flat=True)

    # --- what the vendor answers

    def test_opening_the_link_changes_nothing_and_shows_no_customer(self, there: MailedPartner, partner: Partner):
        row = self.handed_over()
        name = _csv(there.box.mails[0])[0]["name"]
        answer = Client().get(_link(there))

        assert name
        assert (answer.status_code, name in answer.text) == (200, False)
        assert (answer["Referrer-Policy"], "no-store" in answer["Cache-Control"]) == ("same-origin", True)
        assert fresh(row).state == "open"

    def test_accepted_then_shipped_once_however_often_it_is_pressed(self, there: MailedPartner, partner: Partner):
        row = self.handed_over()
        _press(there, answer="accept")
        assert fresh(row).state == "accepted"
        for number in ("T-1", "T-1", "T-2"):
            _press(there, answer="ship", carrier="coastpost", tracking=number)

        assert fresh(row).state == "shipped"
        assert (Shipment.objects.get().carrier, Package.objects.get().tracking_number) == ("coastpost", "T-1")

    @pytest.mark.parametrize("before", [(), ("accept",)])
    def test_what_the_vendor_will_not_or_can_not_ship_is_routed_again(
        self, there: MailedPartner, partner: Partner, before: tuple[str, ...]
    ):
        row = self.handed_over()
        for answer in before:
            _press(there, answer=answer)
        _press(there, answer="refuse", reason="no_stock")

        assert (fresh(row).state, fresh(row).reject_reason) == ("rejected", "no_stock")
        assert "Please do not ship this." in Client().get(_link(there)).text

    def test_called_off_says_so_and_what_left_all_the_same_is_put_before_a_person(
        self, there: MailedPartner, partner: Partner
    ):
        row = self.handed_over()
        call_off_order(row.order_id, reason="customer", actor=AGENT)
        work_it_off()
        assert "Please do not ship this." in Client().get(_link(there)).text
        _press(there, answer="ship", carrier="coastpost", tracking="T-1")

        assert Shipment.objects.count() == 1
        assert "cancel_after_ship" in ExceptionCase.objects.values_list("type", flat=True)

    @pytest.mark.parametrize(
        "form", [{}, {"answer": "burn"}, {"answer": "ship", "carrier": "x"}, {"answer": "refuse", "reason": "mood"}]
    )
    def test_half_an_answer_is_refused_with_a_sentence(
        self, there: MailedPartner, partner: Partner, form: dict[str, str]
    ):
        row = self.handed_over()
        answer = _press(there, **form)

        assert (answer.status_code, "Nothing was saved" in answer.text) == (409, True)
        assert (fresh(row).state, Shipment.objects.count()) == ("open", 0)

    # --- setting it up

    def test_the_form_takes_a_mail_address_for_this_contract_and_for_no_other(self):
        client = Client()
        client.force_login(UserFactory(role="operations", is_staff=True))
        page = reverse("admin:integrations_partner_add")
        form = {"code": "v", "name": "V", "active": "on", "nodes-TOTAL_FORMS": 0, "nodes-INITIAL_FORMS": 0}
        wrong = {
            "write mailto: and its mail address": ("mail_vendor", "http://127.0.0.1:9"),
            "not spoken by mail": ("http_3pl", "mailto:orders@vendor.example"),
            "Enter a valid email address": ("mail_vendor", "mailto:orders"),
        }
        for said, (kind, address) in wrong.items():
            assert said in client.post(page, form | {"adapter": kind, "base_url": address}).content.decode()
        assert not Partner.objects.exists()

        right = {"adapter": "mail_vendor", "base_url": "mailto:orders@vendor.example"}
        assert client.post(page, form | right).status_code == 302
        assert Partner.objects.get().base_url == "mailto:orders@vendor.example"

    # --- who may use the link

    @pytest.mark.parametrize("why", ["forged", "of another order", "switched off", "speaks another contract"])
    def test_a_link_that_is_not_theirs_opens_nothing(self, there: MailedPartner, partner: Partner, why: str):
        row = self.handed_over()
        link = _link(there)
        if why == "forged":
            link = link[:-6] + "AAAAA/"
        elif why == "of another order":
            link = link.replace(row.public_id, "ful_other")
        elif why == "switched off":
            Partner.objects.update(active=False)
        else:
            Partner.objects.update(adapter="http_3pl")

        assert Client().post(link, {"answer": "accept"}).status_code == 404
        assert fresh(row).state == "open"

    def test_whoever_tries_link_after_link_is_slowed_down(
        self, there: MailedPartner, partner: Partner, monkeypatch: Any
    ):
        row = self.handed_over()
        monkeypatch.setattr("apps.console.replies.views.count_in_minute", lambda what: MOST_IN_A_MINUTE + 1)
        answer = Client().post(_link(there), {"answer": "accept"})

        assert (answer.status_code, answer["Retry-After"]) == (429, "60")
        assert fresh(row).state == "open"

    def test_a_mail_server_that_is_not_set_up_is_said_and_nothing_counts_as_sent(
        self, there: MailedPartner, partner: Partner, settings: Any
    ):
        MailSetup.objects.update(host="")
        settings.EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
        row = self.submitted()
        assert fresh(row).request_state == "unsubmitted"

        MailSetup.objects.update(host=there.box.host)
        in_a_while()
        assert len(there.taken()) == 1


def _press(there: MailedPartner, **form: str) -> Any:
    answer = Client().post(_link(there), form)
    work_it_off()
    return answer


def _link(there: MailedPartner) -> str:
    found = LINK.search(_text(there.box.mails[0]))
    assert found
    return found[1]


def _text(mail: EmailMessage) -> str:
    body = mail.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def _csv(mail: EmailMessage) -> list[dict[str, str]]:
    attached = next(mail.iter_attachments())
    return list(csv.DictReader(StringIO(str(attached.get_content()))))
