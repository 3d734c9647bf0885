"""The refusals of inventory."""

from apps.core.errors import DomainError, NotFound


class NotStocked(NotFound):
    code = "not_stocked"
    message = "{sku} is not stocked at {node}."


class InsufficientStock(DomainError):
    """``skus`` names every SKU that fell short, not only the first."""

    code = "insufficient_stock"
    status = 409
    message = "Not enough stock of {skus}."


class LevelChanged(DomainError):
    code = "level_changed"
    status = 412
    message = "{sku} at {node} is at version {version} now, not {expected}."
