"""Typed reading of the environment."""

from __future__ import annotations

import os
from base64 import urlsafe_b64decode
from ipaddress import IPv4Network, IPv6Network, ip_network
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured


def text(name: str, default: str = "") -> str:
    return os.environ.get(name, default)


def flag(name: str, default: bool = False) -> bool:
    return os.environ.get(name, "1" if default else "0").lower() in {"1", "true", "yes", "on"}


def number(name: str, default: int) -> int:
    return int(os.environ.get(name, default))


def words(name: str, default: str = "") -> list[str]:
    return [word for word in os.environ.get(name, default).replace(",", " ").split() if word]


def fernet_keys(name: str) -> list[str]:
    """Keys of 32 bytes in URL-safe base64. A wrong one stops the start: found later, it would be when a secret is needed."""
    keys = words(name)
    for number, key in enumerate(keys, 1):
        try:
            right = len(urlsafe_b64decode(key)) == 32
        except ValueError:
            right = False
        if not right:
            raise ImproperlyConfigured(
                f"{name}: key {number} is not 32 bytes in base64 (manage.py rotate_secrets --make-key)"
            )
    return keys


def networks(name: str) -> list[IPv4Network | IPv6Network]:
    """Networks such as ``10.0.0.0/8``, or single addresses."""
    try:
        return [ip_network(word) for word in words(name)]
    except ValueError as error:
        raise ImproperlyConfigured(f"{name}: {error}") from None


def database(url: str) -> dict[str, str]:
    """``postgresql://user:pass@host:5432/name?host=/socket/dir`` as Django wants it."""
    parts = urlsplit(url)
    if parts.scheme not in {"postgres", "postgresql"}:
        raise ValueError("DATABASE_URL must be a postgresql:// address; no other database tells the truth about locks")
    options = dict(parse_qsl(parts.query))
    return {
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or options.get("user", "")),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": unquote(parts.hostname or options.get("host", "")),
        "PORT": str(parts.port or options.get("port", "")),
    }
