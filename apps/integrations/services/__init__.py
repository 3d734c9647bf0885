"""Speaking to partners, and hearing what they say."""

from apps.integrations.services.callbacks import handle_callback
from apps.integrations.services.cancelling import ask_to_cancel, ever_sent, recall, withdraw
from apps.integrations.services.submitting import confirm_not_received, confirm_received, submit
from apps.integrations.services.updates import fetch_updates, request_updates, request_updates_of

__all__ = [
    "ask_to_cancel",
    "confirm_not_received",
    "confirm_received",
    "ever_sent",
    "fetch_updates",
    "handle_callback",
    "recall",
    "request_updates",
    "request_updates_of",
    "submit",
    "withdraw",
]
