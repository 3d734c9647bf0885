"""Orders by what people say: part of a number however it is spelled, any words of the customer's, even misspelled."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet

from apps.core.searchtext import compact, misspellings, words_of
from apps.orders.models import NUMBER_TEXT, Order, OrderContact

# Up to so many matches are read by the trigram index and sorted. What more rows match than this is found quickest by
# reading the newest rows first; PostgreSQL, left to choose, often takes that way for rare words too, and reads for seconds.
RARE = 2_000
# Of words that fit only nearly so many are enough.
NEARLY = 300
# Shorter texts have no trigram of their own.
SHORTEST = 3


def numbered_like(rows: QuerySet[Order], term: str, *, limit: int) -> list[int]:
    """Primary keys of those of the orders whose number has the term in it, newest first."""
    text = compact(term).upper()
    if len(text) < SHORTEST:
        # Too short for trigrams: by the beginning, as it is written.
        written = Q(external_number__startswith=term) | Q(external_number__startswith=f"#{term}")
        begins = rows.filter(written) if text else rows.none()
        return list(begins.order_by("-pk").values_list("pk", flat=True)[:limit])
    return _newest(rows.alias(spelled=NUMBER_TEXT).filter(spelled__contains=text), "pk", limit)


def of_people_like(rows: QuerySet[Order], term: str, *, limit: int, seen_all: bool) -> list[int]:
    """Primary keys of those of the orders with a contact who has all words of the term in name, company, mail, postal code or
    phone. ``seen_all``: ``rows`` are all orders there are."""
    words = words_of(term)
    if not any(len(word) > 1 for word in words):
        return []
    contacts = OrderContact.objects.all() if seen_all else OrderContact.objects.filter(order__in=rows)
    for word in words:
        # A short word is looked for where words begin, which has a trigram.
        contacts = contacts.filter(search__contains=word if len(word) >= SHORTEST else f" {word}")
    return _newest(contacts, "order_id", limit)


def of_people_spelled_like(rows: QuerySet[Order], term: str, *, limit: int) -> list[int]:
    """As ``of_people_like``, with up to one letter of each word wrong; words that are too short have to be right."""
    words = words_of(term)
    if not any(misspellings(word) for word in words):
        return []
    contacts = OrderContact.objects.all()
    for word in words:
        patterns = misspellings(word)
        contacts = contacts.filter(**{"search__like_any": patterns} if patterns else {"search__contains": word})
    found = contacts.values_list("order_id", flat=True)[:NEARLY]
    return list(rows.filter(pk__in=list(found)).order_by("-pk").values_list("pk", flat=True)[:limit])


def _newest(rows: QuerySet[Any], key: str, limit: int) -> list[int]:
    few = list(rows.order_by().values_list(key, flat=True)[:RARE])
    if len(few) == RARE:
        # An order has more contacts than one: twice as many rows are enough for the limit.
        few = list(rows.order_by(f"-{key}").values_list(key, flat=True)[: 2 * limit])
    return sorted(set(few), reverse=True)[:limit]
