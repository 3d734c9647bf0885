"""Whom a run of a step calls: the shop, partner or webhook endpoint, found from what the run is about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Case, CharField, F, Model, OuterRef, QuerySet, Subquery, Value, When

from apps.channels.models import Channel, ChannelNotice, InboxMessage
from apps.fulfillment.models import FulfillmentOrder
from apps.integrations.models import Partner
from apps.orchestration.models import StepRun
from apps.outbound.states import CounterpartKind
from apps.webhooks.models import Delivery, WebhookEndpoint

PARTNER, SHOP, WEBHOOK = CounterpartKind.PARTNER, CounterpartKind.SHOP, CounterpartKind.WEBHOOK


@dataclass(frozen=True, slots=True)
class Subjects:
    """What these steps are about: rows of ``model``, on which ``code`` leads to the code of whom they call."""

    kind: CounterpartKind
    model: type[Model]
    code: str
    steps: frozenset[str]


# A step that stands in none of them calls nobody, or somebody who is no counterpart: a mail server.
SUBJECTS = (
    Subjects(
        PARTNER,
        FulfillmentOrder,
        "node__partner_node__partner__code",
        frozenset({"submit_to_partner", "ask_partner_to_cancel", "take_back_rejected"}),
    ),
    Subjects(PARTNER, Partner, "code", frozenset({"fetch_partner_updates", "prove_partners"})),
    Subjects(SHOP, ChannelNotice, "channel__code", frozenset({"send_channel_update"})),
    Subjects(SHOP, InboxMessage, "channel__code", frozenset({"read_refunds", "fetch_order", "answer_privacy"})),
    Subjects(
        SHOP,
        Channel,
        "code",
        frozenset(
            {
                "poll_channel", "reconcile_channel", "check_webhooks", "prove_channels", "send_channel_stock",
                "read_channel_stock", "read_catalog",
            }
        ),
    ),
    Subjects(WEBHOOK, Delivery, "endpoint__public_id", frozenset({"send_webhook"})),
)  # fmt: skip
CALLING_PARTNERS = SUBJECTS[0].steps
CALLING = frozenset().union(*(one.steps for one in SUBJECTS))
_NAMED: Mapping[CounterpartKind, tuple[type[Model], str]] = {
    PARTNER: (Partner, "code"),
    SHOP: (Channel, "code"),
    WEBHOOK: (WebhookEndpoint, "public_id"),
}


def with_called(runs: QuerySet[StepRun]) -> QuerySet[Any]:
    """The runs with the ``called_kind`` and ``called`` (its code) of whom they call; both empty: nobody, or it is gone."""
    kinds = [When(step__in=sorted(one.steps), then=Value(str(one.kind))) for one in SUBJECTS]
    codes = [When(step__in=sorted(one.steps), then=_code(one)) for one in SUBJECTS]
    return runs.annotate(
        called_kind=Case(*kinds, default=Value(""), output_field=CharField()),
        called=Case(*codes, default=Value(""), output_field=CharField()),
    )


def _code(one: Subjects) -> Subquery:
    rows = one.model._default_manager.filter(pk=OuterRef("subject_id"))
    return Subquery(rows.annotate(whom=F(one.code)).values("whom")[:1])


def names_of(whom: set[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """What people call these, by (kind, code)."""
    found = {}
    for kind, (model, field) in _NAMED.items():
        codes = [code for of, code in whom if of == kind]
        if codes:
            rows = model._default_manager.filter(**{f"{field}__in": codes}).values_list(field, "name")
            found.update({(str(kind), code): name for code, name in rows})
    return found
