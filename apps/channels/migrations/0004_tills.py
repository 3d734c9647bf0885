"""What is brought back to tills."""


import apps.channels.till_returns
import apps.core.clock
import apps.core.fields
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('channels', '0003_sent_updates'),
        ('network', '0001_initial'),
        ('orders', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='TillReturn',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('public_id', apps.core.fields.PublicIdField(default=apps.channels.till_returns.new_return_id, editable=False, max_length=32)),
                ('external_id', models.CharField(help_text='till and receipt', max_length=128)),
                ('sold_as', models.CharField(blank=True, help_text='till and receipt of the sale', max_length=128)),
                ('returned_at', models.DateTimeField()),
                ('currency', apps.core.fields.CurrencyField(max_length=3)),
                ('refunded_minor', apps.core.fields.MinorField(default=0, help_text='given back by the till')),
                ('lines', models.JSONField(default=list)),
                ('recorded_at', models.DateTimeField(default=apps.core.clock.now)),
                ('channel', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='returns', to='channels.channel')),
                ('node', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='returns', to='network.node')),
                ('order', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='returns', to='orders.order')),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('order__isnull', True), models.Q(('sold_as', ''), _negated=True)), fields=['channel', 'sold_as'], name='till_return_waits')],
                'constraints': [models.UniqueConstraint(fields=('public_id',), name='till_return_public_id'), models.UniqueConstraint(fields=('channel', 'external_id'), name='till_return_once')],
            },
        ),
    ]
