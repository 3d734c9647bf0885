"""The demo stays in the embedded run, and keeps no secret that is the same on two machines."""

from __future__ import annotations

import pkgutil
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

import apps.demo.management.commands as commands
from apps.accounts.models import ApiKey, User
from apps.channels.models import Channel
from apps.demo import shop
from apps.demo.seeding import seed_shop
from apps.integrations.models import Partner
from orchestrator.embedded.environment import project_env

pytestmark = pytest.mark.django_db
GIVEN: dict[str, list[str]] = {"replay": ["olist", "--path", "."]}
COMMANDS = [module.name for module in pkgutil.iter_modules(commands.__path__)]


@pytest.mark.parametrize("name", COMMANDS)
def test_no_command_of_the_demo_works_outside_the_embedded_run(name: str, settings: Any):
    settings.EMBEDDED = False

    with pytest.raises(CommandError, match="refused outside the embedded run"):
        call_command(name, *GIVEN.get(name, []), stdout=StringIO(), stderr=StringIO())

    assert not User.objects.exists()
    assert not ApiKey.objects.exists()
    assert not Channel.objects.exists()


def test_every_copy_of_the_project_has_keys_of_its_own(tmp_path: Path, settings: Any):
    envs = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        envs += [project_env(tmp_path / name, database_url="", redis_url="") for _ in range(2)]

    for variable in ("SECRET_KEY", "SANDBOX_SECRET"):
        first, again, other, _ = (env[variable] for env in envs)
        assert first == again != other
        assert len(first) > 40
    before = shop.api_key()
    settings.SECRET_KEY = envs[0]["SECRET_KEY"]
    assert shop.api_key() not in (before, "oy_demo_key_for_the_embedded_run_only")


def test_the_seeded_shop_signs_with_the_secret_of_this_installation(settings: Any):
    settings.ORDERYARD = {**settings.ORDERYARD, "SANDBOX_SECRET": "first"}
    seed_shop()
    settings.ORDERYARD = {**settings.ORDERYARD, "SANDBOX_SECRET": "second"}
    seed_shop()

    assert {row.secret for row in Channel.objects.all()} == {"second"}
    assert {row.secret for row in Partner.objects.all()} == {"second"}
