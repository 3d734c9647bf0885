"""The order acknowledgement feed by which the merchant cancels an order. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from xml.etree import ElementTree as Xml

from apps.channels.framework.json_values import dicts

FEED_TYPE = "POST_ORDER_ACKNOWLEDGEMENT_DATA"
XML = "text/xml; charset=UTF-8"


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
