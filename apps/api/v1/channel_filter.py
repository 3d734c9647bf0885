"""``?channel=`` of every list."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet

from apps.api.v1.visibility import find_channel
from apps.channels.errors import ChannelNotFound
from apps.core.api.filters import BadQuery, Text


class OfChannel(Text):
    """Rows of one channel, by its code or its id. One that is not there, or not the caller's, is refused: an empty list would say
    that it has none. ``field_name``: where the rows have its code."""

    def __init__(self, field_name: str = "channel") -> None:
        super().__init__(field_name=field_name, help_text="the channel's code or id")

    def filter(self, rows: QuerySet[Any], value: str) -> QuerySet[Any]:
        """Raises BadQuery."""
        if not value:
            return rows
        try:
            code = find_channel(self.parent.request.auth, value).code
        except ChannelNotFound:
            raise BadQuery(errors=[{"parameter": "channel", "detail": "is no channel's code or id"}]) from None
        return rows.filter(**{self.field_name: code})
