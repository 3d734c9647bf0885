"""Speaking to partners, and hearing what they say."""

from apps.integrations.services.callbacks import handle_callback
from apps.integrations.services.cancelling import ask_to_cancel, ever_sent, recall, withdraw
from apps.integrations.services.submitting import confirm_not_received, confirm_received, submit

__all__ = [
    "ask_to_cancel",
    "confirm_not_received",
    "confirm_received",
    "ever_sent",
    "handle_callback",
    "recall",
    "submit",
    "withdraw",
]
