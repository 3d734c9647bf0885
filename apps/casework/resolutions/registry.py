"""Which resolutions fit which type of case, the most fitting first, and all there are: every subclass found in ``kinds``."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

from apps.casework.resolutions import kinds
from apps.casework.resolutions.base import Resolution
from apps.casework.resolutions.errors import NoSuchResolution
from apps.casework.states import CaseType as T

_SHORTAGE = ("choose_node", "split", "substitute", "partial_ship", "backorder", "wait", "cancel_lines", "cancel_order")
FITS: dict[str, tuple[str, ...]] = {
    T.ADDRESS_INVALID: ("fix_address", "ask_customer", "cancel_order", "wait"),
    T.PICKUP_UNCLEAR: ("choose_store", "ask_customer", "cancel_order", "wait"),
    T.UNKNOWN_SKU: ("map_sku", "cancel_lines", "cancel_order", "wait"),
    T.PRICE_MISMATCH: ("accept_price", "charge_lines", "cancel_order", "wait"),
    T.PAYMENT_PROBLEM: ("ask_customer", "release_hold", "cancel_order", "wait"),
    T.FRAUD_REVIEW: ("release_hold", "call_customer", "cancel_order", "wait"),
    T.DUPLICATE_SUSPECTED: ("ask_customer", "cancel_order", "release_hold", "wait"),
    T.QUANTITY_UNUSUAL: ("ask_customer", "release_hold", "cancel_lines", "cancel_order", "wait"),
    T.CURRENCY_UNEXPECTED: ("release_hold", "cancel_order", "wait"),
    T.MANUAL: ("release_hold", "cancel_order", "cancel_lines", "wait"),
    T.NO_STOCK: _SHORTAGE,
    T.PARTIAL_ALLOCATION: _SHORTAGE,
    T.BACKORDERED: ("wait", "choose_node", "split", "substitute", "cancel_lines", "cancel_order"),
    T.SHORT_PICK: ("choose_node", "substitute", "count_level", "cancel_lines", "wait"),
    T.PARTNER_REJECTED: ("choose_node", "split", "cancel_lines", "cancel_order"),
    T.OUTCOME_UNKNOWN: ("confirm_not_received", "choose_node", "wait"),
    T.PARTNER_SILENT: ("choose_node", "wait"),
    T.PICK_LATE: ("choose_node", "wait"),
    T.LATE_RISK: ("choose_node", "split", "partial_ship", "wait"),
    T.PROMISE_MISSED: ("choose_node", "partial_ship", "wait", "cancel_order"),
    T.OVERSOLD: ("move_orders", "count_level", "wait"),
    T.STOCK_DISCREPANCY: ("count_level", "wait"),
    T.CARRIER_OUTAGE: ("choose_node", "wait"),
    T.CHANGED_AFTER_RELEASE: ("fix_address", "choose_node", "cancel_lines", "cancel_order", "wait"),
    T.MESSAGE_QUARANTINED: ("read_again", "wait"),
    T.STOCK_REFUSED: ("send_stock_again", "not_sold_here", "wait"),
    T.PRIVACY_REQUEST: ("wait",),
    T.DEAD_LETTER: ("retry_step", "cancel_order"),
    T.CANCEL_AFTER_SHIP: ("intercept_parcel", "await_return", "instruct_refund", "resend_goods", "wait"),
    T.COMPENSATION_STUCK: ("undone_by_hand", "wait"),
    T.UNDELIVERABLE: ("resend_goods", "intercept_parcel", "instruct_refund", "await_return", "wait"),
}
# Of a type nobody foresaw everything is offered that can be done about an order.
UNFORESEEN = ("release_hold", "choose_node", "wait", "cancel_lines", "cancel_order")
ANY = ("handled_outside", "merge", "wait")


def _found() -> dict[str, Resolution]:
    """Those of every module in ``kinds``, in the order in which the table above names them."""
    for module in iter_modules(kinds.__path__):
        import_module(f"{kinds.__name__}.{module.name}")
    by_code = {one.code: one() for one in Resolution.__subclasses__()}
    named = dict.fromkeys(code for codes in (*FITS.values(), UNFORESEEN, ANY) for code in codes)
    return {code: by_code[code] for code in [*named, *sorted(by_code.keys() - named.keys())]}


RESOLUTIONS: dict[str, Resolution] = _found()


def fitting(case_type: str) -> list[Resolution]:
    """The resolutions for a type of case, the most fitting first."""
    codes = dict.fromkeys((*FITS.get(case_type, UNFORESEEN), *ANY))
    return [RESOLUTIONS[code] for code in codes]


def find(code: str, case_type: str) -> Resolution:
    """Raises NoSuchResolution where there is none of that code, or not for this type."""
    found = next((one for one in fitting(case_type) if one.code == code), None)
    if found is None:
        raise NoSuchResolution(resolution=code)
    return found
