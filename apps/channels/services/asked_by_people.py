"""Calls of a shop that a person waits for: over in time, and a no said in words, with what to do about it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from apps.channels.errors import (
    NotConnected,
    ShopAddressRefused,
    ShopBusy,
    ShopDeclined,
    ShopRefused,
    ShopUnreachable,
)
from apps.core.text import Moment, Text
from apps.outbound import deadlines

# Of all calls behind one button, together. A poll may take longer; a page may not.
PAGE_S = 20.0


@contextmanager
def asked_by_people() -> Iterator[None]:
    """Raises NotConnected where the shop does not answer in time, or says no."""
    try:
        with deadlines.within(PAGE_S):
            yield
    except (ShopBusy, ShopRefused, ShopUnreachable) as trouble:
        raise in_words(trouble) from trouble


def in_words(trouble: ShopBusy | ShopRefused | ShopUnreachable) -> NotConnected:
    """What a shop's no means for whoever connects it, and what to do."""
    if isinstance(trouble, ShopBusy):
        until = Moment(trouble.until, "%H:%M")
        why, do = Text("The shop accepts no calls until {until}.", until=until), Text("Try again after that.")
    elif isinstance(trouble, ShopUnreachable):
        why = Text("The shop gave no usable answer: {why}.", why=str(trouble))
        do = Text("See whether its address is right and the shop is up, then try again.")
    elif isinstance(trouble, ShopAddressRefused):
        why, do = Text.literal(trouble.sentence), Text("Correct the address of the shop.")
    else:
        why, do = _refused(trouble)
    return NotConnected(why=why, problem=do)


def _refused(refusal: ShopRefused) -> tuple[Text, Text]:
    answer = refusal.details.get("answer")
    if isinstance(refusal, ShopDeclined) and refusal.do:
        return Text("The shop says: {why}", why=str(refusal.details.get("said", ""))), refusal.do
    if answer in (401, 403):
        why = Text("The shop does not accept these credentials: it answered {answer}.", answer=answer)
        return why, Text(
            "Copy them again from the shop’s settings; they may have been revoked, or belong to another shop."
        )
    if answer == 404:
        return Text("There is no such shop at this address: it answered 404."), Text("Correct the address of the shop.")
    if isinstance(refusal, ShopDeclined):
        why = Text("The shop says: {why}", why=str(refusal.details.get("said", "")))
        return why, Text("Put that right at the shop, then try again.")
    return Text.literal(refusal.sentence), Text("See whether address and credentials are right, then try again.")
