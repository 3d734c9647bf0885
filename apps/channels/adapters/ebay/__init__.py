"""eBay's Sell APIs: orders by polling and by notifications that name them; shipments, cancellations and stock go back."""

from __future__ import annotations

from django.utils.translation import gettext_noop

from apps.channels.adapters.ebay.client import FULFILL, IDENTITY, INVENTORY, NOTIFICATIONS, VERSION, Ebay
from apps.channels.adapters.ebay.inventory import BATCH
from apps.channels.adapters.ebay.messages import MESSAGES
from apps.channels.adapters.ebay.settings import EbaySettings
from apps.channels.adapters.ebay.signature import EbaySignature, challenge
from apps.channels.framework.adapter import Capability, ChannelAdapter, documents_in
from apps.channels.framework.setup import Credential, OAuth
from apps.channels.framework.stock import StockLimits

ADAPTER = ChannelAdapter(
    title="eBay",
    version=VERSION,
    messages=MESSAGES,
    contracts=documents_in(__file__),
    signing=EbaySignature(),
    challenge=challenge,
    test_note=gettext_noop(
        "With the address https://api.sandbox.ebay.com, buy as a sandbox test user. On eBay itself, buy one of your own offers from "
        "another account and cancel it here before it is picked."
    ),
    webhooks_note=gettext_noop(
        "eBay asks at once whether the address is yours, so it has to be reachable from the internet. Notifications of closed accounts "
        "stay in eBay's own hands: under Alerts & Notifications, enter the same address and verification token."
    ),
    webhooks_can_wait=True,
    shop=Ebay,
    settings=EbaySettings,
    stock=StockLimits(batch=BATCH),
    credentials=(
        Credential(
            name="base_url",
            of_vendor=True,
            label=gettext_noop("Address of eBay"),
            help=gettext_noop("https://api.ebay.com, or https://api.sandbox.ebay.com to try it"),
        ),
        Credential(
            name="api_key",
            label=gettext_noop("App ID (Client ID)"),
            help=gettext_noop("developer.ebay.com → Application Keysets"),
        ),
        Credential(
            name="api_secret", label=gettext_noop("Cert ID (Client Secret)"), help=gettext_noop("Beside the App ID")
        ),
        Credential(
            name="settings.ru_name",
            label=gettext_noop("RuName"),
            help=gettext_noop("Keysets → User Tokens: eBay's name for the address people are sent back to"),
        ),
        Credential(
            name="secret",
            label=gettext_noop("Verification token"),
            help=gettext_noop(
                "Only if one of yours stands at eBay already: 32 to 80 letters, digits, _ and -. Else one is made"
            ),
            optional=True,
        ),
        Credential(
            name="settings.alert_email",
            label=gettext_noop("Alert address"),
            help=gettext_noop("An e-mail address that eBay writes to when notifications can't be delivered"),
            optional=True,
        ),
        Credential(
            name="signing_key",
            label=gettext_noop("Private key of the digital signature"),
            help=gettext_noop(
                "Sellers in the EU and the UK: Key Management API → createSigningKey, cipher ED25519, privateKey; it is shown once"
            ),
            optional=True,
        ),
        Credential(
            name="settings.signing_jwe",
            label=gettext_noop("Signature key (JWE)"),
            help=gettext_noop("The jwe of the same answer"),
            optional=True,
        ),
    ),
    oauth=OAuth(
        authorize_url="https://auth.ebay.com/oauth2/authorize",
        token_url="{base_url}/identity/v1/oauth2/token",  # noqa: S106 - an address
        scopes=("https://api.ebay.com/oauth/api_scope", FULFILL, INVENTORY, IDENTITY, NOTIFICATIONS),
        basic=True,
        from_settings={"redirect_uri": "ru_name"},
    ),
    docs_url="https://developer.ebay.com/api-docs/sell/fulfillment/overview.html",
    capabilities=frozenset(
        {
            Capability.WEBHOOKS,
            Capability.POLLING,
            Capability.FETCH_ORDERS,
            Capability.SHIPMENTS,
            Capability.CANCELLATIONS,
            Capability.STOCK_OUT,
            Capability.STOCK_READ,
            Capability.CATALOG,
            Capability.LOCATIONS,
            Capability.CHECK,
            Capability.REGISTER_WEBHOOKS,
        }
    ),
)
