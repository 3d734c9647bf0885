"""What is to be mailed."""

from __future__ import annotations

from apps.core.event_types import Ball, EventData, Subject, event


@event("notice.to_mail", subject=Subject.NOTICE, ball=Ball.INTEGRATION, says="Somebody is told by mail.")
class NoticeToMail(EventData):
    pass


@event(
    "customer.to_tell", subject=Subject.CUSTOMER_MESSAGE, ball=Ball.INTEGRATION, says="The customer is told by mail."
)
class CustomerToTell(EventData):
    pass
