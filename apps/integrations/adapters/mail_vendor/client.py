"""A purchase order as one mail. Nobody can be asked whether it came, and a second one would be a second order."""

from __future__ import annotations

from apps.integrations.adapters.mail_vendor.purchase_order import purchase_order
from apps.integrations.framework.base import (
    Failed,
    Message,
    PartnerClient,
    RateLimited,
    Refused,
    SubmitResponse,
    Submitted,
    Unsure,
)
from apps.outbound.errors import IncompleteResponse, NotSent
from apps.outbound.mail import MailDeclined, hand_in

TAKEN, NOTHING_TO_SHIP, TOO_MANY = 250, 422, 429
# As a wrong address or token of an API: no word about this order, every other would fare the same.
NO_SUCH_MAILBOX, LOGIN_REFUSED = 404, 401


class MailVendor(PartnerClient):
    """The fulfillment order's id is the purchase order's number, and so what the vendor has it under."""

    def submit(self, message: Message, *, key: str) -> SubmitResponse:
        if not message["lines"]:
            return Refused(NOTHING_TO_SHIP, "no_lines")
        try:
            hand_in(purchase_order(message, to=self._connection.base_url.removeprefix("mailto:")))
        except NotSent as error:
            return Failed(None, f"not reached: {error}")
        except IncompleteResponse as error:
            return Unsure(None, str(error), timed_out=error.timed_out)
        except MailDeclined as declined:
            return _declined(declined)
        return Submitted(TAKEN, key, "received")


def _declined(declined: MailDeclined) -> Failed | Refused | RateLimited:
    if declined.asks_for_quiet:
        return RateLimited(TOO_MANY)
    if declined.for_now:
        return Failed(None, f"answered {declined.status}")
    if declined.about_login:
        return Refused(LOGIN_REFUSED, "login_refused")
    if declined.about_address:
        return Refused(NO_SUCH_MAILBOX, "no_such_mailbox")
    return Refused(declined.status, "mail_refused")
