from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("contracts", "0003_drift")]

    operations = [
        migrations.AlterField(
            "contractdrift",
            "kind",
            models.CharField(
                choices=[
                    ("unknown_word", "Unknown word"),
                    ("vanished", "Field vanished"),
                    ("appeared", "New field"),
                    ("retyped", "Type changed"),
                ],
                max_length=16,
            ),
        ),
        migrations.AlterField(
            "contractdrift",
            "before",
            models.CharField(
                blank=True,
                help_text="the words that were known; the type it was of; or in how many of how many messages it was",
                max_length=500,
            ),
        ),
    ]
