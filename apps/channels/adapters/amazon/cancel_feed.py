"""The order acknowledgement feed by which the merchant cancels an order, and the report of what became of it. Pure."""

from __future__ import annotations

import gzip
import io
from collections.abc import Mapping
from typing import Any
from xml.etree import ElementTree as Xml

from apps.channels.framework.json_values import dicts

FEED_TYPE = "POST_ORDER_ACKNOWLEDGEMENT_DATA"
XML = "text/xml; charset=UTF-8"
MOST_BYTES = 4 * 1024 * 1024


def cancel_feed(seller_id: str, order: Mapping[str, Any]) -> bytes:
    """All of the order's items, called off: for the buyer, where the buyer asked for it, else because there is no stock."""
    envelope = Xml.Element("AmazonEnvelope")
    header = Xml.SubElement(envelope, "Header")
    Xml.SubElement(header, "DocumentVersion").text = "1.01"
    Xml.SubElement(header, "MerchantIdentifier").text = seller_id
    Xml.SubElement(envelope, "MessageType").text = "OrderAcknowledgement"
    message = Xml.SubElement(envelope, "Message")
    Xml.SubElement(message, "MessageID").text = "1"
    said = Xml.SubElement(message, "OrderAcknowledgement")
    Xml.SubElement(said, "AmazonOrderID").text = str(order.get("orderId"))
    Xml.SubElement(said, "StatusCode").text = "Failure"
    for item in dicts(order.get("orderItems")):
        row = Xml.SubElement(said, "Item")
        Xml.SubElement(row, "AmazonOrderItemCode").text = str(item.get("orderItemId"))
        Xml.SubElement(row, "CancelReason").text = "BuyerCanceled" if _asked_for(item) else "NoInventory"
    written: bytes = Xml.tostring(envelope, encoding="utf-8", xml_declaration=True)
    return written


def _asked_for(item: Mapping[str, Any]) -> bool:
    asked = item.get("cancellation")
    return isinstance(asked, dict) and bool(asked.get("cancellationRequest"))


def errors_in(report: bytes, compression: str) -> list[str]:
    """What the processing report has against the feed, in Amazon's words; none where it was done. Raises ValueError."""
    try:
        if compression == "GZIP":
            with gzip.open(io.BytesIO(report)) as unpacked:
                report = unpacked.read(MOST_BYTES)
        # Amazon's own, fetched from the address its API gave; expat takes no entities that grow.
        read = Xml.fromstring(report)  # noqa: S314 - see above
    except (OSError, EOFError, Xml.ParseError) as error:
        raise ValueError(type(error).__name__) from None
    results = [one for one in read.iter("Result") if one.findtext("ResultCode") == "Error"]
    return [one.findtext("ResultDescription") or one.findtext("ResultMessageCode") or "error" for one in results]
