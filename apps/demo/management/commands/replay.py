"""``manage.py replay``: recorded orders over HTTP, and the account of what became of each."""

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser

from apps.demo.command import DemoCommand
from apps.demo.replay import payloads, retail
from apps.demo.replay.client import SENDERS, ReplayClient
from apps.demo.replay.olist import Olist, missing_files
from apps.demo.replay.report import (
    Account,
    account_of_messages,
    account_of_uploads,
    add_orders,
    lines_of,
    wait_until_settled,
)

SOURCES = {"olist": "orders/olist", "uci": "orders/uci_online_retail", "payloads": "payloads"}
LONGEST_WAIT_S = 900.0
EVERYTHING = 10**9


class Command(DemoCommand):
    help = "Send recorded orders to a running Orderyard as their channels would, and account for every one of them."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("source", choices=SOURCES)
        parser.add_argument("--path", required=True, type=Path, help="the folder of recorded data")
        parser.add_argument("--url", default="", help="where Orderyard is; else ORDERYARD_URL")
        parser.add_argument("--limit", type=int, default=EVERYTHING, help="messages, or files of the retailer")
        parser.add_argument("--channel", default="", help="code of the channel; a prefix for payloads")
        parser.add_argument("--json", action="store_true", help="the account as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        folder = _folder(options["path"], SOURCES[options["source"]])
        code = options["channel"] or f"replay-{options['source']}"
        began = time.monotonic()
        with ReplayClient(options["url"]) as door:
            account = _REPLAYS[options["source"]](door, folder, code, options["limit"])
        seconds = time.monotonic() - began
        account.figures["seconds"] = round(seconds, 1)
        self.stdout.write(json.dumps(account.to_json(), indent=1) if options["json"] else "\n".join(lines_of(account)))
        if not account.adds_up:
            sys.exit(1)


def _folder(path: Path, inside: str) -> Path:
    """The folder itself, or the one that holds it under its usual name."""
    found = path / inside if (path / inside).is_dir() else path
    if not found.is_dir():
        raise CommandError(f"There is no folder {found}.")
    return found


def _replay_olist(door: ReplayClient, folder: Path, code: str, limit: int) -> Account:
    if missing := missing_files(folder):
        raise CommandError(
            f"{folder} lacks {', '.join(missing)}. All files of the data set are needed; the geolocation says where sellers are."
        )
    tables = Olist(folder)
    channel = tables.set_up(code)
    began = time.monotonic()
    sent = door.send_all(list(tables.messages(channel, limit)), at_once=SENDERS, what=code)
    return _settled([code], lambda: account_of_messages(sent), began)


def _replay_uci(door: ReplayClient, folder: Path, code: str, limit: int) -> Account:
    files = sorted(folder.glob("*.csv"))[:limit]
    channel = retail.set_up(code, files)
    began = time.monotonic()
    uploads = retail.hand_in(door, channel, files)
    return _settled([code], lambda: account_of_uploads(uploads), began)


def _replay_payloads(door: ReplayClient, folder: Path, prefix: str, limit: int) -> Account:
    channels = payloads.set_up(prefix, folder)
    found = list(payloads.messages(prefix, folder, channels))[:limit]
    began = time.monotonic()
    # One after another: what was recorded of an order happened in this sequence.
    sent = door.send_all(found, at_once=1, what=prefix)
    return _settled([channel.code for channel in channels], lambda: account_of_messages(sent), began)


def _settled(channels: list[str], read: Callable[[], Account], began: float) -> Account:
    acknowledged = time.monotonic() - began
    if not wait_until_settled(channels, seconds=LONGEST_WAIT_S):
        sys.stderr.write("  Not everything is settled; are the workers running?\n")
    taken = time.monotonic() - began
    account = read()
    add_orders(account, channels)
    account.figures["acknowledged_per_s"] = round(account.sent / max(acknowledged, 0.001), 1)
    account.figures["settled_per_s"] = round(account.sent / max(taken, 0.001), 1)
    return account


_REPLAYS: dict[str, Callable[[ReplayClient, Path, str, int], Account]] = {
    "olist": _replay_olist,
    "uci": _replay_uci,
    "payloads": _replay_payloads,
}
