"""What the settings of a channel hold, typed. An adapter with settings of its own adds fields in a subclass. Pure.

Staff and integrators write settings manually: what is not of its form is passed over, and the field keeps its default.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    ValidatorFunctionWrapHandler,
    field_validator,
)
from pydantic.fields import FieldInfo

LONGEST_WAIT_S = 86_400


def _words(value: Any) -> dict[str, str]:
    if not isinstance(value, dict):
        return {}
    return {str(name): word for name, word in value.items() if isinstance(word, str)}


def _tables(value: Any) -> dict[str, dict[str, str]]:
    return {str(name): _words(words) for name, words in value.items()} if isinstance(value, dict) else {}


def _names(value: Any) -> frozenset[str]:
    """Names or ids, folded."""
    items = value if isinstance(value, list) else []
    return frozenset(str(item).strip().casefold() for item in items if isinstance(item, (str, int)) and item != "")


def _seconds(value: Any) -> int | None:
    return value if isinstance(value, int) and 0 <= value <= LONGEST_WAIT_S else None


Words = Annotated[Mapping[str, str], BeforeValidator(_words)]
Tables = Annotated[Mapping[str, Mapping[str, str]], BeforeValidator(_tables)]
Names = Annotated[frozenset[str], BeforeValidator(_names)]
Seconds = Annotated[int | None, BeforeValidator(_seconds)]
YesIfSaid = Annotated[bool, BeforeValidator(lambda value: value is True)]
YesUnlessNo = Annotated[bool, BeforeValidator(lambda value: value is not False)]


class ChannelSettings(BaseModel):
    """``shipping_methods``: the shop's names to service levels; ``pickup_locations``: to codes of our places; ``tables``: other
    words by table. ``fulfillment_services`` and ``locations``: those that are us, empty for the default.

    ``completed_orders`` is ``take`` where orders that were fulfilled there are shipped here all the same.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")
    # Of the fields below, those that mean nothing to channels of this kind: the page of their settings leaves them out.
    unused: ClassVar[frozenset[str]] = frozenset({"fulfillment_services", "locations"})

    shipping_methods: Words = {}
    pickup_locations: Words = {}
    tables: Tables = {}
    fulfillment_services: Names = frozenset()
    locations: Names = frozenset()
    wait_for_order_s: Seconds = None
    completed_orders: Any = None
    notify_customer: YesUnlessNo = True

    @field_validator("*", mode="wrap")
    @classmethod
    def _pass_over(cls, value: Any, handler: ValidatorFunctionWrapHandler, info: ValidationInfo) -> Any:
        try:
            return handler(value)
        except ValidationError:
            return cls.model_fields[str(info.field_name)].get_default(call_default_factory=True)

    @classmethod
    def of_its_own(cls) -> dict[str, FieldInfo]:
        """The fields an adapter added."""
        return {name: one for name, one in cls.model_fields.items() if name not in ChannelSettings.model_fields}

    @property
    def takes_completed(self) -> bool:
        return bool(self.completed_orders == "take")


class FeedSettings(ChannelSettings):
    """Of a channel that can't be called: whoever is behind it fetches the figures, or is notified of them."""

    # There is no shop that could write to customers.
    unused: ClassVar[frozenset[str]] = ChannelSettings.unused | {"notify_customer"}

    stock_feed: YesIfSaid = Field(
        default=False,
        title="Offers a stock feed",
        description="On: what may be sold of every SKU is kept ready, to be fetched, sent by webhook and written as a file.",
    )
