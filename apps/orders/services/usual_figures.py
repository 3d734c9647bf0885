"""Learning what orders usually come to, apart from the path that orders take."""

from __future__ import annotations

from django.db import transaction
from django.db.models import Max

from apps.core.process_cache import clear_process_cache
from apps.orders.models import ChannelHabit, Order
from apps.orders.outliers import UsualFigures
from apps.orders.selectors import sizes_of_orders

AT_ONCE = 20_000


@transaction.atomic
def learn_habits() -> int:
    """Take the next orders into the habits of their channels; returns how many were looked at. Two at once: one waits."""
    known = {(row.channel, row.currency): row for row in ChannelHabit.objects.select_for_update().order_by("pk")}
    last = Order.objects.aggregate(last=Max("pk"))["last"] or 0
    after = max((row.up_to for row in known.values()), default=0)
    up_to = min(last, after + AT_ONCE)
    if up_to <= after:
        return 0
    for channel, currency, count, *figures in sizes_of_orders(after, up_to):
        row = known.setdefault((channel, currency), ChannelHabit(channel=channel, currency=currency))
        row.take(row.usual.merged(UsualFigures(count, *map(float, figures))))
    for row in known.values():
        row.up_to = up_to
        row.save()
    clear_process_cache()
    return up_to - after
