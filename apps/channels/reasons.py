"""Why a message got its verdict, in the words that people see and count by. None holds personal data."""

NEW_ORDER = "a new order"
UPDATED = "the order was brought up to date"
UPDATED_LATE = "the order was brought up to date, but what is packed, with a partner or on its way goes by the old; a person decides"
CAME_LATE = "it came too late for the order as it is; a person decides"
REFUNDED = "refunded after it was delivered; the payment follows"
CANCELLED = "the order was cancelled"
REST_CANCELLED = "what had not left yet was cancelled; a person decides about what has"
CANCEL_CAME_LATE = "the cancellation came after goods had left; a person decides"
KNOWN_ALREADY = "the order is known already, as it is here"
CANCELLED_ALREADY = "the order was cancelled already"
OLDER = "older than what we know of the order"
NOTHING_NEW = "nothing that is kept here has changed"
REOPENED = "the channel says a cancelled order is open again; a person decides"
CAME_CANCELLED = "it came cancelled already; there is nothing to fulfill"
WAITS = "it speaks of an order that has not come yet"
NEVER_CAME = "its order never came"

# What was said of the end of orders we did not know then. Should the order come after all, it counts.
REMEMBERED = (NEVER_CAME, CAME_CANCELLED)
