"""Mail without a shell: sender, server, a test mail, and what customers read."""

import smtplib
from typing import Any

import pytest
from django.urls import reverse

from apps.accounts.models import Role
from apps.notifications.mailing import send_mail
from apps.notifications.models import CustomerMessage, CustomerText, MailSetup
from apps.notifications.services import mail_customer
from apps.notifications.texts import BUILT_IN, unknown_names
from apps.orders.models import OrderContact
from tests.console.conftest import LogIn
from tests.factories import make_order

pytestmark = pytest.mark.django_db


def form(**changes: str) -> dict[str, str]:
    fields = {"sender_name": "Harbour & Pine", "sender_address": "orders@harbour.example", "host": "", "port": "587"}
    return {**fields, "security": "starttls", "username": "", "password": "", **changes}


class Server:
    """Stands in for smtplib.SMTP and notes what it is told."""

    heard: list[Any] = []

    def __init__(self, host: str, port: int, **kwargs: Any) -> None:
        self.heard.append((host, port))

    def ehlo(self) -> None: ...

    def starttls(self, **kwargs: Any) -> None:
        self.heard.append("starttls")

    def login(self, user: str, password: str) -> None:
        if password == "wrong":
            raise smtplib.SMTPAuthenticationError(535, b"no")
        self.heard.append((user, password))

    def sendmail(self, sender: str, to: list[str], message: bytes) -> None:
        self.heard.append((sender, to))

    def quit(self) -> None: ...


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> type[Server]:
    Server.heard = []
    monkeypatch.setattr(smtplib, "SMTP", Server)
    monkeypatch.setattr("apps.outbound.guard.resolve", lambda host, port: ["93.184.216.34"])
    return Server


def test_mails_are_from_whom_the_page_says(log_in: LogIn, mailoutbox: list[Any]):
    client = log_in(Role.OPERATIONS, email="oscar@yard.example")
    assert client.get(reverse("console:mail")).status_code == 200

    client.post(reverse("console:mail_save"), form())
    client.post(reverse("console:mail_test"))

    assert mailoutbox[0].from_email == "Harbour & Pine <orders@harbour.example>"
    assert mailoutbox[0].to == ["oscar@yard.example"]


def test_a_server_of_the_shops_own_is_used_with_its_password(log_in: LogIn, server: type[Server]):
    client = log_in(Role.OPERATIONS, email="oscar@yard.example")

    client.post(reverse("console:mail_save"), form(host="mail.harbour.example", username="u", password="secret"))
    text = client.get(reverse("console:mail")).content.decode()
    answer = client.post(reverse("console:mail_test"), follow=True)

    assert "secret" not in text
    assert "A test mail is on its way" in answer.content.decode()
    assert server.heard[:3] == [("mail.harbour.example", 587), "starttls", ("u", "secret")]
    assert "secret" not in str(MailSetup.history.values_list())


def test_a_test_mail_that_fails_says_why(log_in: LogIn, server: type[Server]):
    client = log_in(Role.OPERATIONS, email="oscar@yard.example")
    client.post(reverse("console:mail_save"), form(host="mail.harbour.example", username="u", password="wrong"))

    answer = client.post(reverse("console:mail_test"), follow=True)

    assert "does not take this user and password" in answer.content.decode()


def test_a_server_that_is_not_there_is_said_without_a_number(log_in: LogIn, monkeypatch: pytest.MonkeyPatch):
    def refuse(**mail: Any) -> None:
        raise ConnectionRefusedError(111, "Connection refused")

    monkeypatch.setattr("apps.notifications.services.setting_up.send_mail", refuse)

    answer = log_in(Role.OPERATIONS, email="oscar@yard.example").post(reverse("console:mail_test"), follow=True)

    assert "It was not sent: Connection refused" in answer.content.decode()


def test_another_server_gets_no_password_that_was_typed_for_the_one_before(log_in: LogIn, server: type[Server]):
    client = log_in(Role.OPERATIONS)
    client.post(reverse("console:mail_save"), form(host="mail.harbour.example", username="u", password="secret"))

    answer = client.post(reverse("console:mail_save"), form(host="evil.example", username="u"), follow=True)

    assert "type its password again" in answer.content.decode()
    assert MailSetup.objects.get().host == "mail.harbour.example"
    client.post(reverse("console:mail_save"), form(host="mail.harbour.example", username="u"))
    assert str(MailSetup.objects.get().password) == "secret"


@pytest.mark.parametrize(
    "changes",
    [
        {"sender_address": "nobody"},
        {"sender_name": ""},
        {"sender_name": "a\nBcc: x@y.example"},
        {"host": "169.254.169.254"},
        {"host": "file:///etc/passwd"},
        {"port": "0"},
        {"security": "hope"},
    ],
)
def test_refuses_a_setup_that_can_send_nothing(log_in: LogIn, changes: dict[str, str]):
    answer = log_in(Role.OPERATIONS).post(reverse("console:mail_save"), form(**changes))

    assert answer.status_code == 422
    typed = form(**changes)
    assert answer.context["sender"] == {name: typed[name] for name in answer.context["sender"]}, "what was typed stays"
    assert not MailSetup.objects.exists()


def test_refuses_who_may_not_set_up_mail(log_in: LogIn):
    for role in (Role.AGENT, Role.LEAD, Role.MANAGER):
        client = log_in(role)
        assert client.get(reverse("console:mail")).status_code == 403
        assert client.post(reverse("console:mail_save"), form()).status_code == 403
    assert not MailSetup.objects.exists()


def test_customers_read_the_shops_own_words(log_in: LogIn, shop: None, mailoutbox: list[Any]):
    client, address = log_in(Role.OPERATIONS), reverse("console:mail_text", args=["news"])
    order = make_order(external_number="#77")
    OrderContact.objects.filter(order=order).update(email="pat@example.org")
    client.post(
        address, {"subject": "News of {order}", "body": "Dear customer,\r\n{text}\n{shop} {order}", "do": "save"}
    )
    row = CustomerMessage.objects.create(
        order=order, template="news", reference="r", params={"text": "{order} is late."}
    )

    mail_customer(row.pk)

    assert mailoutbox[0].subject == "News of #77"
    assert mailoutbox[0].body.splitlines()[:2] == ["Dear customer,", "{order} is late."], "a value is not read again"
    client.post(address, {"do": "reset"})
    assert not CustomerText.objects.exists()
    assert CustomerText.history.count() == 2


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"subject": "x", "body": "{password}"}, "in place of {password}"),
        ({"subject": " ", "body": "x"}, "needs a subject"),
        ({"subject": "x", "body": ""}, "needs a subject"),
    ],
)
def test_refuses_words_that_make_no_message(log_in: LogIn, fields: dict[str, str], said: str):
    answer = log_in(Role.OPERATIONS).post(reverse("console:mail_text", args=["news"]), fields, follow=True)

    assert answer.status_code == 422
    assert said in answer.content.decode()
    shown = next(one for one in answer.context["texts"] if one["code"] == "news")
    assert (shown["text"].subject, shown["text"].body) == (fields["subject"], fields["body"]), "what was typed stays"
    assert not CustomerText.objects.exists()


@pytest.mark.parametrize("template", BUILT_IN)
def test_the_built_in_words_know_every_name_they_use(template: str):
    text = BUILT_IN[template]

    assert unknown_names(template, text.subject + text.body) == []


@pytest.mark.parametrize("odd", ["{order.__class__}", "{order!r}", "{order:>9}", "{0}", "{}", "{ order }"])
def test_what_stands_in_braces_and_is_no_name_is_refused_before_a_customer_reads_it(log_in: LogIn, odd: str):
    address = reverse("console:mail_text", args=["news"])

    log_in(Role.OPERATIONS).post(address, {"subject": "About your order", "body": f"Hello {odd}, {{text}}"})

    assert not CustomerText.objects.exists()
    assert unknown_names("news", f"{odd} {{text}}")


def test_a_mail_servers_name_that_leads_elsewhere_a_moment_later_changes_nothing(monkeypatch: pytest.MonkeyPatch):
    MailSetup.objects.create(sender_name="Shop", sender_address="shop@harbour.example", host="mail.harbour.example")
    called: list[Any] = []

    def refuse(address: tuple[str, int], *args: Any) -> Any:
        called.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr("apps.outbound.guard.resolve", lambda host, port: ["8.8.8.8"])
    monkeypatch.setattr("socket.create_connection", refuse)

    with pytest.raises(ConnectionRefusedError):
        send_mail(subject="s", body="b", to="pat@example.org")

    assert called == [("8.8.8.8", 587)]
