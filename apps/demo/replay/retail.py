"""A British retailer's invoices, one file a day, handed in as files. They hold no addresses, so every order is held for one."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from django.db import transaction

from apps.accounts.models import Role
from apps.accounts.services import create_api_key, revoke_api_key
from apps.catalog.models import Sku
from apps.channels.models import Channel
from apps.core.actor import SYSTEM
from apps.demo.replay.client import ReplayClient, progress
from apps.demo.replay.setup import lay_ground, replay_channel


@transaction.atomic
def set_up(code: str, files: list[Path]) -> Channel:
    """The channel, and the products that its files name, so that nothing but the addresses is missing."""
    lay_ground()
    channel = replay_channel(code, kind="csv", name="Online retail, recorded")
    names = {row["StockCode"].strip().upper(): row["Description"].strip() for file in files for row in _rows(file)}
    Sku.objects.bulk_create(
        (Sku(code=sku, name=(name or sku)[:255]) for sku, name in sorted(names.items()) if sku),
        ignore_conflicts=True,
        batch_size=1_000,
    )
    return channel


def _rows(file: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(file.read_text(encoding="utf-8-sig"))))


def hand_in(door: ReplayClient, channel: Channel, files: list[Path]) -> list[str]:
    """Each file as an upload, under a key made for it; returns the uploads' ids."""
    key, text = create_api_key(
        name=f"replay of {channel.code}", role=Role.INTEGRATOR, scopes=["orders:write"], channels=[channel.code]
    )
    try:
        uploads = (door.upload(channel, file.name, file.read_bytes(), key=text) for file in files)
        return list(progress(uploads, len(files), channel.code))
    finally:
        revoke_api_key(key.public_id, why="the files are handed in", actor=SYSTEM)
