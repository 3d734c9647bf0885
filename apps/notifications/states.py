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


class MessageState(models.TextChoices):
    DUE = "due", "To be sent"
    SENT = "sent", "Sent"
    NOBODY = "nobody", "No address to send it to"


class MessageTemplate(models.TextChoices):
    """Each has a text of the same name in templates/notifications/customer."""

    LINE_SUBSTITUTED = "line_substituted", "An item was replaced"
    NEWS = "news", "What was done about the order"
