"""Reads of partners and of what was said to them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q, QuerySet
from pydantic import ValidationError

from apps.core import clock, database_clock
from apps.core.text import Text
from apps.fulfillment.errors import FulfillmentOrderNotFound
from apps.fulfillment.models import FulfillmentOrder
from apps.fulfillment.states import BEFORE_SHIPPED, FulfillmentState, RequestState
from apps.integrations.errors import PartnerNotConfigured, PartnerNotFound, PartnerUnusable
from apps.integrations.framework.adapter import PartnerAdapter
from apps.integrations.framework.base import PartnerClient
from apps.integrations.framework.registry import adapters
from apps.integrations.models import Partner, PartnerNode
from apps.network.models import Capability
from apps.orders.states import OrderState
from apps.outbound.counterparts import Counterpart
from apps.outbound.health import CALL_LASTS, RETRY_COSTS, TIMEOUT_COSTS
from apps.outbound.models import CallLog
from apps.outbound.services.calling import UNDER_WAY
from apps.outbound.states import CallOutcome, CounterpartKind

SUBMIT, LOOK_UP, CANCEL, UPDATES = "submit", "look_up", "cancel", "updates"
# What has left and is not said to have arrived is asked about for so long.
ARRIVES_WITHIN = timedelta(days=30)
_THEIRS = (RequestState.SUBMITTED, RequestState.ACCEPTED, RequestState.CANCEL_REQUESTED, RequestState.CANCEL_REJECTED)


@dataclass(frozen=True, slots=True)
class PartnerRequest:
    """A fulfillment order (with node and order), the partner who has to do it, and how to speak to it."""

    row: FulfillmentOrder
    partner: Partner
    partner_code: str
    adapter: PartnerAdapter
    client: PartnerClient

    @property
    def key(self) -> str:
        """The idempotency key: the same on every attempt."""
        return self.row.public_id

    @property
    def counterpart(self) -> Counterpart:
        """Each of a partner's nodes is well or not on its own."""
        node, partner = self.row.node, self.partner
        return Counterpart(CounterpartKind.PARTNER, partner.code, partner.name, node.code, node.name)

    def can(self, capability: Capability) -> bool:
        """What is ticked at the node counts where the partner's contract offers it at all."""
        return capability in self.row.node.capabilities and self.adapter.can(capability)

    @property
    def may_repeat(self) -> bool:
        """Whether what may have arrived can be sent again without a second parcel: asked for first, or taken only once."""
        return self.can(Capability.LOOK_UP) or self.can(Capability.DEDUPLICATES)


def to_be_sent(row: FulfillmentOrder) -> bool:
    """Whether a partner still has to be notified of it. Needs the order at hand."""
    unconfirmed = row.request_state in (RequestState.UNSUBMITTED, RequestState.OUTCOME_UNKNOWN)
    wanted = row.state == FulfillmentState.OPEN and not row.called_off and row.order.state != OrderState.CANCELLED
    return wanted and unconfirmed and not row.waits_for_stock


def is_in_doubt(row: FulfillmentOrder) -> bool:
    """Whether nobody knows if the partner has it, so that only asking them helps. Needs the order at hand."""
    return row.request_state == RequestState.OUTCOME_UNKNOWN and to_be_sent(row)


def partner_request(fulfillment_order_id: int) -> PartnerRequest:
    """Who has to be spoken to about a fulfillment order. Raises FulfillmentOrderNotFound, PartnerNotConfigured."""
    row = FulfillmentOrder.objects.select_related("node", "order").filter(pk=fulfillment_order_id).first()
    if row is None:
        raise FulfillmentOrderNotFound(fulfillment_order=fulfillment_order_id)
    link = PartnerNode.objects.select_related("partner").filter(node_id=row.node_id).first()
    if link is None:
        raise PartnerNotConfigured(node=row.node.name, problem=Text("none is set up for it"))
    if not link.partner.active:
        raise PartnerNotConfigured(node=row.node.name, problem=Text("is switched off"))
    try:
        adapter = adapter_of(link.partner)
        client = client_of(link.partner)
    except PartnerUnusable as refused:
        raise PartnerNotConfigured(node=row.node.name, problem=refused.details["problem"]) from None
    return PartnerRequest(row, link.partner, link.partner_code, adapter, client)


def adapter_of(partner: Partner) -> PartnerAdapter:
    """The adapter for the partner's contract. Raises PartnerUnusable."""
    found = adapters().get(partner.adapter)
    if found is None:
        raise PartnerUnusable(
            partner=partner.code, problem=Text("its adapter {adapter} is not known", adapter=partner.adapter)
        )
    return found


def client_of(partner: Partner) -> PartnerClient:
    """What speaks to the partner. Raises PartnerUnusable."""
    try:
        return adapter_of(partner).connect(partner.base_url, partner.token, partner.settings)
    except ValidationError as error:
        wrong = ", ".join(".".join(map(str, one["loc"])) or "all of them" for one in error.errors())
        raise PartnerUnusable(
            partner=partner.code, problem=Text("its settings are wrong ({problems})", problems=str(wrong))
        ) from None


def partner_by_code(code: str) -> Partner:
    """Raises PartnerNotFound."""
    found = Partner.objects.filter(code=code).first()
    if found is None:
        raise PartnerNotFound(partner=code)
    return found


def of_partner(partner: Partner, fulfillment_order_ref: str) -> tuple[int, int]:
    """Order pk and fulfillment order pk. Raises FulfillmentOrderNotFound, also where another partner has it."""
    rows = FulfillmentOrder.objects.filter(public_id=fulfillment_order_ref, node__partner_node__partner=partner)
    found = rows.values_list("order_id", "pk").first()
    if found is None:
        raise FulfillmentOrderNotFound(fulfillment_order=fulfillment_order_ref)
    return found


def outstanding(partner: Partner) -> QuerySet[FulfillmentOrder]:
    """What the partner has of ours and has not finished."""
    rows = FulfillmentOrder.objects.filter(node__partner_node__partner=partner, request_state__in=_THEIRS)
    on_its_way = Q(state=FulfillmentState.SHIPPED, entered_state_at__gt=clock.now() - ARRIVES_WITHIN)
    return rows.filter(Q(state__in=BEFORE_SHIPPED) | on_its_way)


@dataclass(frozen=True, slots=True)
class PastAttempts:
    """What is known of earlier attempts to hand a fulfillment order over.

    ``reference``: the partner answered with it, and the worker died before writing that down. ``unsure``: one may have arrived, nobody said either way. ``doubtful``: that, or a server said it failed, which it may
    have done after taking the order. ``busy_until``: somebody is at it right now. ``cost``: retry tokens another takes.
    """

    attempts: int
    reference: str
    unsure: bool
    doubtful: bool
    busy_until: datetime | None
    cost: int


def submissions(row: FulfillmentOrder) -> QuerySet[CallLog]:
    """The calls that handed it over, or tried to. Needs the order at hand."""
    about = {"stream": row.order.public_id, "reference": row.public_id, "operation": SUBMIT}
    return CallLog.objects.filter(kind=CounterpartKind.PARTNER, **about)


def past_submissions(row: FulfillmentOrder) -> PastAttempts:
    """Judge the earlier attempts by their calls, which were written down before anything was sent."""
    calls = list(submissions(row).order_by("pk"))
    unsure = any(call.outcome == CallOutcome.UNKNOWN for call in calls)
    failed = any(call.outcome == CallOutcome.FAILED and (call.status or 0) >= 500 for call in calls)
    last = calls[-1] if calls else None
    cost = 0 if last is None else TIMEOUT_COSTS if last.detail == "timeout" else RETRY_COSTS
    reference = next((call.detail for call in calls if call.outcome == CallOutcome.OK), "")
    return PastAttempts(len(calls), reference, unsure, unsure or failed, _busy_until(calls), cost)


def _busy_until(calls: list[CallLog]) -> datetime | None:
    # Longer than a call can last: whoever has not written down its end by then was killed.
    ends = [call.started_at + CALL_LASTS + timedelta(seconds=3) for call in calls if call.detail == UNDER_WAY]
    latest = max(ends, default=None)
    return latest if latest is not None and latest > database_clock.now() else None
