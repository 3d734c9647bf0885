"""Which addresses may be called: https, and nothing that is not on the open internet. Asked at save and at every send.

The answer names the address to connect to, so that a name that resolves differently a moment later changes nothing.
"""

from __future__ import annotations

import ipaddress
import socket
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from apps.webhooks.errors import AddressRefused

LONGEST = 500
Address = ipaddress.IPv4Address | ipaddress.IPv6Address
# IPv6 that carries an IPv4 address inside: what counts is the one it carries.
_NAT64 = (ipaddress.ip_network("64:ff9b::/96"), ipaddress.ip_network("64:ff9b:1::/48"))


@dataclass(frozen=True, slots=True)
class Target:
    """Where to connect (``ip``), and what to ask for there."""

    ip: str
    port: int
    host: str
    path: str

    @property
    def url(self) -> str:
        """The address with the checked IP in place of the name."""
        shown = f"[{self.ip}]" if ":" in self.ip else self.ip
        return f"https://{shown}:{self.port}{self.path}"

    @property
    def host_header(self) -> str:
        name = f"[{self.host}]" if ":" in self.host else self.host
        return name if self.port == 443 else f"{name}:{self.port}"


def check(url: str) -> Target:
    """The target behind an address. Raises AddressRefused."""
    parts, port = _parts(url)
    host = (parts.hostname or "").rstrip(".").lower()
    found = resolve(host, port)
    if not found:
        raise AddressRefused("its name can't be found")
    if not all(is_public(ipaddress.ip_address(ip.partition("%")[0])) for ip in found):
        raise AddressRefused("it leads into a private network")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(found[0], port, _ascii(host), path)


def _parts(url: str) -> tuple[SplitResult, int]:
    if len(url) > LONGEST or not url.isascii() or not url.isprintable() or any(c in url for c in ' \\<>"'):
        raise AddressRefused(f"write it in at most {LONGEST} plain ASCII characters")
    try:
        parts = urlsplit(url)
        port = parts.port or 443
    except ValueError:
        raise AddressRefused("it can't be read") from None
    if parts.scheme != "https":
        raise AddressRefused("it must start with https://")
    if parts.username is not None or parts.password is not None:
        raise AddressRefused("it must not hold a name or password")
    if not parts.hostname or parts.fragment:
        raise AddressRefused("it needs a host, and no #fragment")
    return parts, port


def _ascii(host: str) -> str:
    try:
        return host.encode("idna").decode() if ":" not in host else host
    except UnicodeError:
        raise AddressRefused("its host is not a name") from None


def resolve(host: str, port: int) -> list[str]:
    """Every IP the host stands for, as the connection would find them: ``2130706433`` is 127.0.0.1 here too."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return []
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def is_public(ip: Address) -> bool:
    """Whether the address is one of the open internet, whatever it is wrapped in."""
    if isinstance(ip, ipaddress.IPv6Address):
        inner = _inside(ip)
        if inner is not None:
            return is_public(inner)
    return ip.is_global and not (ip.is_multicast or ip.is_reserved or ip.is_unspecified)


def _inside(ip: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    if any(ip in network for network in _NAT64):
        return ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
    if ip.teredo:
        return ip.teredo[1]
    return ip.ipv4_mapped or ip.sixtofour
