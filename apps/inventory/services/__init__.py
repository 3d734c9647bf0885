"""The only writers of stock; one file per verb."""

from apps.inventory.services.backorders import cover_first, fill_backorders
from apps.inventory.services.counter_sales import BookingResult, HandedOver, hand_over
from apps.inventory.services.counting import Count, Counted, count_stock
from apps.inventory.services.discrepancies import write_off_claims
from apps.inventory.services.issuing import post_shipped
from apps.inventory.services.moving import Move
from apps.inventory.services.releasing import (
    allocate_reservations,
    consume_reservations,
    cut_reservation,
    release_reservations,
)
from apps.inventory.services.reserving import Claim, Claimed, claim_stock, reserve_stock
from apps.inventory.services.working import Planned, WorkRow, book_stock_work, fingerprint_of, plan_stock_work

__all__ = [
    "BookingResult",
    "Claim",
    "Claimed",
    "Count",
    "Counted",
    "HandedOver",
    "Move",
    "Planned",
    "WorkRow",
    "allocate_reservations",
    "book_stock_work",
    "claim_stock",
    "consume_reservations",
    "count_stock",
    "cover_first",
    "cut_reservation",
    "fill_backorders",
    "fingerprint_of",
    "hand_over",
    "plan_stock_work",
    "post_shipped",
    "release_reservations",
    "reserve_stock",
    "write_off_claims",
]
