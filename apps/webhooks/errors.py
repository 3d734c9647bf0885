"""The refusals of webhooks."""

from datetime import datetime

from apps.core.errors import DomainError, InvalidInput, NotFound


class EndpointNotFound(NotFound):
    code = "webhook_not_found"
    message = "There is no webhook endpoint {endpoint}."


class EventUnknown(InvalidInput):
    code = "webhook_event_unknown"
    message = "There is no event {event} to subscribe to."


class TooManyEndpoints(DomainError):
    code = "too_many_webhooks"
    status = 409
    message = "{most} endpoints are the most; remove one first."


class DeliverLater(Exception):
    """Not a failure of ours: the delivery is to be tried again at ``until``."""

    def __init__(self, until: datetime, reason: str) -> None:
        super().__init__(reason)
        self.until = until
