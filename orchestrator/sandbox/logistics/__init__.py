"""The simulated logistics companies that have a contract of their own: one module each, found by the class in it."""

from __future__ import annotations

import importlib
import pkgutil

from .base import SimulatedLogistics


def all_logistics() -> dict[str, SimulatedLogistics]:
    """One of each, by its name. A new module with a subclass of ``SimulatedLogistics`` is a new company."""
    for module in pkgutil.iter_modules(__path__):
        importlib.import_module(f"{__name__}.{module.name}")
    return {kind.name: kind() for kind in sorted(SimulatedLogistics.__subclasses__(), key=lambda one: one.name)}
