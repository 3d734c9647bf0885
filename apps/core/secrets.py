"""Secrets at rest: encrypted as they are written, read where they are used, and no list can be searched by them.

The keys are those of ``SECRETS_KEYS``: the first one encrypts, all of them read. Without any, one is derived from
``SECRET_KEY``. What none of them opens is as good as not set, and stays as it is until it is entered again.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import structlog
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django import forms
from django.apps import apps
from django.conf import settings
from django.core.exceptions import FieldDoesNotExist
from django.db import models, transaction

log = structlog.get_logger(__name__)
# What stands before every encrypted text, so that one from before there was encryption is recognized.
MARK = "sealed:"

if TYPE_CHECKING:
    Text = models.CharField[str, str]
    LongText = models.TextField[str, str]
else:
    Text, LongText = models.CharField, models.TextField


class Unreadable(str):
    """A secret kept under a key that is not here: empty to whoever uses it, and written back as it was."""

    __slots__ = ("kept",)
    kept: str

    def __new__(cls, kept: str) -> Unreadable:
        made = super().__new__(cls, "")
        made.kept = kept
        return made


def derived_key(secret_key: str) -> bytes:
    """A key of its own for secrets, so that what signs sessions does not also open them."""
    stretched = HKDF(hashes.SHA256(), length=32, salt=None, info=b"orderyard secrets at rest").derive(
        secret_key.encode()
    )
    return base64.urlsafe_b64encode(stretched)


def seal(text: str) -> str:
    """``text`` as it is kept; nothing is kept as nothing."""
    return MARK + _box(_keys()).encrypt(text.encode()).decode() if text else ""


def unseal(kept: str) -> str:
    """What was sealed; an ``Unreadable`` where no key opens it."""
    return _opened(_keys(), kept) if kept.startswith(MARK) else kept


def _keys() -> tuple[bytes, ...]:
    given = tuple(key.encode() for key in settings.SECRETS_KEYS)
    return given or (derived_key(settings.SECRET_KEY),)


@lru_cache(maxsize=4)
def _box(keys: tuple[bytes, ...]) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in keys])


# A batch of orders reads all channels: what was opened once is not opened again.
@lru_cache(maxsize=1_000)
def _opened(keys: tuple[bytes, ...], kept: str) -> str:
    try:
        return _box(keys).decrypt(kept.removeprefix(MARK).encode()).decode()
    except InvalidToken:
        log.error("secret_unreadable")
        return Unreadable(kept)


class Hidden(models.Field):  # type: ignore[type-arg]
    """Nothing is looked up by this field but what ``lookups`` names; a screen looks nothing up by it at all."""

    lookups = frozenset({"isnull"})

    def get_lookup(self, lookup_name: str) -> Any:
        return super().get_lookup(lookup_name) if lookup_name in self.lookups else None

    def get_transform(self, lookup_name: str) -> None:
        return None


class SecretField(Hidden, LongText):
    """A secret we have to know ourselves. It is encrypted in the database, and stands in no form, export or dump.

    ``sent_to`` names the field with the address it is sent to: a form that changes that one asks for the secret again.
    """

    def __init__(self, *args: Any, sent_to: str = "", **kwargs: Any) -> None:
        self.sent_to = sent_to
        super().__init__(*args, **kwargs)

    def get_prep_value(self, value: Any) -> Any:
        if isinstance(value, Unreadable):
            return value.kept
        return seal(str(value)) if value is not None else None

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Any:
        return unseal(value) if value else value

    def value_from_object(self, obj: models.Model) -> str:
        """What forms begin with and ``dumpdata`` writes: nothing."""
        return ""

    def formfield(self, **kwargs: Any) -> Any:
        widget = forms.PasswordInput(attrs={"autocomplete": "new-password"})
        return super().formfield(**{"widget": widget, "strip": True, **kwargs})


class FingerprintField(Hidden, Text):
    """What a secret of others is recognized by: a hash of a password or a key. Found whole or not at all."""

    lookups = frozenset({"isnull", "exact"})


def leads_to_hidden(model: type[models.Model], path: str) -> bool:
    """Whether a lookup such as ``partner__token__startswith`` passes a hidden field, in this model or one it leads to."""
    at: type[models.Model] | None = model
    for name in path.split("__"):
        if at is None:
            return False
        try:
            field = at._meta.get_field(name)
        except FieldDoesNotExist:
            return False
        if isinstance(field, Hidden):
            return True
        at = field.related_model if field.is_relation else None
    return False


def secret_fields() -> Iterator[tuple[type[models.Model], list[str]]]:
    """Every model that keeps secrets, and which."""
    for model in apps.get_models():
        names = [field.name for field in model._meta.concrete_fields if isinstance(field, SecretField)]
        if names:
            yield model, names


def rotate_secrets() -> tuple[int, int]:
    """Encrypt every secret with the first key, also what was never encrypted; returns how many, and how many can't be read."""
    counts = [_rotate(model, names) for model, names in secret_fields()]
    return sum(done for done, _ in counts), sum(left for _, left in counts)


@transaction.atomic
def _rotate(model: type[models.Model], names: list[str]) -> tuple[int, int]:
    done = left = 0
    for row in model._default_manager.select_for_update(no_key=True).order_by("pk"):
        held = {name: getattr(row, name) for name in names}
        readable = {name: text for name, text in held.items() if text}
        left += sum(isinstance(text, Unreadable) for text in held.values())
        done += len(readable)
        # By an update: a row's history has no secrets, and nothing else of it changes.
        model._default_manager.filter(pk=row.pk).update(**readable)
    return done, left
