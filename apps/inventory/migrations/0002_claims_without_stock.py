"""No level has less than nothing, and what a level covers is no more than it has: levels from before are set right."""

from django.db import migrations, models

# Nobody counts or claims meanwhile, so that what is set right stays so until the constraint holds.
LOCK = "LOCK TABLE inventory_stocklevel IN SHARE ROW EXCLUSIVE MODE"

NOTHING_IS_THE_LEAST = """
INSERT INTO inventory_stockmovement (level_id, kind, on_hand_delta, reserved_delta, reference, reason, actor, moved_at)
SELECT id, 'adjust', -on_hand, 0, '', 'less than nothing was counted', 'system', now() FROM inventory_stocklevel WHERE on_hand < 0;
UPDATE inventory_stocklevel SET on_hand = 0, version = version + 1 WHERE on_hand < 0;
"""

# The oldest claims keep what is there, those in work before the others; the rest waits for stock.
UNCOVER = """
WITH claims AS (
    SELECT r.id, r.quantity - r.backordered AS covered,
           sum(r.quantity - r.backordered) OVER (PARTITION BY r.level_id ORDER BY r.state = 'reserved', r.id) - l.on_hand AS beyond
      FROM inventory_reservation r JOIN inventory_stocklevel l ON l.id = r.level_id
     WHERE r.state IN ('reserved', 'allocated') AND r.counted AND l.on_hand < l.reserved)
UPDATE inventory_reservation r SET backordered = r.backordered + least(c.covered, c.beyond)
  FROM claims c WHERE c.id = r.id AND c.beyond > 0 AND c.covered > 0
"""


class Migration(migrations.Migration):
    dependencies = [("inventory", "0001_initial")]

    operations = [
        migrations.AlterField(
            model_name="reservation",
            name="backordered",
            field=models.IntegerField(default=0, help_text="how many of quantity have no stock"),
        ),
        migrations.RunSQL(LOCK, migrations.RunSQL.noop),
        migrations.RunSQL(NOTHING_IS_THE_LEAST, migrations.RunSQL.noop),
        migrations.RunSQL(UNCOVER, migrations.RunSQL.noop),
        # Checks that wait for the end of the transaction are in the way of the constraint.
        migrations.RunSQL("SET CONSTRAINTS ALL IMMEDIATE", migrations.RunSQL.noop),
        migrations.AddConstraint(
            model_name="stocklevel",
            constraint=models.CheckConstraint(
                condition=models.Q(("on_hand__gte", 0)), name="stock_on_hand_not_negative"
            ),
        ),
    ]
