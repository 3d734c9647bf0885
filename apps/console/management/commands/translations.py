"""``manage.py translations``: brings the catalogs under ``locale/`` up to date and compiles them."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from apps.console.translating.catalogs import renewed, translations, write


class Command(BaseCommand):
    help = "Collects the console's texts into the catalogs of translations and compiles them. See docs/how-to/translate.md."

    def handle(self, *args: Any, **options: Any) -> None:
        for language in translations():
            catalog = renewed(language)
            write(catalog, language)
            missing = [message.id for message in catalog if message.id and not _whole(message.string)]
            self.stdout.write(f"{language}: {len(catalog)} texts, {len(missing)} without translation")
            for text in missing:
                self.stdout.write(f"  {text!r}")


def _whole(text: str | list[str] | tuple[str, ...] | None) -> bool:
    return bool(text) if text is None or isinstance(text, str) else all(text)
