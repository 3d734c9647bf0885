"""What is to be mailed."""

from __future__ import annotations

from apps.core.event_types import Ball, EventData, Subject, event


@event("notice.to_mail", subject=Subject.NOTICE, ball=Ball.INTEGRATION, says="A notice by mail is queued.")
class NoticeToMail(EventData):
    pass


@event(
    "customer.to_tell",
    subject=Subject.CUSTOMER_MESSAGE,
    ball=Ball.INTEGRATION,
    says="A mail to the customer is queued.",
)
class CustomerMessageDue(EventData):
    pass
