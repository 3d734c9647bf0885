"""What it takes to connect a shop: its credentials, what they allow, and the webhooks it is to send. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from apps.core.text import Text

REFRESH_TOKEN, SETTING = "refresh_token", "settings."


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential:
    """One thing to be pasted when a shop is connected. ``name``: the field of the channel: ``base_url``, ``api_key``,
    ``api_secret``, ``secret`` or ``signing_key``; ``settings.x`` for a setting of its own that is no secret; ``refresh_token`` where the vendor shows
    one, instead of sending people to a page. ``help``: where in the shop's screens it is found. ``of_vendor``: an address that many
    shops have in common."""

    name: str
    label: str
    help: str = ""
    optional: bool = False
    of_vendor: bool = False

    @property
    def is_open(self) -> bool:
        """Whether it may be shown again."""
        return self.name == "base_url" or self.name.startswith(SETTING)


USUAL_CREDENTIALS = (
    Credential(name="base_url", label=Text("Address of the shop"), help=Text("Such as https://shop.example.")),
    Credential(name="api_key", label=Text("API key"), help=Text("Made in the shop’s settings.")),
    Credential(name="api_secret", label=Text("API secret"), help=Text("The second half of the key."), optional=True),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class OAuth:
    """How leave is given on the vendor's page, and how a token is kept fresh (RFC 6749; ``pkce``: RFC 7636).

    Addresses may hold ``{base_url}``. ``scopes``: what is asked for. ``basic``: the app's id and secret go in the head of a
    token request, not in its body. ``rotates``: each refresh brings another refresh token, and the old one ends.
    ``code_extra``: what else is said when the page's code is turned into a token. ``client_credentials``: where nobody was sent to the
    page, the app gets a token by its own id and secret. ``app_secrets``: how an app's secret begins; whatever else is typed there is
    an access token already.
    ``from_settings``: what else the vendor's page is given, by the name there, from the channel's own settings.
    The app's id and secret are the channel's ``api_key`` and ``api_secret``. ``code_in``: what the code is called in the address the
    person is sent back to.
    """

    authorize_url: str
    token_url: str
    scopes: Sequence[str] = ()
    pkce: bool = False
    basic: bool = False
    rotates: bool = False
    code_in: str = "code"
    extra: Mapping[str, str] = field(default_factory=dict)
    code_extra: Mapping[str, str] = field(default_factory=dict)
    client_credentials: bool = False
    app_secrets: str = ""
    from_settings: Mapping[str, str] = field(default_factory=dict)

    def gets_by_itself(self, secret: str) -> bool:
        """Whether an app with this secret gets a token without anybody's page."""
        return self.client_credentials and secret.startswith(self.app_secrets)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """One thing credentials may allow. ``purpose``: what it is for, in words; ``needed``: without it the channel does not work."""

    name: str
    purpose: str
    granted: bool
    needed: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionReport:
    """What a shop said to the first call. ``account``: whose credentials these are, in the shop's words (its domain or id)."""

    shop_name: str = ""
    account: str = ""
    currency: str = ""
    country: str = ""
    time_zone: str = ""
    scopes: Sequence[Scope] = ()

    @property
    def missing(self) -> list[Scope]:
        return [one for one in self.scopes if one.needed and not one.granted]


@dataclass(frozen=True, slots=True, kw_only=True)
class Hook:
    """A webhook as the shop has it. ``active`` False: the shop has switched it off. ``relayed``: it goes to a queue of the shop's owner,
    who forwards it here."""

    external_id: str
    topic: str
    address: str
    active: bool = True
    relayed: bool = False


def is_same_path(address: str, other: str) -> bool:
    """Whether an address of a webhook is ours, of before this installation had the host it has now."""
    return urlsplit(address).path == urlsplit(other).path


def is_same_account(one: str, other: str) -> bool:
    """Whether two of a shop's names for itself are the same: an address with or without its scheme, in any case."""
    return _bare(one) == _bare(other)


def _bare(account: str) -> str:
    return account.strip().casefold().removeprefix("https://").removeprefix("http://").rstrip("/")
