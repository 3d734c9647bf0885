"""The words of casework."""

from django.db import models


class CaseState(models.TextChoices):
    OPEN = "open", "Open"
    IN_PROGRESS = "in_progress", "In progress"
    WAITING = "waiting", "Waiting"
    RESOLVED = "resolved", "Resolved"
    DISMISSED = "dismissed", "Dismissed"


STANDING = (CaseState.OPEN, CaseState.IN_PROGRESS, CaseState.WAITING)


class Severity(models.TextChoices):
    LOW = "low", "Low"
    MEDIUM = "medium", "Medium"
    HIGH = "high", "High"
    CRITICAL = "critical", "Critical"


class CaseType(models.TextChoices):
    ADDRESS_INVALID = "address_invalid", "Address invalid"
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
    DEAD_LETTER = "dead_letter", "Dead letter"
    CANCEL_AFTER_SHIP = "cancel_after_ship", "Cancel after ship"
    CHANGED_AFTER_RELEASE = "changed_after_release", "Changed after release"
    MESSAGE_QUARANTINED = "message_quarantined", "Message not understood"


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
