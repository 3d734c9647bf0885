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
    said = Text("The shop says: {why}", why=refusal.details["said"]) if isinstance(refusal, ShopDeclined) else None
    if said and answer == 403 and refusal.advice:
        return said, refusal.advice
    if answer in (401, 403):
        why = Text("The shop does not accept these credentials: it answered {answer}.", answer=answer)
        copy = Text("Copy them again from the shop’s settings; they may have been revoked, or belong to another shop.")
        return Text.joined(" ", (why, said or "")), refusal.advice or copy
    if answer == 404 and not refusal.advice:
        why = Text("There is no such shop at this address: it answered 404.")
        return Text.joined(" ", (why, said or "")), Text("Correct the address of the shop.")
    if said:
        return said, refusal.advice or Text("Put that right at the shop, then try again.")
    return Text.literal(refusal.sentence), Text("See whether address and credentials are right, then try again.")
