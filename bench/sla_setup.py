"""Fills the database for ``bench/sla.py``: a policy, and so many clocks of which so many are to be due."""

from __future__ import annotations

import os
import sys

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "orchestrator.settings")
django.setup()

from django.db import connection  # noqa: E402

from apps.core.actor import SYSTEM  # noqa: E402
from apps.network.models import Node  # noqa: E402
from apps.sla.rules import Policy, Rule  # noqa: E402
from apps.sla.services import publish_sla_policy  # noqa: E402

POLICY = Policy(
    (Rule("ship", "later", nodes=("bench",), minutes=6000), Rule("ship", "due", minutes=60, alert_breached=("lead",)))
)
_CLOCKS = """
INSERT INTO sla_slatimer (stage, subject_id, subject_ref, stream, node_id, policy_id, rule, state, started_at, due_at, total_s, next_at, paused_s, occasion)
SELECT 'ship', n, 'ful_bench' || n, 'ord_bench' || n, %s, %s, CASE WHEN n <= %s THEN 1 ELSE 0 END, 'running', now(),
       now() + interval '1 day' + n * interval '1 s', 3600, now() + interval '1 day' + n * interval '1 s', 0, 0
  FROM generate_series(1, %s) n
"""
# Every order has a timeline behind it, in which the clock looks for what ended its stage.
_EVENTS = """
INSERT INTO core_event (name, stream, subject_id, subject_ref, actor, correlation_id, data, recorded_at)
SELECT e.name, 'ord_bench' || n, n, 'ful_bench' || n, 'system:bench', '', '{}'::jsonb, now() - interval '1 hour'
  FROM generate_series(1, least(%s, 20000)) n,
       unnest(ARRAY['order.accepted', 'order.validated', 'order.routed', 'order.released', 'fulfillment.accepted']) e(name)
"""


def main() -> None:
    running, due = int(sys.argv[1]), int(sys.argv[2])
    node = Node.objects.create(code="bench", name="Bench", country="GB")
    version = publish_sla_policy(POLICY.to_json(), retime=False, actor=SYSTEM)
    with connection.cursor() as cursor:
        cursor.execute(_CLOCKS, [node.pk, version.pk, due, running])
        cursor.execute(_EVENTS, [running])
        cursor.execute("ANALYZE sla_slatimer, core_event")


if __name__ == "__main__":
    main()
