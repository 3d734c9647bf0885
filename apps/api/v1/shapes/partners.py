"""Partners from outside."""

from __future__ import annotations

from datetime import date, datetime

from apps.api.v1.base import PageOf, Shape
from apps.contracts.selectors import CapabilityProof, partner_proofs_of
from apps.core.translated import translated
from apps.integrations.errors import PartnerUnusable
from apps.integrations.framework.offers import Offer
from apps.integrations.models import Partner, PartnerPoll
from apps.integrations.selectors import adapter_of


class AbilityOut(Shape):
    """``claimed``: its adapter declares it. ``proven`` null: it was not tried, or could not be, and ``sentence`` says why; ``live``:
    with the partner itself, not at the sandbox."""

    ability: str
    claimed: bool
    proven: bool | None
    live: bool
    sentence: str
    at: datetime | None


class PartnerOut(Shape):
    """``adapter``: the contract it speaks, in ``version``, which ends ``ends_on``; ``usable`` false: that adapter is not known here.
    ``polled``: it is asked what has happened, and last answered ``heard_at``; else it calls back. ``abilities``: what it can do, by
    its adapter's word and by trying it."""

    id: str
    code: str
    name: str
    active: bool
    adapter: str
    version: str
    ends_on: date | None
    usable: bool
    nodes: list[str]
    polled: bool
    heard_at: datetime | None
    abilities: list[AbilityOut]


class PartnerPage(PageOf[PartnerOut]):
    """Partners."""


def partner_out(row: Partner) -> PartnerOut:
    try:
        adapter = adapter_of(row)
    except PartnerUnusable:
        adapter = None
    poll = PartnerPoll.objects.filter(partner=row).first()
    return PartnerOut(
        id=row.public_id,
        code=row.code,
        name=row.name,
        active=row.active,
        adapter=row.adapter,
        version=adapter.version if adapter else "",
        ends_on=adapter.deprecated_on if adapter else None,
        usable=adapter is not None,
        nodes=sorted(row.nodes.values_list("node__code", flat=True)),
        polled=adapter is not None and adapter.declares(Offer.UPDATES),
        heard_at=poll.heard_at if poll else None,
        abilities=[_ability(one) for one in partner_proofs_of(row)] if adapter else [],
    )


def _ability(one: CapabilityProof) -> AbilityOut:
    return AbilityOut(
        ability=str(one.capability),
        claimed=one.claimed,
        proven=one.proven,
        live=one.live,
        sentence=translated(one.sentence),
        at=one.at,
    )
