"""The refusals of fulfillment."""

from apps.core.errors import DomainError, IllegalTransition, InvalidInput, NotFound


class FulfillmentOrderNotFound(NotFound):
    code = "fulfillment_order_not_found"
    message = "There is no fulfillment order {fulfillment_order}."


class FulfillmentNotAllowed(IllegalTransition):
    """``allowed_transitions`` lists what can be done instead."""

    code = "illegal_transition"
    message = "The fulfillment order is {state}; it can't be {verb} now."


class ShipmentNotAllowed(IllegalTransition):
    code = "illegal_transition"
    message = "The shipment is {state}; it can't be {verb} any more."


class OrderOnHold(DomainError):
    code = "order_on_hold"
    status = 409
    message = "The order is on hold; release the hold first."


class FulfillmentCalledOff(DomainError):
    code = "fulfillment_called_off"
    status = 409
    message = "The fulfillment order was called off and its partner is asked to stop; nothing of it is to leave."


class WrongContents(InvalidInput):
    code = "wrong_contents"
    message = "The parcels hold more than the fulfillment order has left to ship, or lines it does not have."


class WrongAbsence(InvalidInput):
    code = "wrong_absence"
    message = "Only lines of the fulfillment order can be absent, and only where it is rejected as not in stock."


class WrongMissing(InvalidInput):
    """``most``: units that are to be picked of the line; nought where it is none of this fulfillment order."""

    code = "wrong_missing"
    message = "There can't be {said} units missing of a line of which {most} are to be picked."


class ShipmentDiffers(DomainError):
    """``parts``: what is said otherwise than before, of tracking, carrier and contents."""

    code = "shipment_differs"
    status = 409
    message = (
        'The shipment "{external_id}" is known already, with other {parts}. Nothing was changed: '
        "tell another shipment by an external_id of its own."
    )


class ShipmentNotFound(NotFound):
    code = "shipment_not_found"
    message = "There is no shipment {shipment}."


class UnitsUnderWay(DomainError):
    """``free`` units of the line are at no node that has begun, nor with a partner."""

    code = "units_under_way"
    status = 409
    message = "Of {line}, only {free} can still be replaced: the rest is picked, shipped or with a partner."
