"""Why a message got its verdict, in the words that people see and count by. None holds personal data."""

from apps.core.text import Text

NEW_ORDER = Text("a new order")
RETURNED = Text("goods brought back to a till")
UPDATED = Text("the order was brought up to date")
UPDATED_LATE = Text(
    "the order was brought up to date, but what is packed, with a partner or on its way goes by the old; a person decides"
)
CAME_LATE = Text("it came too late for the order as it is; a person decides")
REFUNDED = Text("refunded after it was delivered; the payment follows")
CANCELLED = Text("the order was cancelled")
REST_CANCELLED = Text("what had not left yet was cancelled; a person decides about what has")
CANCEL_CAME_LATE = Text("the cancellation came after goods had left; a person decides")
LATE_CANCEL_KNOWN = Text("the cancellation is known already; it came after goods had left")
PAYMENT_FOLLOWS = Text("the order was cancelled already; the payment follows")
HELD = Text("the order is held for what it says; a person decides")
NO_LONGER_HELD = Text("the order is no longer held for what the channel had said before")
KNOWN_ALREADY = Text("the order is known already, as it is here")
CANCELLED_ALREADY = Text("the order was cancelled already")
OLDER = Text("older than what we know of the order")
NOTHING_NEW = Text("nothing that is kept here has changed")
REOPENED = Text("the channel says a cancelled order is open again; a person decides")
CAME_CANCELLED = Text("it came cancelled already; there is nothing to fulfill")
WAITS = Text("it speaks of an order that has not come yet")
BEING_FETCHED = Text("the order it names is being fetched")
CANT_BE_ASKED = Text("its shop can't be asked for the order; a message of the order itself says what changed")
FETCHED = Text("the order it names was fetched")
NOT_THERE = Text("the shop has no order of the id that it names")
PRIVACY = Text("a request about a person's data; it is being answered")
NEVER_CAME = Text("its order never came")
NOT_CONNECTED = Text("its shop was not connected in the end")

# What was said of the end of orders we did not know then. Should the order come after all, it counts.
REMEMBERED = (NEVER_CAME, CAME_CANCELLED)
