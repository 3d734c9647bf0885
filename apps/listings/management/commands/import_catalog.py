"""Read a shop's catalog, look at what it would change, take it in or drop it, and say whose word counts, from a shell."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Callable
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from apps.channels.models import Channel
from apps.core.actor import Actor
from apps.core.errors import DomainError
from apps.listings.importing.selectors import imports
from apps.listings.models import CatalogImport
from apps.listings.services.catalog_applying import apply_import
from apps.listings.services.catalog_reading import drop_import, resume_import, start_import
from apps.listings.services.ownership import set_field_owners
from apps.listings.states import FieldName, FieldOwner

VERBS = ("read", "show", "resume", "apply", "drop", "own")
_BY = Actor("system", "command")


class Command(BaseCommand):
    help = "Import a shop's catalog step by step: read, show, apply; or resume, drop, own name=shop. The workers do the work."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("code", help="of the channel")
        parser.add_argument("verb", choices=VERBS)
        parser.add_argument("owners", nargs="*", help="with own: field=owner, such as price=here")

    def handle(self, *args: Any, code: str, verb: str, owners: list[str], **options: Any) -> None:
        channel = Channel.objects.filter(code=code).first()
        if channel is None:
            raise CommandError(f"There is no channel {code}.")
        try:
            self._do(channel, verb, owners)
        except DomainError as refusal:
            raise CommandError(refusal.sentence) from refusal

    def _do(self, channel: Channel, verb: str, owners: list[str]) -> None:
        if verb == "own":
            set_field_owners(channel, _owners(owners), actor=_BY)
            return
        run = start_import(channel, actor=_BY) if verb == "read" else _latest(channel)
        does: dict[str, Callable[..., CatalogImport]] = {
            "resume": resume_import,
            "apply": apply_import,
            "drop": drop_import,
        }
        if verb in does:
            run = does[verb](run.pk, actor=_BY)
        counts = ", ".join(f"{name} {count}" for name, count in sorted(run.counts.items()))
        self.stdout.write(f"{run.public_id} {run.state}: {run.read} read. {counts} {run.trouble}".strip())


def _latest(channel: Channel) -> CatalogImport:
    run = imports().filter(channel=channel).order_by("-pk").first()
    if run is None:
        raise CommandError(f"No catalog of {channel.code} was read.")
    return run


def _owners(said: list[str]) -> dict[FieldName, FieldOwner]:
    try:
        return {FieldName(name): FieldOwner(owner) for name, _, owner in (one.partition("=") for one in said)}
    except ValueError as wrong:
        fields, owners = ", ".join(FieldName), ", ".join(FieldOwner)
        raise CommandError(f"{wrong}. Fields: {fields}; owners: {owners}.") from wrong
