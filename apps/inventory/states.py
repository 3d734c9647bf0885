"""The words of inventory."""

from django.db import models


class ReservationState(models.TextChoices):
    RESERVED = "reserved", "Reserved"
    ALLOCATED = "allocated", "Allocated"
    CONSUMED = "consumed", "Shipped"
    RELEASED = "released", "Released"


class MovementKind(models.TextChoices):
    RESERVE = "reserve", "Reserved"
    RELEASE = "release", "Released"
    SHIP = "ship", "Shipped"
    ADJUST = "adjust", "Adjusted"
    SET = "set", "Counted"
    RECEIVE = "receive", "Received"
    SHORT = "short", "Short pick"
    TRANSFER = "transfer", "Transferred"
    SALE = "sale", "Sold at the till"
    RETURN = "return", "Returned at the till"


class StockWork(models.TextChoices):
    """What people do with stock by hand."""

    COUNT = "count", "Count"
    RECEIVE = "receive", "Receive"
    CORRECT = "correct", "Correct"
    TRANSFER = "transfer", "Transfer"
