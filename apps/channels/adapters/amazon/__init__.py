"""Amazon's Selling Partner API: orders by polling and by notifications that name them; shipments, cancellations and stock go back.
Orders of v0, joined with their items, are read as well.
"""

from __future__ import annotations

from django.utils.translation import gettext_noop

from apps.channels.adapters.amazon.client import VERSION, Amazon
from apps.channels.adapters.amazon.messages import MESSAGES
from apps.channels.adapters.amazon.settings import AmazonSettings
from apps.channels.framework.adapter import Capability, ChannelAdapter, documents_in
from apps.channels.framework.setup import Credential, OAuth
from apps.channels.framework.signatures import StandardWebhooks
from apps.channels.framework.stock import StockLimits

ADAPTER = ChannelAdapter(
    title="Amazon",
    version=VERSION,
    messages=MESSAGES,
    contracts=documents_in(__file__),
    signing=StandardWebhooks(),
    test_note=gettext_noop(
        "Amazon has no test orders: buy one of your own offers that you ship yourself, from another account. It appears once Amazon "
        "has released it, after half an hour. Cancel it here before it is picked."
    ),
    webhooks_note=gettext_noop(
        "Amazon sends notifications to a queue (SQS) and to no address on the web. With the ARN of a queue of yours among the "
        "credentials, ORDER_CHANGE is subscribed to it from here; forwarding what arrives there stays with you: a relay posts each "
        "message, as it came, to the address above, signed with the webhook secret (Standard Webhooks)."
    ),
    webhooks_can_wait=True,
    webhooks_need="queue",
    shop=Amazon,
    settings=AmazonSettings,
    # Each figure is a call of its own.
    stock=StockLimits(batch=1),
    credentials=(
        Credential(
            name="base_url",
            of_vendor=True,
            label=gettext_noop("Address of the region"),
            help=gettext_noop(
                "https://sellingpartnerapi-eu.amazon.com, or -na for America and -fe for Japan, Singapore and Australia"
            ),
        ),
        Credential(
            name="api_key",
            label=gettext_noop("Client ID"),
            help=gettext_noop("Seller Central → Apps & Services → Develop Apps → View credentials"),
        ),
        Credential(
            name="api_secret",
            label=gettext_noop("Client secret"),
            help=gettext_noop("Beside the client ID; Amazon has it changed every 180 days"),
        ),
        Credential(
            name="refresh_token",
            label=gettext_noop("Refresh token"),
            help=gettext_noop("Develop Apps → Authorize: shown once, for your own account. It is not shown again here"),
            optional=True,
        ),
        Credential(
            name="settings.seller_id",
            label=gettext_noop("Seller ID"),
            help=gettext_noop("Settings → Account Info → Merchant Token, such as A3TH9S8BH6GOGM"),
        ),
        Credential(
            name="settings.marketplace_id",
            label=gettext_noop("Marketplace"),
            help=gettext_noop(
                "The one store this channel sells in: A1F83G8C2ARO7P is Amazon.co.uk, A1PA6795UKMFR9 Amazon.de"
            ),
        ),
        Credential(
            name="settings.application_id",
            label=gettext_noop("Application ID"),
            help=gettext_noop(
                "Only for a public app: amzn1.sellerapps.app. and so on; a private one has its refresh token"
            ),
            optional=True,
        ),
        Credential(
            name="settings.queue",
            label=gettext_noop("Queue (ARN)"),
            help=gettext_noop(
                "Only to receive orders at once: arn:aws:sqs:… of a queue that Amazon may send messages to"
            ),
            optional=True,
        ),
        Credential(
            name="secret",
            label=gettext_noop("Webhook secret"),
            help=gettext_noop("With which your relay signs the notifications it forwards. Else one is made"),
            optional=True,
        ),
    ),
    oauth=OAuth(
        authorize_url="https://sellercentral.amazon.com/apps/authorize/consent",
        token_url="https://api.amazon.com/auth/o2/token",  # noqa: S106 - an address
        code_in="spapi_oauth_code",
        from_settings={"application_id": "application_id"},
    ),
    docs_url="https://developer-docs.amazon.com/sp-api/docs/orders-api-v2026-01-01-reference",
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
            Capability.CHECK,
            Capability.REGISTER_WEBHOOKS,
        }
    ),
)
