"""The words of casework."""

from django.db import models

from apps.orders.states import HoldReason


class CaseState(models.TextChoices):
    OPEN = "open", "Open"
    IN_PROGRESS = "in_progress", "In progress"
    WAITING = "waiting", "Waiting"
    RESOLVED = "resolved", "Resolved"
    DISMISSED = "dismissed", "Dismissed"


STANDING = (CaseState.OPEN, CaseState.IN_PROGRESS, CaseState.WAITING)

# The resolution codes of a case that went into another, while its cause stands and once it is gone.
MERGED, MERGED_AND_GONE = "merge", "merge_cleared"


class WaitingOn(models.TextChoices):
    CUSTOMER = "customer", "The customer"
    PARTNER = "partner", "A partner"
    STOCK = "stock", "Stock"
    APPROVAL = "approval", "An approval"
    TIME = "time", "A moment"


class ActionState(models.TextChoices):
    """A chosen resolution, until it is done, taken back or refused."""

    CHOSEN = "chosen", "About to be done"
    DONE = "done", "Done"
    UNDONE = "undone", "Taken back"
    REFUSED = "refused", "Refused"


class ApprovalState(models.TextChoices):
    PENDING = "pending", "Waiting for a decision"
    APPROVED = "approved", "Approved"
    REJECTED = "rejected", "Rejected"
    EXPIRED = "expired", "Expired"
    WITHDRAWN = "withdrawn", "Withdrawn"
    VOIDED = "voided", "Voided by a change"


class OwnerRule(models.TextChoices):
    NOBODY = "nobody", "Nobody yet"
    ROUND_ROBIN = "round_robin", "Members in turn"
    LEAST_LOADED = "least_loaded", "The member with least open"
    STICKY = "sticky", "Who has the order already, else members in turn"


class Severity(models.TextChoices):
    LOW = "low", "Low"
    MEDIUM = "medium", "Medium"
    HIGH = "high", "High"
    CRITICAL = "critical", "Critical"


class CaseType(models.TextChoices):
    ADDRESS_INVALID = "address_invalid", "Address invalid"
    PICKUP_UNCLEAR = "pickup_unclear", "Pickup store unclear"
    UNKNOWN_SKU = "unknown_sku", "Unknown SKU"
    PRICE_MISMATCH = "price_mismatch", "Price mismatch"
    PAYMENT_PROBLEM = "payment_problem", "Payment problem"
    FRAUD_REVIEW = "fraud_review", "Fraud review"
    DUPLICATE_SUSPECTED = "duplicate_suspected", "Duplicate suspected"
    QUANTITY_UNUSUAL = "quantity_unusual", "Unusual quantity"
    CURRENCY_UNEXPECTED = "currency_unexpected", "Unexpected currency"
    NO_STOCK = "no_stock", "No stock"
    PARTIAL_ALLOCATION = "partial_allocation", "Partly allocated"
    BACKORDERED = "backordered", "Backordered"
    OVERSOLD = "oversold", "Oversold"
    SHORT_PICK = "short_pick", "Short pick"
    PARTNER_REJECTED = "partner_rejected", "Partner rejected"
    OUTCOME_UNKNOWN = "outcome_unknown", "Outcome unknown"
    UNDELIVERABLE = "undeliverable", "Undeliverable"
    COMPENSATION_STUCK = "compensation_stuck", "Compensation stuck"
    DEAD_LETTER = "dead_letter", "Failed job"
    CANCEL_AFTER_SHIP = "cancel_after_ship", "Cancel after ship"
    CHANGED_AFTER_RELEASE = "changed_after_release", "Changed after release"
    STOCK_DISCREPANCY = "stock_discrepancy", "Stock discrepancy"
    CARRIER_OUTAGE = "carrier_outage", "Carrier outage"
    PICK_LATE = "pick_late", "Store pick late"
    PARTNER_SILENT = "partner_silent", "Partner silent"
    LATE_RISK = "late_risk", "Late risk"
    PROMISE_MISSED = "promise_missed", "Promise missed"
    BACKLOG = "backlog", "Backlog at a location"
    MANUAL = "manual", "On hold"
    RETURN_OUT_OF_POLICY = "return_out_of_policy", "Return out of policy"
    MESSAGE_QUARANTINED = "message_quarantined", "Message not understood"
    STOCK_REFUSED = "stock_refused", "Stock figure refused"
    PRIVACY_REQUEST = "privacy_request", "Personal data asked for"


def case_type_of_hold(reason: str) -> str:
    """The type of the case that stands as long as the hold does. A shortage is routing's word: held for it, it is a hold."""
    return CaseType.MANUAL if reason == HoldReason.NO_STOCK else reason


def holds_of(case_type: str) -> frozenset[str]:
    """The reasons of the holds that such a case is about; most types are about none."""
    return frozenset(reason for reason in HoldReason.values if case_type_of_hold(reason) == case_type)


# Routing tries these again whenever stock is freed, and clears them.
SHORTAGES = (CaseType.NO_STOCK, CaseType.PARTIAL_ALLOCATION, CaseType.BACKORDERED)

DEFAULT_SEVERITY: dict[str, str] = {
    CaseType.OUTCOME_UNKNOWN: Severity.CRITICAL,
    CaseType.OVERSOLD: Severity.HIGH,
    CaseType.DEAD_LETTER: Severity.HIGH,
    CaseType.COMPENSATION_STUCK: Severity.HIGH,
    CaseType.CANCEL_AFTER_SHIP: Severity.HIGH,
    CaseType.FRAUD_REVIEW: Severity.HIGH,
    CaseType.NO_STOCK: Severity.HIGH,
    CaseType.BACKORDERED: Severity.LOW,
}

PRIORITY_OF: dict[str, int] = {Severity.CRITICAL: 1, Severity.HIGH: 2, Severity.MEDIUM: 3, Severity.LOW: 4}
