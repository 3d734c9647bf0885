"""The words of orders."""

from django.db import models


class OrderState(models.TextChoices):
    RECEIVED = "received", "Received"
    VALIDATED = "validated", "Validated"
    ROUTED = "routed", "Routed"
    RELEASED = "released", "Released"
    SHIPPED = "shipped", "Shipped"
    DELIVERED = "delivered", "Delivered"
    CANCELLED = "cancelled", "Cancelled"


TERMINAL = frozenset({OrderState.DELIVERED, OrderState.CANCELLED})
BEFORE_LEAVING = (OrderState.RECEIVED, OrderState.VALIDATED, OrderState.ROUTED, OrderState.RELEASED)


class HoldReason(models.TextChoices):
    ADDRESS_INVALID = "address_invalid", "Address cannot be delivered to"
    UNKNOWN_SKU = "unknown_sku", "Unknown SKU"
    PRICE_MISMATCH = "price_mismatch", "Totals do not match the lines"
    PAYMENT_PROBLEM = "payment_problem", "Payment is not in order"
    FRAUD_REVIEW = "fraud_review", "Risk to be reviewed"
    DUPLICATE_SUSPECTED = "duplicate_suspected", "May be a duplicate"
    QUANTITY_UNUSUAL = "quantity_unusual", "Unusual quantity"
    CURRENCY_UNEXPECTED = "currency_unexpected", "Currency the channel does not sell in"
    NO_STOCK = "no_stock", "No stock"
    PICKUP_UNCLEAR = "pickup_unclear", "Store to collect from unclear"
    MANUAL = "manual", "Held by hand"


class ContactRole(models.TextChoices):
    SHIP_TO = "ship_to", "Ship to"
    BILL_TO = "bill_to", "Bill to"
