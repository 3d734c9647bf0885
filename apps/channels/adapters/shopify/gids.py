"""Shopify's global ids, such as ``gid://shopify/Order/6200354537772``, and the numbers in them that webhooks name. Pure."""

from __future__ import annotations


def gid(kind: str, number: object) -> str:
    """``number`` as webhooks name it; a global id is returned as it is."""
    text = str(number)
    return text if text.startswith("gid://") else f"gid://shopify/{kind}/{text}"


def number_of(global_id: object) -> int | str:
    """The number at its end; whatever else stands there is returned as it is."""
    text = str(global_id).partition("?")[0].rpartition("/")[2]
    return int(text) if text.isascii() and text.isdecimal() else text
