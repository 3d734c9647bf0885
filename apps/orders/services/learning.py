"""Learning what orders usually come to, apart from the path that orders take."""

from __future__ import annotations

from django.db import connection, transaction
from django.db.models import Max

from apps.core.process_cache import clear_process_cache
from apps.orders.habits import Usual
from apps.orders.models import ChannelHabit, Order

AT_ONCE = 20_000
_FRESH = """
WITH fresh AS (SELECT id, channel, currency, total_minor FROM orders_order
                WHERE id > %s AND id <= %s AND total_minor > 0 AND state <> 'cancelled'),
     goods AS (SELECT l.order_id, sum(l.quantity) AS units FROM orders_orderline l JOIN fresh f ON f.id = l.order_id
               WHERE l.withdrawn_at IS NULL GROUP BY 1)
SELECT f.channel, f.currency, count(*), avg(ln(f.total_minor)), var_pop(ln(f.total_minor)), avg(ln(g.units)), var_pop(ln(g.units))
  FROM fresh f JOIN goods g ON g.order_id = f.id GROUP BY 1, 2
"""


@transaction.atomic
def learn_habits() -> int:
    """Take the next orders into the habits of their channels; answers how many were looked at. Two at once: one waits."""
    known = {(row.channel, row.currency): row for row in ChannelHabit.objects.select_for_update().order_by("pk")}
    last = Order.objects.aggregate(last=Max("pk"))["last"] or 0
    after = max((row.up_to for row in known.values()), default=0)
    up_to = min(last, after + AT_ONCE)
    if up_to <= after:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(_FRESH, [after, up_to])
        rows = cursor.fetchall()
    for channel, currency, count, *figures in rows:
        row = known.setdefault((channel, currency), ChannelHabit(channel=channel, currency=currency))
        row.take(row.usual.merged(Usual(count, *map(float, figures))))
    for row in known.values():
        row.up_to = up_to
        row.save()
    clear_process_cache()
    return up_to - after
