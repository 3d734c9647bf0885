"""Notices to staff and mails to customers."""

from apps.notifications.services.customers import Message, add_customer_messages, mail_customer
from apps.notifications.services.staff import (
    forget_notices,
    mail_language,
    mail_notice,
    mail_password_link,
    notify_people,
    read_notices,
)

__all__ = [
    "Message",
    "add_customer_messages",
    "forget_notices",
    "mail_customer",
    "mail_language",
    "mail_notice",
    "mail_password_link",
    "notify_people",
    "read_notices",
]
