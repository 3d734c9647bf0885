"""Sending fulfillment orders to partners."""

from __future__ import annotations


def submit(fulfillment_order_id: int) -> None:
    """Send one fulfillment order to the partner that runs its node."""


def cancel_of_order(order_id: int) -> None:
    """Ask every partner with part of this order in hand to stop."""
