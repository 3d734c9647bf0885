"""What must always be true of a live database, each as one question in SQL; asked by ``doctor`` and after every fault test.

A question answers with the rows that break the rule: no row, no problem. Numbers are those of docs/reference/invariants.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from django.db import connection

from apps.core import database_clock

LIMBO_S = 60
SHOWN = 20


@dataclass(frozen=True, slots=True)
class Invariant:
    """``sql`` yields one text per offender. It may use ``%(now)s``, ``%(limbo)s`` (seconds) and ``%(canary)s`` (personal data to look for)."""

    code: str
    rule: str
    sql: str


@dataclass(frozen=True, slots=True)
class Report:
    """What was found: offenders by invariant code, at most twenty each; empty lists mean all is well."""

    offenders: Mapping[str, list[str]] = field(default_factory=dict)

    @property
    def healthy(self) -> bool:
        return not any(self.offenders.values())


INVARIANTS = (
    Invariant(
        "I1",
        "every order answered with success exists",
        """
        SELECT 'answered but missing: ' || ref FROM (
            SELECT convert_from(response, 'UTF8')::jsonb ->> 'id' AS ref FROM core_idempotencyrecord
             WHERE status IN (200, 201) AND method = 'POST' AND path = '/api/v1/orders'
            UNION ALL
            SELECT order_ref FROM channels_inboxmessage WHERE verdict = 'accepted' AND order_ref <> ''
        ) told WHERE ref IS NOT NULL AND NOT EXISTS (SELECT 1 FROM orders_order o WHERE o.public_id = told.ref)
        """,
    ),
    Invariant(
        "I2",
        "no line is shipped more often than it was ordered",
        """
        SELECT o.public_id || ' line ' || l.line_id || ' shipped ' || sum(f.shipped_quantity)
          FROM fulfillment_fulfillmentline f
          JOIN orders_orderline l ON l.id = f.order_line_id JOIN orders_order o ON o.id = l.order_id
          LEFT JOIN catalog_bundlecomponent b ON b.bundle_id = l.sku_id AND b.component_id = f.sku_id
         GROUP BY o.public_id, l.id, l.line_id, l.quantity, f.sku_id, b.quantity
        HAVING sum(f.shipped_quantity) > l.quantity * coalesce(b.quantity, 1)
        """,
    ),
    Invariant(
        "I2",
        "what the parcels hold is what the lines say was shipped",
        """
        SELECT 'fulfillment line ' || f.id || ': ' || f.shipped_quantity || ' shipped, ' || coalesce(p.units, 0) || ' in parcels'
          FROM fulfillment_fulfillmentline f
          LEFT JOIN (SELECT (item ->> 'line')::bigint AS line, sum((item ->> 'quantity')::int) AS units
                       FROM fulfillment_package, jsonb_array_elements(contents) item GROUP BY 1) p ON p.line = f.id
         WHERE f.shipped_quantity <> coalesce(p.units, 0)
        """,
    ),
    Invariant(
        "I2",
        "a fulfillment order was submitted under one reference",
        """
        SELECT reference || ' submitted ' || count(DISTINCT detail) || ' times' FROM outbound_calllog
         WHERE kind = 'partner' AND operation = 'submit' AND outcome = 'ok' GROUP BY reference HAVING count(DISTINCT detail) > 1
        """,
    ),
    Invariant(
        "I3",
        "nothing is there or reserved less than nothing",
        """
        SELECT n.code || ' ' || s.code || ': ' || l.reserved || ' reserved of ' || l.on_hand
          FROM inventory_stocklevel l JOIN network_node n ON n.id = l.node_id JOIN catalog_sku s ON s.id = l.sku_id
         WHERE l.reserved < 0 OR l.on_hand < 0
        """,
    ),
    Invariant(
        "I3",
        "no more is reserved than is there, but for what a claim names as its backorder",
        """
        SELECT n.code || ' ' || s.code || ': ' || r.units || ' reserved of ' || l.on_hand
          FROM (SELECT level_id, sum(quantity - backordered) AS units FROM inventory_reservation
                 WHERE state IN ('reserved', 'allocated') AND counted GROUP BY 1) r
          JOIN inventory_stocklevel l ON l.id = r.level_id
          JOIN network_node n ON n.id = l.node_id JOIN catalog_sku s ON s.id = l.sku_id
         WHERE r.units > l.on_hand
        """,
    ),
    Invariant(
        "I3",
        "nothing was reserved out of the safety stock, unless backorders are on",
        # A count or a loss may bring the level down to its safety stock, which is there for that; a claim may not.
        """
        SELECT n.code || ' ' || s.code || ': ' || l.reserved || ' reserved of ' || l.on_hand || ', safety stock ' || l.safety_stock
          FROM inventory_stocklevel l JOIN network_node n ON n.id = l.node_id JOIN catalog_sku s ON s.id = l.sku_id
         WHERE l.safety_stock > 0 AND l.reserved > l.on_hand - l.safety_stock AND NOT l.backorderable
           AND EXISTS (SELECT 1 FROM inventory_reservation r
                        WHERE r.level_id = l.id AND r.counted AND r.state IN ('reserved', 'allocated')
                          AND r.reserved_at > greatest(l.counted_at, (
                              SELECT max(coalesce(m.booked_at, m.moved_at)) FROM inventory_stockmovement m
                               WHERE m.level_id = l.id AND m.on_hand_delta < 0 AND m.reserved_delta = 0)))
        """,
    ),
    Invariant(
        "I3",
        "what a level says is reserved is the sum of its claims",
        """
        SELECT n.code || ' ' || s.code || ': level ' || l.reserved || ', claims ' || coalesce(r.units, 0)
          FROM inventory_stocklevel l JOIN network_node n ON n.id = l.node_id JOIN catalog_sku s ON s.id = l.sku_id
          LEFT JOIN (SELECT level_id, sum(quantity) AS units FROM inventory_reservation
                      WHERE state IN ('reserved', 'allocated') AND counted GROUP BY 1) r ON r.level_id = l.id
         WHERE l.reserved <> coalesce(r.units, 0)
        """,
    ),
    Invariant(
        "I3",
        "a level is the sum of its ledger",
        """
        SELECT n.code || ' ' || s.code || ': level ' || l.on_hand || '/' || l.reserved || ', ledger '
               || coalesce(m.on_hand, 0) || '/' || coalesce(m.reserved, 0)
          FROM inventory_stocklevel l JOIN network_node n ON n.id = l.node_id JOIN catalog_sku s ON s.id = l.sku_id
          LEFT JOIN (SELECT level_id, sum(on_hand_delta) AS on_hand, sum(reserved_delta) AS reserved
                       FROM inventory_stockmovement GROUP BY 1) m ON m.level_id = l.id
         WHERE (l.on_hand, l.reserved) <> (coalesce(m.on_hand, 0), coalesce(m.reserved, 0))
        """,
    ),
    Invariant(
        "I4",
        "no order is in limbo: it ends, or something is due for it, or a person has it",
        """
        SELECT o.public_id || ' ' || o.state || ' since ' || o.entered_state_at
          FROM orders_order o
         WHERE o.state NOT IN ('delivered', 'cancelled') AND o.entered_state_at < %(now)s::timestamptz - make_interval(secs => %(limbo)s)
           AND NOT EXISTS (SELECT 1 FROM orders_hold h WHERE h.order_id = o.id AND h.released_at IS NULL)
           AND NOT EXISTS (SELECT 1 FROM casework_exceptioncase c WHERE c.order_id = o.id
                            AND c.state IN ('open', 'in_progress', 'waiting'))
           AND NOT EXISTS (SELECT 1 FROM orchestration_steprun r WHERE r.stream = o.public_id AND r.state IN ('due', 'running'))
           AND NOT EXISTS (SELECT 1 FROM fulfillment_fulfillmentorder f WHERE f.order_id = o.id
                            AND f.state NOT IN ('delivered', 'rejected', 'cancelled'))
        """,
    ),
    Invariant(
        "I5",
        "every change of an order's state has one event",
        """
        WITH steps AS (
            SELECT id, history_id, state, lag(state) OVER (PARTITION BY id ORDER BY history_id) AS before
              FROM orders_historicalorder),
        changes AS (SELECT id, count(*) AS n FROM steps WHERE before IS NULL OR before <> state GROUP BY id),
        told AS (SELECT stream, count(*) AS n FROM core_event WHERE name IN ('order.accepted', 'order.validated', 'order.routed',
                   'order.unrouted', 'order.released', 'order.shipped', 'order.delivered', 'order.cancelled',
                   'order.handed_over') GROUP BY stream),
        revised AS (SELECT id, count(*) AS n FROM steps WHERE before = 'validated' AND state = 'received' GROUP BY id)
        SELECT o.public_id || ': ' || c.n || ' changes, ' || coalesce(t.n, 0) + coalesce(r.n, 0) || ' events'
          FROM changes c JOIN orders_order o ON o.id = c.id LEFT JOIN told t ON t.stream = o.public_id
          LEFT JOIN revised r ON r.id = c.id
         WHERE c.n <> coalesce(t.n, 0) + coalesce(r.n, 0)
        """,
    ),
    Invariant(
        "I6",
        "the oldest due step has not waited over a minute",
        """
        SELECT step || ' due since ' || min(due_at) FROM orchestration_steprun
         WHERE state = 'due' AND due_at < %(now)s::timestamptz - make_interval(secs => 60) GROUP BY step
        """,
    ),
    Invariant(
        "I7",
        "no personal data outside its tables",
        """
        WITH everything AS (
            SELECT 'event ' || id AS told, data::text AS said FROM core_event
            UNION ALL SELECT 'step run ' || id, last_error FROM orchestration_steprun WHERE last_error <> ''
            UNION ALL SELECT 'call ' || id, detail || request || response || path FROM outbound_calllog
            UNION ALL SELECT 'case ' || public_id, sentence || detail::text FROM casework_exceptioncase
            UNION ALL SELECT 'decision ' || public_id, question::text || plan::text || sentence FROM routing_routingdecision
        ),
        looks_like AS (
            SELECT told, lower(m[1]) AS word
              FROM everything, regexp_matches(said, '[[:alnum:]._+-]+@[[:alnum:]-]+(?:[.][[:alnum:]-]+)+', 'g') m),
        words AS (SELECT DISTINCT word FROM looks_like),
        -- A code of the merchant's may look like an address. It is one where a customer has it, or where it is no code.
        personal AS (
            SELECT word FROM words
             WHERE word IN (SELECT lower(email) FROM orders_ordercontact WHERE email <> '')
                OR NOT (EXISTS (SELECT 1 FROM catalog_sku s WHERE strpos(lower(s.code || ' ' || s.name), word) > 0)
                        OR EXISTS (SELECT 1 FROM catalog_skualias a WHERE strpos(lower(a.alias), word) > 0)
                        OR EXISTS (SELECT 1 FROM network_node n WHERE strpos(lower(n.code || ' ' || n.name), word) > 0)
                        OR EXISTS (SELECT 1 FROM orders_orderline l WHERE strpos(lower(l.sku_code || ' ' || l.line_id), word) > 0)
                        OR EXISTS (SELECT 1 FROM orders_order o WHERE strpos(lower(o.external_id), word) > 0)))
        SELECT DISTINCT told FROM looks_like WHERE word IN (SELECT word FROM personal)
        UNION SELECT told FROM everything WHERE %(canary)s <> '' AND strpos(said, %(canary)s) > 0
        """,
    ),
    Invariant(
        "I8",
        "every hold is somebody's work: a case stands about it, and no order that has ended is held",
        """
        SELECT o.public_id || ' held for ' || h.reason || ' since ' || h.placed_at
          FROM orders_hold h JOIN orders_order o ON o.id = h.order_id
         WHERE h.released_at IS NULL AND h.placed_at < %(now)s::timestamptz - make_interval(secs => %(limbo)s)
           AND (o.state IN ('shipped', 'delivered', 'cancelled') OR NOT EXISTS (
               SELECT 1 FROM casework_exceptioncase c LEFT JOIN casework_exceptioncase i ON i.id = c.merged_into_id
                WHERE c.subject_ref = o.public_id AND c.type = CASE h.reason WHEN 'no_stock' THEN 'manual' ELSE h.reason END
                  AND (c.state IN ('open', 'in_progress', 'waiting')
                       OR (c.resolution_code = 'merge' AND i.state IN ('open', 'in_progress', 'waiting')))))
           AND NOT EXISTS (SELECT 1 FROM orchestration_steprun r WHERE r.stream = o.public_id AND r.state IN ('due', 'running'))
        """,
    ),
    Invariant(
        "I9",
        "no node has to ship what was cancelled or taken off; a partner that has it is asked to stop, or a person was notified",
        """
        WITH work AS (
            SELECT l.order_line_id, l.sku_id, o.state AS order_state, o.public_id AS order_ref, f.public_id AS ref,
                   l.shipped_quantity,
                   CASE WHEN f.state IN ('open', 'accepted', 'picked', 'packed') AND NOT f.called_off AND NOT EXISTS (
                            SELECT 1 FROM core_event e
                             WHERE e.stream = o.public_id AND e.name = 'fulfillment.units_unwanted' AND e.subject_ref = f.public_id)
                        THEN l.quantity - l.shipped_quantity ELSE 0 END AS to_ship
              FROM fulfillment_fulfillmentline l JOIN fulfillment_fulfillmentorder f ON f.id = l.fulfillment_order_id
              JOIN orders_order o ON o.id = f.order_id
             WHERE f.state NOT IN ('rejected', 'cancelled')),
        lines AS (
            SELECT order_line_id, sku_id, order_state, order_ref, sum(to_ship) AS to_ship, sum(shipped_quantity) AS shipped
              FROM work GROUP BY 1, 2, 3, 4 HAVING sum(to_ship) > 0)
        SELECT w.order_ref || ' line ' || l.line_id || ': ' || w.to_ship || ' to ship, ' || w.shipped || ' shipped, '
               || l.quantity - l.cancelled_quantity - l.elsewhere_quantity || ' wanted'
          FROM lines w JOIN orders_orderline l ON l.id = w.order_line_id
          LEFT JOIN catalog_bundlecomponent b ON b.bundle_id = l.sku_id AND b.component_id = w.sku_id
         WHERE w.order_state = 'cancelled'
            OR w.to_ship + w.shipped > (l.quantity - l.cancelled_quantity - l.elsewhere_quantity) * coalesce(b.quantity, 1)
        """,
    ),
)


def check(*, limbo_s: int = LIMBO_S, canary: str = "") -> Report:
    """Ask every question. ``canary``: a piece of personal data that must turn up nowhere else."""
    offenders: dict[str, list[str]] = {}
    now = database_clock.now()
    for invariant in INVARIANTS:
        sql = f"SELECT told FROM ({invariant.sql}) broken(told) LIMIT {SHOWN}"
        with connection.cursor() as cursor:
            cursor.execute(sql, {"limbo": limbo_s, "canary": canary, "now": now} if "%(" in sql else None)
            found = [str(row[0]) for row in cursor.fetchall()]
        offenders.setdefault(invariant.code, []).extend(f"{invariant.rule}: {one}" for one in found)
    return Report(offenders)
