from django.db import migrations


class Migration(migrations.Migration):
    """Orders that were routed in part before that was noted; of those that have found the rest since, nothing is missing."""

    dependencies = [("orders", "0002_partly_placed"), ("routing", "0001_initial")]

    operations = [
        migrations.RunSQL(
            """
            UPDATE orders_order o SET partly_placed = true
             WHERE o.state IN ('routed', 'released')
               AND EXISTS (SELECT 1 FROM routing_routingdecision d WHERE d.order_id = o.id AND d.outcome = 'partial')
            """,
            migrations.RunSQL.noop,
        )
    ]
