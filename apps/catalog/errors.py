"""The refusals of the catalog."""

from apps.core.errors import DomainError, NotFound


class SkuNotFound(NotFound):
    code = "sku_not_found"
    message = "There is no SKU {sku}."


class AliasTaken(DomainError):
    code = "alias_taken"
    status = 409
    message = "{alias} is another SKU's alias already."


class BarcodeTaken(DomainError):
    code = "barcode_taken"
    status = 409
    message = "The barcode {barcode} is another SKU's already."
