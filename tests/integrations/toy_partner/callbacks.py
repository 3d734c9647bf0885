"""What the toy partner calls back with: ``{"parcel": …, "key": …, "event": "sent", "number": …}``."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from apps.core.strict_json import load_strictly
from apps.core.validation import problems_of
from apps.integrations.errors import CallbackNotUnderstood
from apps.integrations.framework.base import Callback, CalledOff, GoodsArrived, GoodsLeft, ReportedParcel

Name = Annotated[str, Field(pattern=r"^[\x21-\x7e]{1,64}$")]


class _News(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    parcel: Name
    key: Name
    event: Literal["sent", "arrived", "dropped"]
    number: Annotated[str, Field(max_length=64)] = ""


_NEWS = TypeAdapter(_News)
# As its documentation shows them.
EXAMPLES = (
    b'{"parcel": "T-1", "key": "ful_1", "event": "sent", "number": "77"}',
    b'{"parcel": "T-1", "key": "ful_1", "event": "arrived"}',
    b'{"parcel": "T-1", "key": "ful_1", "event": "dropped"}',
)


def read(body: bytes) -> Callback:
    """What the message says. Raises MalformedJSON, CallbackNotUnderstood."""
    try:
        news = _NEWS.validate_python(load_strictly(body))
    except ValidationError as error:
        raise CallbackNotUnderstood(errors=problems_of(error)) from None
    if news.event == "sent":
        # A parcel without lines is all that was left.
        return GoodsLeft(news.key, news.parcel, news.parcel, "toy", "", (ReportedParcel(news.number, "", 0, ()),))
    return GoodsArrived(news.key, news.parcel) if news.event == "arrived" else CalledOff(news.key)
