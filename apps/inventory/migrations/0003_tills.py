"""When all of a level was last counted, and when a movement was heard of that took place before."""


from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('inventory', '0002_claims_without_stock'),
    ]

    operations = [
        migrations.AddField(
            model_name='stocklevel',
            name='figure_at',
            field=models.DateTimeField(blank=True, help_text='when all that is there was last counted; what left or came before is in that figure', null=True),
        ),
        # Of what is there already nobody knows whether the last word was a whole figure; it is taken as one.
        migrations.RunSQL("UPDATE inventory_stocklevel SET figure_at = counted_at", migrations.RunSQL.noop),
        migrations.AddField(
            model_name='stockmovement',
            name='booked_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AlterField(
            model_name='stockmovement',
            name='kind',
            field=models.CharField(choices=[('reserve', 'Reserved'), ('release', 'Released'), ('ship', 'Shipped'), ('adjust', 'Adjusted'), ('set', 'Counted'), ('receive', 'Received'), ('short', 'Short pick'), ('transfer', 'Transferred'), ('sale', 'Sold at the till'), ('return', 'Returned at the till')], max_length=12),
        ),
    ]
