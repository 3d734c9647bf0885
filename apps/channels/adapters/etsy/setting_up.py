"""What it takes to connect a shop of Etsy's: the app's key, and leave given on Etsy's page. Pure."""

from __future__ import annotations

from django.utils.translation import gettext_noop

from apps.channels.framework.setup import Credential, OAuth

ADDRESS = "https://openapi.etsy.com"
CREDENTIALS = (
    Credential(
        name="base_url",
        of_vendor=True,
        label=gettext_noop("Address of Etsy's API"),
        help=gettext_noop("https://openapi.etsy.com, the same for every shop."),
    ),
    Credential(
        name="api_key",
        label=gettext_noop("Keystring of the app"),
        help=gettext_noop("On etsy.com/developers/your-apps: the app's keystring."),
    ),
    Credential(
        name="api_secret",
        label=gettext_noop("Shared secret of the app"),
        help=gettext_noop("Beside the keystring; Etsy refuses calls without it."),
    ),
)
# Name, what for, and whether nothing works without it.
SCOPES = (
    ("transactions_r", gettext_noop("take orders in"), True),
    ("transactions_w", gettext_noop("report shipments"), True),
    ("shops_r", gettext_noop("see whose shop it is"), True),
    ("listings_r", gettext_noop("import the catalog and read the stock the shop shows"), False),
    ("listings_w", gettext_noop("send the stock"), False),
    ("email_r", gettext_noop("read the address of mail that customers are written to"), False),
)  # fmt: skip
OAUTH = OAuth(
    authorize_url="https://www.etsy.com/oauth/connect",
    token_url="{base_url}/v3/public/oauth/token",  # noqa: S106 - an address
    scopes=tuple(name for name, _, _ in SCOPES),
    pkce=True,
    rotates=True,
)
