"""What happens between us and partners as a whole; what happens to a fulfillment order is an event of fulfillment."""

from __future__ import annotations

from apps.core.event_types import Ball, EventData, Subject, event
from apps.core.outbox import Fact
from apps.integrations.models import Partner


@event(
    "partner.updates_due",
    subject=Subject.PARTNER,
    ball=Ball.INTEGRATION,
    says="The partner is asked what has happened.",
)
class PartnerUpdatesDue(EventData):
    pass


def updates_fact(partner: Partner) -> Fact:
    return Fact(PartnerUpdatesDue(), partner.pk, partner.public_id, partner.public_id)
