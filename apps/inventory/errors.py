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


class StockWorkRefused(DomainError):
    code = "stock_work_refused"
    status = 422
    message = "{problem}"


class StockWorkChanged(DomainError):
    code = "stock_work_changed"
    status = 409
    message = "Stock has moved since this was shown, so nothing was booked. Look at the preview again."
