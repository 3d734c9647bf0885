"""How eBay says no, and how it gives its lists."""

from __future__ import annotations

from typing import Any

from ...exchange import Request, Response


def errors(status: int, number: int, message: str, long: str = "") -> Response:
    said = {
        "errorId": number,
        "domain": "API",
        "category": "REQUEST",
        "message": message,
        "longMessage": long or message,
    }
    return Response(status, {"errors": [said]})


def not_allowed() -> Response:
    return errors(403, 1100, "Access denied", "Insufficient permissions to fulfill the request.")


def refused_sku(sku: str, number: int, message: str) -> dict[str, Any]:
    said = {"errorId": number, "domain": "API_INVENTORY", "category": "REQUEST", "message": message}
    return {"sku": sku, "statusCode": 400, "errors": [said]}


def page_of(request: Request, found: list[Any], key: str, most: int) -> Response:
    size, first = min(int(request.query.get("limit", "50")), most), int(request.query.get("offset", "0"))
    whole = {key: found[first : first + size], "total": len(found), "limit": size, "offset": first}
    more = {"next": f"https://api.ebay.com{request.path}?limit={size}&offset={first + size}"}
    return Response(200, whole | (more if len(found) > first + size else {}))
