"""What the pages of partners say of what a partner can do."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.translation import gettext_noop

from apps.contracts.conformance.partner_kit import SUBMIT
from apps.integrations.framework.offers import Offer
from apps.network.models import Capability

ABILITIES: Mapping[str, str] = {
    SUBMIT: gettext_noop("Takes orders, each once"),
    Capability.ACCEPT_REJECT: gettext_noop("Accepts or rejects an order"),
    Capability.LOOK_UP: gettext_noop("Can be asked by key, after a lost answer"),
    Capability.DEDUPLICATES: gettext_noop("Takes the same key once, however often it is sent"),
    Capability.CANCEL: gettext_noop("Stops an order"),
    Capability.PARTIAL_CANCEL: gettext_noop("Leaves out single units"),
    Offer.CONFIRMS: gettext_noop("Confirms on the same day"),
    Offer.CALLBACKS: gettext_noop("Reports by itself what happens"),
    Offer.UPDATES: gettext_noop("Is asked every five minutes what has happened"),
    Offer.REPLY_LINK: gettext_noop("Answers on a page of ours, by a link"),
    Offer.STOCK: gettext_noop("Takes our stock figures"),
    Offer.RATES: gettext_noop("Offers rates"),
    Offer.LABELS: gettext_noop("Sells labels"),
    Offer.VOID: gettext_noop("Takes labels back"),
    Offer.MANIFEST: gettext_noop("Closes the day with a manifest"),
    Offer.TRACKING: gettext_noop("Reports the way of a parcel"),
}
