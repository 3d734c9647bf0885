"""Which addresses may be called, asked when one is saved and again whenever it is called.

An address that any caller may hand in (a webhook's) has to be https on the open internet. One that an administrator connects
us to (a shop's, a partner's) may also lead into the networks named in ``OUTGOING_PRIVATE_NETWORKS``, there by plain http too.
Where clouds keep the keys of their machines is never called.

The answer names the IP to connect to, so that a name that resolves differently a moment later changes nothing.
"""

from __future__ import annotations

import ipaddress
import re
import socket
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError

from apps.core.errors import AddressRefused
from apps.core.text import Text

LONGEST = 500
# With what is asked for behind it, such as a hundred ids; servers take 8 KB.
LONGEST_ASKED = 4_000
Address = ipaddress.IPv4Address | ipaddress.IPv6Address
PORTS = {"https": 443, "http": 80}
# IPv6 that carries an IPv4 address inside: what counts is the one it carries.
_NAT64 = (ipaddress.ip_network("64:ff9b::/96"), ipaddress.ip_network("64:ff9b:1::/48"))
# Metadata services of Amazon, Google, Azure, Alibaba and Oracle, some of them on addresses that look public.
NEVER = tuple(
    map(
        ipaddress.ip_network,
        (
            "169.254.0.0/16", "fe80::/10", "fd00:ec2::/32", "fd20:ce::/32", "168.63.129.16/32", "100.100.100.200/32",
            "192.0.0.192/32",
        ),
    )
)  # fmt: skip
_NAME = re.compile(r"[a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?", re.ASCII)


class NameNotFound(AddressRefused):
    """Nobody knows the name now; that may be different later."""

    def __init__(self) -> None:
        super().__init__("its name can't be found")


@dataclass(frozen=True, slots=True)
class Target:
    """Where to connect (``ip``), and under which name."""

    ip: str
    host: str


def check(url: str, *, trusted: bool = False) -> Target:
    """The target behind an address. ``trusted``: an administrator set it up. Raises AddressRefused, NameNotFound."""
    parts, port = _parts(url, trusted=trusted)
    host = _host(parts)
    found = resolve(host, port)
    if not found:
        raise NameNotFound()
    for ip in found:
        _refuse_ip(ipaddress.ip_address(ip.partition("%")[0]), parts.scheme, trusted=trusted)
    return Target(found[0], host)


def validate_connection(url: str) -> None:
    """For fields that hold the address of a shop or partner. A name that nobody knows yet is asked again at every call."""
    try:
        check(url, trusted=True)
    except NameNotFound:
        pass
    except AddressRefused as refused:
        raise ValidationError(refused.sentence, code="address_refused") from None
    if "?" in url:
        raise ValidationError("This address can't be called: what is asked for is written behind it, so no ?query.")


def check_server(host: str, port: int) -> str:
    """The IP of a server that an administrator names, such as the mail's. Raises AddressRefused, NameNotFound."""
    name = host.strip().rstrip(".").lower().removeprefix("[").removesuffix("]")
    if not _is_host(name):
        raise AddressRefused(Text("its host is not a name"))
    found = resolve(name, port)
    if not found:
        raise NameNotFound()
    for ip in found:
        # What a mail server speaks is encrypted by its own means.
        _refuse_ip(ipaddress.ip_address(ip.partition("%")[0]), "https", trusted=True)
    return found[0]


def _parts(url: str, *, trusted: bool) -> tuple[SplitResult, int]:
    too_long = len(url.partition("?")[0]) > LONGEST or len(url) > LONGEST_ASKED
    if too_long or not url.isascii() or not url.isprintable() or any(c in url for c in ' \\<>"'):
        raise AddressRefused(Text("write it in at most {most} plain ASCII characters", most=LONGEST))
    try:
        parts = urlsplit(url)
        port = parts.port or PORTS.get(parts.scheme, 0)
    except ValueError:
        raise AddressRefused(Text("it can't be read")) from None
    if parts.scheme not in (PORTS if trusted else ("https",)):
        raise AddressRefused(Text("it must start with https://"))
    if parts.username is not None or parts.password is not None:
        raise AddressRefused(Text("it must not hold a name or password"))
    if not parts.hostname or "#" in url:
        raise AddressRefused(Text("it needs a host, and no #fragment"))
    return parts, port


def _host(parts: SplitResult) -> str:
    host = (parts.hostname or "").rstrip(".").lower()
    if not _is_host(host):
        raise AddressRefused(Text("its host is not a name"))
    return host


def _is_host(host: str) -> bool:
    return len(host) <= 253 and (":" in host or bool(_NAME.fullmatch(host)))


def resolve(host: str, port: int) -> list[str]:
    """Every IP the host stands for, as the connection would find them: ``2130706433`` is 127.0.0.1 here too."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return []
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def _refuse_ip(ip: Address, scheme: str, *, trusted: bool) -> None:
    real = unwrapped(ip)
    if any(real in network for network in NEVER):
        raise AddressRefused(Text("it leads to where a cloud keeps the keys of its machines"))
    if trusted and any(real in network for network in settings.OUTGOING_PRIVATE_NETWORKS):
        return
    if not is_public(real):
        raise AddressRefused("it leads into a private network" + (_HOW_TO_ALLOW if trusted else ""))
    if scheme != "https":
        raise AddressRefused(
            Text("over plain http everybody on the way reads its secrets; it must start with https://")
        )


_HOW_TO_ALLOW = "; if that is one of your own, whoever runs Orderyard names it in OUTGOING_PRIVATE_NETWORKS"


def is_public(ip: Address) -> bool:
    """Whether the address is one of the open internet, whatever it is wrapped in."""
    real = unwrapped(ip)
    return real.is_global and not (real.is_multicast or real.is_reserved or real.is_unspecified)


def unwrapped(ip: Address) -> Address:
    """The IPv4 address that an IPv6 address carries inside, or the address itself."""
    if isinstance(ip, ipaddress.IPv4Address):
        return ip
    if any(ip in network for network in _NAT64) or _is_compatible(ip):
        return ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
    if ip.teredo:
        return ip.teredo[1]
    return ip.ipv4_mapped or ip.sixtofour or ip


def _is_compatible(ip: ipaddress.IPv6Address) -> bool:
    """``::10.0.0.1``, an old way to write an IPv4 address; ``::`` and ``::1`` are addresses of their own."""
    return 1 < int(ip) <= 0xFFFFFFFF
