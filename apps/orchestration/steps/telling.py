"""Messages from channels, and what is told back to them."""

from __future__ import annotations

from collections.abc import Sequence

from apps.orchestration.step import Due


def take_in_message(dues: Sequence[Due]) -> None:
    """Map raw messages to orders."""


def give_up_waiting_message(dues: Sequence[Due]) -> None:
    """A message came before its order: look again, and give up after a quarter of an hour."""


def run_upload(dues: Sequence[Due]) -> None:
    """Take a file or a bulk body in, row by row."""


def tell_channel_shipped(dues: Sequence[Due]) -> None:
    """Confirm a shipment to the channel the order came from."""


def tell_channel_cancelled(dues: Sequence[Due]) -> None:
    """Tell the channel that its order is off."""
