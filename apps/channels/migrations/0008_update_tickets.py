from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("channels", "0007_version_reasons")]

    operations = [
        migrations.AddField(
            "channelnotice",
            "ticket",
            models.CharField(
                blank=True,
                db_default="",
                help_text="by what the shop is asked what became of it, where it acts on it later",
                max_length=64,
            ),
        ),
    ]
