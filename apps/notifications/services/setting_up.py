"""Who mails are from, by which server they go, and what they say."""

from __future__ import annotations

import smtplib
from dataclasses import dataclass

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction

from apps.core.errors import AddressRefused
from apps.core.text import Text as Sentence
from apps.notifications.errors import MailRefused, TextRefused
from apps.notifications.mailing import send_mail
from apps.notifications.models import CustomerText, MailSetup
from apps.notifications.states import MailSecurity, MessageTemplate
from apps.notifications.texts import BUILT_IN, Text, unknown_names
from apps.outbound.guard import NameNotFound, check_server


@dataclass(frozen=True, slots=True)
class MailServer:
    """``host`` empty: the server of the settings. ``password`` empty: as it was, for the same host and user."""

    sender_name: str
    sender_address: str
    host: str = ""
    port: int = 587
    security: str = MailSecurity.STARTTLS
    username: str = ""
    password: str = ""


@transaction.atomic
def set_up_mail(wanted: MailServer) -> MailSetup:
    """From now on mails go out so. Raises MailRefused: for a sender that is no address, a server that may not be called, and
    a changed server or user without its password. Who changed it stands in the history."""
    _refuse_odd(wanted)
    row = MailSetup.objects.select_for_update().first() or MailSetup()
    same = (row.host, row.port, row.username) == (wanted.host, wanted.port, wanted.username)
    if not wanted.password and wanted.username and wanted.host and not same:
        raise MailRefused(problem=Sentence("The server or the user is another one: type its password again."))
    for name in ("sender_name", "sender_address", "host", "port", "security", "username"):
        setattr(row, name, getattr(wanted, name))
    row.password = wanted.password or (row.password if same and wanted.username else "")
    row.save()
    return row


def _refuse_odd(wanted: MailServer) -> None:
    try:
        validate_email(wanted.sender_address)
    except ValidationError:
        raise MailRefused(problem=Sentence("The sender’s address is no mail address.")) from None
    if not wanted.sender_name or any(not letter.isprintable() for letter in wanted.sender_name):
        raise MailRefused(problem=Sentence("Say who the mails are from."))
    if wanted.security not in MailSecurity.values or not 0 < wanted.port < 65536:
        raise MailRefused(problem=Sentence("Choose how the server is called, and a port from 1 to 65535."))
    try:
        if wanted.host:
            check_server(wanted.host, wanted.port)
    except (NameNotFound, AddressRefused) as refused:
        raise MailRefused(
            problem=Sentence("{host} can’t be used: {why}", host=wanted.host, why=refused.sentence)
        ) from None


def send_test_mail(to: str) -> None:
    """One mail to the person who set it up. Raises MailRefused with what went wrong, in words."""
    if not to:
        raise MailRefused(problem=Sentence("Your own account has no mail address to send it to."))
    shop = settings.ORDERYARD["SHOP_NAME"]
    try:
        send_mail(subject=f"Test mail of {shop}", body=f"Mails of {shop} reach you.\n", to=to)
    except smtplib.SMTPAuthenticationError:
        raise MailRefused(problem=Sentence("The server does not take this user and password.")) from None
    except (OSError, smtplib.SMTPException, AddressRefused) as error:
        said = getattr(error, "strerror", None) or error
        raise MailRefused(problem=Sentence("It was not sent: {why}", why=str(said)[:280])) from None


def text_of(template: str) -> Text:
    """What a message says now: the shop's own words, or the built-in ones."""
    row = CustomerText.objects.filter(template=template).first()
    return Text(row.subject, row.body) if row else BUILT_IN[template]


@transaction.atomic
def set_customer_text(template: str, text: Text | None) -> None:
    """The shop's own words from now on; None: the built-in ones again. Raises TextRefused."""
    if template not in MessageTemplate.values:
        raise TextRefused(problem=Sentence("There is no such message."))
    row = CustomerText.objects.select_for_update().filter(template=template).first()
    if text is None or text == BUILT_IN[template]:
        if row is not None:
            row.delete()
        return
    if not text.subject.strip() or not text.body.strip():
        raise TextRefused(problem=Sentence("A message needs a subject and a text."))
    if unknown := unknown_names(template, text.subject + text.body):
        raise TextRefused(problem=Sentence("Nothing is known to put in place of {name}.", name=f"{{{unknown[0]}}}"))
    row = row or CustomerText(template=template)
    row.subject, row.body = " ".join(text.subject.split())[:150], text.body.strip()[:4000]
    row.save()
