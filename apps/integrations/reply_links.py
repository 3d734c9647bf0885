"""Links by which a partner without a system of its own answers: each is for one fulfillment order, and shows who it was sent to.

It names nobody and logs nobody in. Whoever holds it may say of this one fulfillment order what its partner may.
"""

from __future__ import annotations

from django.conf import settings
from django.core.signing import BadSignature, Signer

from apps.fulfillment.models import FulfillmentOrder
from apps.integrations.errors import PartnerNotFound, PartnerUnusable
from apps.integrations.framework.offers import Offer
from apps.integrations.models import Partner
from apps.integrations.selectors import adapter_of

_SIGNER = Signer(salt="partner-reply", sep="/")


def reply_link(fulfillment_order_ref: str) -> str:
    return f"{settings.ORDERYARD['URL'].rstrip('/')}/partner-reply/{_SIGNER.sign(fulfillment_order_ref)}/"


def opened_by(fulfillment_order_ref: str, signature: str) -> tuple[Partner, FulfillmentOrder]:
    """Whose answer the link brings, and about what. Raises PartnerNotFound: for a forged link, and one of a partner that has
    lost the fulfillment order, is switched off or answers in another way by now."""
    unusable = PartnerNotFound(partner=fulfillment_order_ref)
    try:
        _SIGNER.unsign(f"{fulfillment_order_ref}/{signature}")
        row = FulfillmentOrder.objects.select_related("node", "order").get(public_id=fulfillment_order_ref)
        partner = Partner.objects.get(nodes__node_id=row.node_id, active=True)
        answers_here = Offer.REPLY_LINK in adapter_of(partner).offers
    except (BadSignature, FulfillmentOrder.DoesNotExist, Partner.DoesNotExist, PartnerUnusable):
        raise unusable from None
    if not answers_here:
        raise unusable
    return partner, row
