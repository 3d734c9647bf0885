"""Messages that came before their order: found again when it comes."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from django.db.models import Q

from apps.channels.models import Channel, InboxMessage, Verdict
from apps.channels.services.reading import Reader, Reading
from apps.channels.verdict_reasons import REMEMBERED


def early_messages(
    channel: Channel, reader: Reader, external_ids: Collection[str], *, besides: Sequence[InboxMessage]
) -> list[tuple[InboxMessage, Reading]]:
    """What was said of these orders before they came, oldest first, locked and read again.

    Those given up count as well: a create that was retried for hours must not bring back what the customer called off.
    """
    if not external_ids:
        return []
    waiting = Q(verdict=Verdict.WAITING, give_up_at__isnull=False)
    given_up = Q(verdict=Verdict.IGNORED, reason__in=REMEMBERED)
    rows = InboxMessage.objects.filter(waiting | given_up, channel=channel, external_id__in=list(external_ids))
    rows = rows.exclude(pk__in=[message.pk for message in besides if message.pk])
    return [(message, reader.read(message)) for message in rows.select_for_update(no_key=True).order_by("pk")]
