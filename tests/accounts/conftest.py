"""Browsers of staff, as the console's tests have them."""

from tests.console.conftest import _quick_passwords, log_in, shop

__all__ = ["_quick_passwords", "log_in", "shop"]
