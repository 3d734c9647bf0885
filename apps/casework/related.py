"""What exists about a case, asked in one statement, so that a page reads only what is there.

A case mostly has no comment, no link, no proposal and nobody else looking at it; ten questions with empty answers cost
more than the rest of its page.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.db import connection

from apps.casework.events import stream_of
from apps.casework.models import ExceptionCase
from apps.casework.selectors import PRESENT
from apps.core import clock

_RELATED = """
SELECT (SELECT max(id) FROM core_event WHERE stream = %(stream)s),
       (SELECT max(id) FROM casework_casecomment WHERE case_id = %(case)s),
       EXISTS (SELECT 1 FROM casework_exceptioncase WHERE merged_into_id = %(case)s AND merged_into_id IS NOT NULL),
       EXISTS (SELECT 1 FROM casework_caselink WHERE first_id = %(case)s OR second_id = %(case)s),
       EXISTS (SELECT 1 FROM casework_approvalrequest WHERE case_id = %(case)s AND state = 'pending'),
       EXISTS (SELECT 1 FROM casework_caseaction WHERE case_id = %(case)s AND state = 'chosen'),
       EXISTS (SELECT 1 FROM casework_casewatcher WHERE case_id = %(case)s AND seen_at > %(since)s),
       EXISTS (SELECT 1 FROM orders_hold WHERE order_id = %(order)s AND released_at IS NULL),
       EXISTS (SELECT 1 FROM fulfillment_fulfillmentorder WHERE order_id = %(order)s)
"""


@dataclass(frozen=True, slots=True)
class Related:
    """``event`` and ``comment``: pk of the latest on the case's timeline, 0 for none. ``assigned``: to a node, ever."""

    event: int
    comment: int
    merged: bool
    linked: bool
    proposed: bool
    chosen: bool
    watched: bool
    held: bool
    assigned: bool


def related_to(case: ExceptionCase) -> Related:
    """What there is about the case, in one statement."""
    of = {
        "case": case.pk,
        "order": case.order_id,
        "stream": stream_of(case),
        "since": clock.now() - PRESENT,
    }
    with connection.cursor() as cursor:
        cursor.execute(_RELATED, of)
        event, comment, *there = cursor.fetchone()
    return Related(event or 0, comment or 0, *there)
