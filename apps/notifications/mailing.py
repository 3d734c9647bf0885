"""Sending a mail by the server and in the name that the shop has set up, or else by the settings."""

from __future__ import annotations

from email.utils import formataddr
from typing import Any

from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.smtp import EmailBackend

from apps.notifications.models import MailSetup
from apps.notifications.states import MailSecurity
from apps.outbound.guard import check_server
from apps.outbound.mail import MailServer

SMTP = "apps.notifications.mailing.CheckedServer"
TIMEOUT_S = 10


class CheckedServer(EmailBackend):
    """Connects to the IP that was checked, whatever the name resolves to a moment later; the certificate is still the name's."""

    def __init__(self, *, ip: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._ip = ip

    @property
    def connection_class(self) -> Any:
        speaks: Any = super().connection_class
        ip = self._ip

        def connect(self: Any, host: str, port: int, timeout: float) -> Any:
            return speaks._get_socket(self, ip, port, timeout)

        return type(speaks.__name__, (speaks,), {"_get_socket": connect})


def send_mail(*, subject: str, body: str, to: str) -> None:
    """Raises what the mail server or the network does, AddressRefused where the server may not be called."""
    server = shop_server()
    # One line: a line break in a subject would begin a header.
    one_line = " ".join(subject.split())[:150]
    EmailMessage(one_line, body, server.sender, [to], connection=server.connection).send()


def shop_server() -> MailServer:
    """What ``MAIL_SERVER`` names: apps below this one send by it too."""
    setup = MailSetup.objects.first()
    sender = formataddr((setup.sender_name, setup.sender_address)) if setup else None
    return MailServer(sender, _connection(setup))


def _connection(setup: MailSetup | None) -> Any:
    if setup is None or not setup.host:
        return get_connection()
    return get_connection(
        SMTP,
        ip=check_server(setup.host, setup.port),
        host=setup.host,
        port=setup.port,
        username=setup.username,
        password=str(setup.password),
        use_tls=setup.security == MailSecurity.STARTTLS,
        use_ssl=setup.security == MailSecurity.TLS,
        timeout=TIMEOUT_S,
    )
