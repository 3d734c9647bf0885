"""One mail to another system, and what is known of it afterwards.

A mail server says about each mail whether it has taken it. What was sent and not answered may have been taken: nobody can
be asked, and a second mail would be a second order.
"""

from __future__ import annotations

import smtplib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.dummy import EmailBackend as Nowhere
from django.utils.module_loading import import_string

from apps.core.errors import AddressRefused
from apps.outbound.errors import IncompleteResponse, NotSent


@dataclass(frozen=True, slots=True)
class Mail:
    """``attachments``: name, content, type."""

    to: str
    subject: str
    text: str
    attachments: tuple[tuple[str, str, str], ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class MailServer:
    """``sender``: as it stands in the mail; None: that of the settings. ``connection``: a mail backend of Django."""

    sender: str | None
    connection: Any


_LOGIN = frozenset({530, 534, 535, 538})
_TOO_MUCH = frozenset({421, 452})


class MailDeclined(Exception):
    """The server has said no. ``about_address``: it takes nothing for this mailbox, whatever is in the mail."""

    def __init__(self, status: int, *, about_address: bool = False) -> None:
        super().__init__(f"the mail server answered {status}")
        self.status, self.about_address = status, about_address

    @property
    def for_now(self) -> bool:
        """Whether the server asks to try again later."""
        return self.status < 500

    @property
    def asks_for_quiet(self) -> bool:
        return self.status in _TOO_MUCH

    @property
    def about_login(self) -> bool:
        """It does not know us: a word about the setup, and about no mail."""
        return self.status in _LOGIN


def mail_server() -> MailServer:
    """The server that is set up now. Raises AddressRefused where it may not be called."""
    found: MailServer = import_string(settings.MAIL_SERVER)()
    return found


def hand_in(mail: Mail) -> None:
    """Give one mail to the server. Raises NotSent (surely not taken), MailDeclined, IncompleteResponse (may be taken)."""
    server = _opened()
    try:
        _send(mail, server)
    finally:
        # It has answered by then; how it says goodbye changes nothing.
        with suppress(OSError, smtplib.SMTPException):
            server.connection.close()


def _opened() -> MailServer:
    """Raises NotSent, MailDeclined."""
    try:
        server = mail_server()
        if isinstance(server.connection, Nowhere):
            raise NotSent("no mail server is set up")
        server.connection.open()
    except smtplib.SMTPAuthenticationError as refused:
        raise _declined(refused.smtp_code) from None
    except (OSError, smtplib.SMTPException, AddressRefused) as error:
        raise NotSent(type(error).__name__) from None
    return server


def _send(mail: Mail, server: MailServer) -> None:
    # One line: a line break in a subject would begin a header.
    subject = " ".join(mail.subject.split())[:150]
    attachments, headers = list(mail.attachments), dict(mail.headers)
    message = EmailMessage(
        subject,
        mail.text,
        server.sender,
        [mail.to],
        attachments=attachments,
        headers=headers,
        connection=server.connection,
    )
    try:
        message.send()
    except smtplib.SMTPRecipientsRefused as refused:
        status = next(iter(refused.recipients.values()), (550, b""))[0]
        raise _declined(status, about_address=True) from None
    except smtplib.SMTPResponseException as refused:
        raise _declined(refused.smtp_code) from None
    except (OSError, smtplib.SMTPException) as error:
        raise IncompleteResponse(type(error).__name__, timed_out=isinstance(error, TimeoutError)) from None


def _declined(status: int, *, about_address: bool = False) -> Exception:
    if 400 <= status < 600:
        return MailDeclined(status, about_address=about_address)
    # What nobody can read is no answer.
    return IncompleteResponse("unreadable answer")
