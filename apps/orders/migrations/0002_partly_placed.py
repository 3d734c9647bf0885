from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    """The index is built beside the running system."""

    atomic = False
    dependencies = [("orders", "0001_initial")]

    operations = [
        migrations.AddField(
            "order",
            "partly_placed",
            models.BooleanField(
                db_default=False, default=False, help_text="when it was routed last, some of its units found no place"
            ),
        ),
        AddIndexConcurrently(
            "order",
            models.Index(
                condition=models.Q(("partly_placed", True), ("state__in", ["routed", "released"])),
                fields=["id"],
                name="order_partly_placed",
            ),
        ),
    ]
