"""A vendor without a system of its own: it gets purchase orders by mail, and answers by a link in them."""

from __future__ import annotations

from apps.integrations.adapters.mail_vendor.client import MailVendor
from apps.integrations.framework.adapter import PartnerAdapter
from apps.integrations.framework.offers import Offer
from apps.network.models import Capability

ADAPTER = PartnerAdapter(
    kind="mail_vendor",
    title="Purchase orders by e-mail",
    version="1",
    client=MailVendor,
    capabilities=frozenset({Capability.ACCEPT_REJECT}),
    offers=frozenset({Offer.REPLY_LINK}),
    by_mail=True,
)
