"""Secrets are encrypted where they are kept, and nowhere else do they stand at all."""

from __future__ import annotations

import json
from io import StringIO

import pytest
from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command
from django.db import connection
from structlog.testing import capture_logs

from apps.channels.models import Channel
from apps.channels.services.secret_rotation import rotate_channel_secret
from apps.core.actor import SYSTEM
from apps.core.bulk.raw_rows import select_rows
from apps.core.secrets import MARK, Unreadable, derived_key, secret_fields
from apps.integrations.models import Partner
from apps.notifications.models import MailSetup
from apps.webhooks.models import WebhookEndpoint
from apps.webhooks.services import create_endpoint, rotate_secret
from orchestrator import env
from tests.factories import ChannelFactory

pytestmark = pytest.mark.django_db
NEEDLE = "n33dle-in-the-haystack"
OLD, NEW = Fernet.generate_key().decode(), Fernet.generate_key().decode()


def kept(table: str = "channels_channel", column: str = "secret") -> str:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {column} FROM {table} LIMIT 1")
        return str(cursor.fetchone()[0])


def dump() -> str:
    """Every row of every table, as text."""
    parts = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT t::text FROM "{table}" t')
            parts += [row[0] for row in cursor.fetchall()]
    return "\n".join(parts)


def test_a_dump_of_the_database_shows_no_secret_nor_does_the_history_or_the_log(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("apps.outbound.guard.resolve", lambda host, port: ["93.184.216.34"])
    with capture_logs() as logs:
        channel = ChannelFactory(
            kind="shopify", secret=f"{NEEDLE}-1", previous_secret=f"{NEEDLE}-2", api_key=f"{NEEDLE}-3",
            api_secret=f"{NEEDLE}-4",
        )  # fmt: skip
        rotate_channel_secret(channel.pk, secret=f"{NEEDLE}-5", keep_days=1, actor=SYSTEM)
        partner = Partner.objects.create(code="p", name="P", token=f"{NEEDLE}-6", secret=f"{NEEDLE}-7")
        partner.name = "Q"
        partner.save()
        endpoint, first = create_endpoint(name="ERP", url="https://erp.example/x", events=[], actor=SYSTEM)
        _, second = rotate_secret(endpoint.public_id)

    everything = dump()
    assert "channels_channel" in connection.introspection.table_names()
    assert len(everything) > 1_000
    assert NEEDLE not in everything
    assert first.removeprefix("whsec_") not in everything
    assert second.removeprefix("whsec_") not in everything
    assert NEEDLE not in str(logs)


def test_what_is_kept_is_read_as_it_was_by_every_way_of_reading():
    ChannelFactory(secret="hush-hush", api_key="")
    Partner.objects.create(code="p", name="P", token="t", secret="s")

    assert kept().startswith(MARK)
    assert Channel.objects.get().secret == "hush-hush"
    assert Channel.objects.values_list("secret", flat=True).get() == "hush-hush"
    assert select_rows(Channel, "", [])[0].secret == "hush-hush"
    assert Channel.objects.get().api_key == ""
    assert kept(column="api_key") == ""
    assert Partner.objects.get().token == "t"


def test_the_same_secret_twice_does_not_look_the_same():
    ChannelFactory(code="one", secret="hush-hush")
    ChannelFactory(code="two", secret="hush-hush")

    with connection.cursor() as cursor:
        cursor.execute("SELECT count(DISTINCT secret) FROM channels_channel")
        assert cursor.fetchone()[0] == 2


def test_a_secret_leaves_by_no_export():
    ChannelFactory(secret=NEEDLE)
    out = StringIO()

    call_command("dumpdata", "channels.channel", stdout=out)

    assert json.loads(out.getvalue())[0]["fields"]["secret"] == ""
    assert NEEDLE not in out.getvalue()


def test_keys_are_rotated_without_typing_anything_anew(settings):
    settings.SECRETS_KEYS = [OLD]
    ChannelFactory(secret="hush-hush", api_secret="more")
    before = kept()

    settings.SECRETS_KEYS = [NEW, OLD]
    out = StringIO()
    call_command("rotate_secrets", stdout=out)

    assert "2 secrets" in out.getvalue()
    assert kept() != before
    settings.SECRETS_KEYS = [NEW]
    assert Channel.objects.get().secret == "hush-hush"
    assert Channel.objects.get().history.count() == 1


def test_what_was_never_encrypted_is_read_and_encrypted_by_the_command():
    ChannelFactory()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE channels_channel SET secret = %s", ["from-before"])
    assert Channel.objects.get().secret == "from-before"

    call_command("rotate_secrets", stdout=StringIO())

    assert kept().startswith(MARK)
    assert Channel.objects.get().secret == "from-before"


def test_with_the_wrong_key_a_secret_counts_as_unset_and_is_not_lost(settings):
    settings.SECRETS_KEYS = [OLD]
    channel = ChannelFactory(secret="hush-hush")
    before = kept()

    settings.SECRETS_KEYS = [NEW]
    with capture_logs() as logs:
        found = Channel.objects.get()
    found.name = "Renamed"
    found.save()
    with pytest.raises(CommandError, match="1 secrets can't be read"):
        call_command("rotate_secrets", stdout=StringIO())

    assert (found.secret, isinstance(found.secret, Unreadable)) == ("", True)
    assert {"event": "secret_unreadable", "log_level": "error"} in logs
    assert kept() == before
    settings.SECRETS_KEYS = [NEW, OLD]
    channel.refresh_from_db()
    assert (channel.name, channel.secret) == ("Renamed", "hush-hush")


def test_text_copied_out_of_the_database_is_no_way_to_read_another_secret():
    """Whoever has a dump and may edit a channel would else have it sent to an address of his."""
    ChannelFactory(code="one", secret="hush-hush")
    copied = kept()

    ChannelFactory(code="two", api_key=copied)

    assert Channel.objects.get(code="two").api_key == copied


def test_without_keys_of_its_own_secrets_hang_on_the_secret_key_yet_not_on_itself(settings):
    settings.SECRETS_KEYS = []
    ChannelFactory(secret="hush-hush")

    assert settings.SECRET_KEY.encode() not in derived_key(settings.SECRET_KEY)
    settings.SECRET_KEY += "changed"
    assert Channel.objects.get().secret == ""


def test_every_model_with_secrets_is_rotated():
    assert {model for model, _ in secret_fields()} >= {Channel, Partner, WebhookEndpoint, MailSetup}


def test_a_key_that_is_none_stops_the_start(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("SECRETS_KEYS", f"{OLD}, tooshort")
    with pytest.raises(ImproperlyConfigured, match="key 2"):
        env.fernet_keys("SECRETS_KEYS")

    monkeypatch.setenv("SECRETS_KEYS", f"{NEW}, {OLD}")
    assert env.fernet_keys("SECRETS_KEYS") == [NEW, OLD]


def test_the_command_makes_a_key():
    out = StringIO()

    call_command("rotate_secrets", "--make-key", stdout=out)

    assert Fernet(out.getvalue().strip())
