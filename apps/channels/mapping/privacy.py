"""Requests about people that a shop passes on: what is held of one, or that it is to be erased. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class PrivacyKind(StrEnum):
    """``DATA``: a person wants to know what is held of them; ``CUSTOMER``: one is to be erased; ``SHOP``: all of a shop's are."""

    DATA = "data"
    CUSTOMER = "customer"
    SHOP = "shop"


@dataclass(frozen=True, slots=True)
class PrivacyRequest:
    """``customer``: the shop's id of the person; ``orders``: the shop's ids of the orders it names; ``reference``: of the request."""

    kind: PrivacyKind
    customer: str = ""
    orders: tuple[str, ...] = ()
    reference: str = ""
