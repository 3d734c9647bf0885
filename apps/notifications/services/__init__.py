"""Telling people."""

from apps.notifications.services.customers import Message, mail_customer, tell_customers
from apps.notifications.services.staff import (
    forget_notices,
    mail_language,
    mail_notice,
    mail_password_link,
    read_notices,
    tell_staff,
)

__all__ = [
    "Message",
    "forget_notices",
    "mail_customer",
    "mail_language",
    "mail_notice",
    "mail_password_link",
    "read_notices",
    "tell_customers",
    "tell_staff",
]
