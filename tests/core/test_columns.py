"""What a field does on saving is done by the bulk writers too, or they refuse the field."""

from __future__ import annotations

import pytest
from django.contrib.postgres.fields import ArrayField
from django.core import checks
from django.db import connection, models
from django.test.utils import isolate_apps

from apps.channels.models import Channel
from apps.core.bulk import columns
from apps.core.bulk.bulk_insert import insert_groups
from apps.core.bulk.bulk_update import update_rows
from apps.core.bulk.columns import NotWritable, as_json, check_models, insert_columns
from apps.core.bulk.raw_rows import select_only, select_rows
from tests.factories import ChannelFactory, make_order

SECRET = "whsec_only-for-tests"


def kept_secret(channel: Channel) -> str:
    """As it stands in the database."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT secret FROM channels_channel WHERE id = %s", [channel.pk])
        return str(cursor.fetchone()[0])


@pytest.mark.django_db
@pytest.mark.parametrize("count", [1, 50], ids=["in one statement", "by COPY"])
def test_a_secret_inserted_in_bulk_is_encrypted(count):
    insert_groups([Channel(code=f"c{n}", name="C", kind="api", secret=SECRET) for n in range(count)])

    channel = Channel.objects.get(code="c0")
    assert channel.secret == SECRET
    assert kept_secret(channel).startswith("sealed:")


@pytest.mark.django_db
@pytest.mark.parametrize("count", [1, 9], ids=["one", "many"])
def test_a_secret_updated_in_bulk_is_encrypted(count):
    channels = [ChannelFactory(code=f"c{n}") for n in range(count)]
    for channel in channels:
        channel.secret = SECRET

    update_rows(channels, ["secret"])

    assert kept_secret(channels[0]).startswith("sealed:")
    assert Channel.objects.get(code="c0").secret == SECRET


@pytest.mark.django_db
def test_what_is_read_in_bulk_is_decrypted_and_decoded():
    channel = ChannelFactory(secret=SECRET)
    order = make_order()

    assert select_rows(Channel, "WHERE t.id = %s", [channel.pk])[0].secret == SECRET
    assert select_only(Channel, {"id", "secret"}, "WHERE t.id = %s", [channel.pk])[0].secret == SECRET
    assert select_rows(type(order), "WHERE t.id = %s", [order.pk])[0].doubts == order.doubts


@isolate_apps("apps.core")
def test_kinds_that_bulk_writers_do_not_know_are_refused():
    class Refused(models.Model):
        price = models.DecimalField(max_digits=9, decimal_places=2)

        class Meta:
            app_label = "core"

    with pytest.raises(NotWritable, match=r"Refused\.price is a DecimalField"):
        insert_columns(Refused, False)


@isolate_apps("apps.core")
def test_a_field_that_sets_itself_on_saving_is_refused():
    class Stamped(models.DateTimeField):
        def pre_save(self, model_instance, add):
            return super().pre_save(model_instance, add)

    class Refused(models.Model):
        changed_at = models.DateTimeField(auto_now=True)
        stamped_at = Stamped()

        class Meta:
            app_label = "core"

    for name in ("changed_at", "stamped_at"):
        with pytest.raises(NotWritable, match=f"{name} sets itself"):
            columns.update_columns(Refused, (name,))


@isolate_apps("apps.core")
def test_a_json_or_array_field_with_a_conversion_of_its_own_is_refused():
    class Upper(ArrayField):
        def get_db_prep_value(self, value, connection, prepared=False):
            return [one.upper() for one in value]

    class Refused(models.Model):
        words = Upper(models.CharField(max_length=9))

        class Meta:
            app_label = "core"

    with pytest.raises(NotWritable, match="words converts"):
        insert_columns(Refused, False)


@isolate_apps("apps.core")
def test_an_array_that_may_be_null_is_not_updated_to_an_empty_one():
    class Refused(models.Model):
        words = ArrayField(models.CharField(max_length=9), null=True)

        class Meta:
            app_label = "core"

    with pytest.raises(NotWritable, match="words is an array that may be NULL"):
        columns.update_columns(Refused, ("words",))


@isolate_apps("apps.core")
def test_the_start_checks_name_a_field_that_can_not_be_written(monkeypatch):
    class Refused(models.Model):
        price = models.DecimalField(max_digits=9, decimal_places=2)

        class Meta:
            app_label = "core"

    monkeypatch.setattr(columns, "_models_of_project", lambda: [Refused])

    (found,) = check_models(None)

    assert (found.id, found.obj, found.level) == ("core.E001", Refused, checks.ERROR)


def test_every_model_of_the_project_can_be_written_in_bulk():
    assert check_models(None) == []


def test_a_value_of_no_column_is_refused():
    with pytest.raises(TypeError, match="object"):
        as_json([object()])
