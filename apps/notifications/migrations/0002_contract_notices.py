from django.db import migrations, models

KINDS = [
    ("mention", "You were mentioned"),
    ("assigned", "Given to you"),
    ("escalation", "Escalation"),
    ("approval", "To approve"),
    ("decision", "Decided"),
    ("sla", "Time"),
    ("webhook", "Webhook"),
    ("contract", "Contract ends"),
]


class Migration(migrations.Migration):
    dependencies = [("notifications", "0001_initial")]

    operations = [migrations.AlterField("staffnotice", "kind", models.CharField(choices=KINDS, max_length=12))]
