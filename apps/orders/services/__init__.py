"""The only writers of orders; one file per verb."""

from apps.orders.services.accepting import REFUND_UNEXPLAINED, Accepted, accept_order, accept_orders, doubts_of
from apps.orders.services.accepting_price import accept_price, charge_lines
from apps.orders.services.advancing import (
    mark_delivered,
    mark_released,
    mark_routed,
    mark_shipped,
    mark_validated,
    unroute_orders,
)
from apps.orders.services.amending import amend_order
from apps.orders.services.cancelling import cancel_order, cancel_rest
from apps.orders.services.collecting import choose_pickup_store
from apps.orders.services.completed_sales import CompletedSale, record_sales
from apps.orders.services.correcting import correct_address, recheck_orders, recheck_understood, refuse_undeliverable
from apps.orders.services.holding import place_hold, place_holds, release_hold, release_holds
from apps.orders.services.reducing import cancel_lines
from apps.orders.services.revising import (
    ADDRESS_FIELDS,
    Revised,
    is_revisable,
    is_stale,
    revise_order,
    says_the_same,
    units_taken_off,
)
from apps.orders.services.substituting import Replacement, preference_of, price_of_substitute, replace_units
from apps.orders.services.usual_figures import learn_habits
from apps.orders.services.validating import check_again, validate_orders

__all__ = [
    "ADDRESS_FIELDS",
    "REFUND_UNEXPLAINED",
    "Accepted",
    "CompletedSale",
    "Replacement",
    "Revised",
    "accept_order",
    "accept_orders",
    "accept_price",
    "amend_order",
    "cancel_lines",
    "cancel_order",
    "cancel_rest",
    "charge_lines",
    "check_again",
    "choose_pickup_store",
    "correct_address",
    "doubts_of",
    "is_revisable",
    "is_stale",
    "learn_habits",
    "mark_delivered",
    "mark_released",
    "mark_routed",
    "mark_shipped",
    "mark_validated",
    "place_hold",
    "place_holds",
    "preference_of",
    "price_of_substitute",
    "recheck_orders",
    "recheck_understood",
    "record_sales",
    "refuse_undeliverable",
    "release_hold",
    "release_holds",
    "replace_units",
    "revise_order",
    "says_the_same",
    "units_taken_off",
    "unroute_orders",
    "validate_orders",
]
