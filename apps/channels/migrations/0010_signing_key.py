from django.db import migrations, models

import apps.core.secrets


class Migration(migrations.Migration):
    dependencies = [("channels", "0009_plain_help")]

    operations = [
        migrations.AddField(
            "channel", "signing_key", apps.core.secrets.SecretField(blank=True, db_default="", max_length=4000)
        ),
        migrations.AlterField(
            "channelnotice", "ticket", models.CharField(blank=True, db_default="", max_length=64)
        ),
    ]
