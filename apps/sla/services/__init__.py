"""The only writers of clocks and their policies; one file per concern."""

from apps.sla.services.case_clocks import keep_approvals, keep_cases
from apps.sla.services.defaults import DEFAULT_POLICY, ensure_sla
from apps.sla.services.firing import fire_due
from apps.sla.services.order_clocks import News, keep_fulfillment, keep_orders
from apps.sla.services.publishing import (
    drop_draft,
    known_codes,
    publish_draft,
    publish_sla_policy,
    save_draft,
    start_draft,
)
from apps.sla.services.retiming import RECOUNT, RETIME, go_on, retime_batch, retime_orders
from apps.sla.services.stopping import forget_clocks
from apps.sla.services.watching import watch

__all__ = [
    "DEFAULT_POLICY",
    "RECOUNT",
    "RETIME",
    "News",
    "drop_draft",
    "ensure_sla",
    "fire_due",
    "forget_clocks",
    "go_on",
    "keep_approvals",
    "keep_cases",
    "keep_fulfillment",
    "keep_orders",
    "known_codes",
    "publish_draft",
    "publish_sla_policy",
    "retime_batch",
    "retime_orders",
    "save_draft",
    "start_draft",
    "watch",
]
