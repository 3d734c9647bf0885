"""Which units of which lines: callers say order line ids, services know fulfillment lines."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from apps.core.api.bodies import BodyModel
from apps.core.errors import InvalidInput
from apps.fulfillment.models import FulfillmentLine
from apps.orders.canonical import Identifier, Quantity, SkuCode

Problems = list[dict[str, str]]


class NamedLine(BodyModel):
    """A line. ``sku`` is needed only for a bundle's line, which stands once for each part."""

    line_id: Identifier
    sku: SkuCode = ""


class LineUnits(NamedLine):
    """So many units of a line. ``sku`` is needed only for a bundle's line, which stands once for each part."""

    quantity: Quantity


def units_by_line(fulfillment_order_id: int, given: Sequence[tuple[str, Sequence[LineUnits]]]) -> list[dict[int, int]]:
    """Units by fulfillment line pk for each list said; a line named twice is added up.

    ``given``: each list with the pointer to it. Raises InvalidInput naming every line that is not there.
    """
    if not any(units for _, units in given):
        return [{} for _ in given]
    return resolved_units(named_lines([fulfillment_order_id])[fulfillment_order_id], given)


def lines_meant(fulfillment_order_id: int, at: str, given: Sequence[NamedLine]) -> list[int]:
    """The fulfillment lines named, by pk; ``at`` points to the list. Raises InvalidInput naming every one that is not there."""
    lines, problems = named_lines([fulfillment_order_id])[fulfillment_order_id] if given else [], Problems()
    found = [_meant(lines, f"{at}/{index}", one, problems) for index, one in enumerate(given)]
    if problems:
        raise InvalidInput(errors=problems)
    return [line.pk for line in found if line is not None]


def named_lines(fulfillment_order_ids: Collection[int]) -> dict[int, list[FulfillmentLine]]:
    """The lines of each fulfillment order, with what callers know them by."""
    found: dict[int, list[FulfillmentLine]] = {pk: [] for pk in fulfillment_order_ids}
    rows = FulfillmentLine.objects.filter(fulfillment_order_id__in=found).select_related("order_line", "sku")
    for line in rows.order_by("pk"):
        found[line.fulfillment_order_id].append(line)
    return found


def resolved_units(
    lines: list[FulfillmentLine], given: Sequence[tuple[str, Sequence[LineUnits]]]
) -> list[dict[int, int]]:
    """``units_by_line`` where the lines are at hand already."""
    problems = Problems()
    responses = [_resolved(lines, at, units, problems) for at, units in given]
    if problems:
        raise InvalidInput(errors=problems)
    return responses


def _resolved(lines: list[FulfillmentLine], at: str, given: Sequence[LineUnits], problems: Problems) -> dict[int, int]:
    found: dict[int, int] = {}
    for index, one in enumerate(given):
        line = _meant(lines, f"{at}/{index}", one, problems)
        if line is not None:
            found[line.pk] = found.get(line.pk, 0) + one.quantity
    return found


def _meant(lines: list[FulfillmentLine], at: str, given: NamedLine, problems: Problems) -> FulfillmentLine | None:
    meant = [line for line in lines if line.order_line.line_id == given.line_id and _is_sku(line, given.sku)]
    if len(meant) == 1:
        return meant[0]
    detail = "has several parts; say which sku" if meant else "is not a line of this fulfillment order"
    problems.append({"pointer": f"{at}/line_id", "detail": detail, "code": "unknown_line"})
    return None


def _is_sku(line: FulfillmentLine, given: str) -> bool:
    return not given or line.sku.code.upper() == given.upper()
