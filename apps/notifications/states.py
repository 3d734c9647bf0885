"""The words of notifications."""

from django.db import models


class NoticeKind(models.TextChoices):
    MENTION = "mention", "You were mentioned"
    ASSIGNED = "assigned", "Given to you"
    ESCALATION = "escalation", "Escalation"
    APPROVAL = "approval", "To approve"
    DECISION = "decision", "Decided"
    SLA = "sla", "Time"
    WEBHOOK = "webhook", "Webhook"
    CONTRACT = "contract", "Contract ends"


class MessageState(models.TextChoices):
    DUE = "due", "To be sent"
    SENT = "sent", "Sent"
    NOBODY = "nobody", "No address to send it to"


class MessageTemplate(models.TextChoices):
    """Each has its built-in words in texts.py, and perhaps the shop's own."""

    LINE_SUBSTITUTED = "line_substituted", "An item was replaced"
    NEWS = "news", "What was done about the order"


class MailSecurity(models.TextChoices):
    STARTTLS = "starttls", "STARTTLS (usual, port 587)"
    TLS = "tls", "TLS from the start (port 465)"
    NONE = "none", "None: only for a server in your own network"
