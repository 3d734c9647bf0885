"""The simulated shops: one module each, found by the class in it."""

from __future__ import annotations

import importlib
import pkgutil

from .base import SimulatedShop


def all_shops() -> dict[str, SimulatedShop]:
    """One of each, by its name. A new module with a subclass of ``SimulatedShop`` is a new shop."""
    for module in pkgutil.iter_modules(__path__):
        importlib.import_module(f"{__name__}.{module.name}")
    return {kind.name: kind() for kind in sorted(SimulatedShop.__subclasses__(), key=lambda one: one.name)}
