"""Which transaction wrote a figure last, for feeds."""


from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('catalog', '0003_spaceless_codes'),
        ('channels', '0006_connecting'),
        ('listings', '0003_catalog_import'),
    ]

    operations = [
        migrations.AddField(
            model_name='listing',
            name='changed_in',
            field=models.BigIntegerField(db_default=0, default=0, editable=False, help_text='number of the transaction that wrote wanted last'),
        ),
        migrations.AddIndex(
            model_name='listing',
            index=models.Index(fields=['channel', 'changed_in', 'id'], name='listing_feed'),
        ),
    ]
