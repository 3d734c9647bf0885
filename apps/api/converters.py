"""What may stand in an address where an id or a code is expected; anything else is simply not found."""

from __future__ import annotations


class RefConverter:
    """A public id. Never looked up unless it has the form of one."""

    regex = "[a-z]{3}_[0-9a-z]{1,28}"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


class ChannelConverter(RefConverter):
    """A channel's own code or its public id."""

    regex = "[-a-zA-Z0-9_]{1,64}"


class NodeConverter(RefConverter):
    """A node's own code."""

    regex = r"[^/\x00]{1,64}"


class SkuConverter(RefConverter):
    """A SKU's own code: any text the database can hold, slashes included."""

    regex = r"[^\x00]{1,128}"
