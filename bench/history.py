"""Orders of earlier days, written straight to the database: what has grown should not slow what is new."""

from __future__ import annotations

import json
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import connection, models

from apps.fulfillment.models import FulfillmentOrder
from apps.orders.models import Order, OrderContact, OrderLine

_STATEMENTS = (
    """
    INSERT INTO orders_order (public_id, channel, external_id, external_number, state, schema_version, currency,
        customer_tier, payment_state, payment_method, payment_references, service_level, shipping_method,
        split_preference, risk_level, tags, claimed_totals, doubts, total_minor, price_accepted, placed_at, received_at,
        entered_state_at, cancel_reason, pickup_location, pickup_node, source_said, version)
    SELECT 'ord_old' || lpad(n::text, 17, '0'), 'bench', 'old-' || n, '#old' || n, 'delivered', 1, 'GBP', '', 'paid', '',
        '{}', 'standard', '', 'unstated', 'none', '{}', '{}', '[]', 2500, false, now() - interval '30 days',
        now() - interval '30 days', now() - interval '25 days', '', '', '', '{}', 6
    FROM generate_series(1, %(n)s) n
    """,
    """
    INSERT INTO orders_orderline (order_id, position, line_id, sku_code, sku_id, title, quantity, cancelled_quantity,
        elsewhere_quantity, unit_price_minor, tax_minor, discount_minor, requires_shipping, gift_card, properties)
    SELECT o.id, p, p::text, s.code, s.id, '', 1, 0, 0, 1250, 0, 0, true, false, '{}'
    FROM orders_order o CROSS JOIN generate_series(0, 1) p
    JOIN catalog_sku s ON s.id = (SELECT min(id) FROM catalog_sku) + (o.id * 7 + p * 31) %% (SELECT count(*) FROM catalog_sku)
    """,
    """
    INSERT INTO orders_ordercontact (order_id, role, customer_reference, name, company, line1, line2, city, region,
        postal_code, country, email, phone, note, corrected_from, replaced)
    SELECT id, 'ship_to', '', 'Old Buyer', '', '1 Old Street', '', 'Leeds', '', 'LS1 1AA', 'GB',
        'old' || id || '@example.test', '', '', '{}', '[]' FROM orders_order
    """,
    """
    INSERT INTO core_event (name, stream, subject_id, subject_ref, actor, correlation_id, data, recorded_at)
    SELECT 'order.' || k, o.public_id, o.id, o.public_id, 'system:bench', '', '{}',
        now() - interval '30 days'
    FROM orders_order o CROSS JOIN unnest(ARRAY['accepted','validated','routed','released','shipped','delivered']) k
    """,
    """
    INSERT INTO orchestration_steprun (event_id, step, stream, subject_id, state, due_at, attempts, last_error,
        error_code, created_at, finished_at)
    SELECT e.id, 'validate_order', e.stream, e.subject_id, 'done', e.recorded_at, 0, '', '', e.recorded_at, e.recorded_at
    FROM core_event e
    """,
    """
    INSERT INTO fulfillment_fulfillmentorder (public_id, order_id, node_id, state, request_state, service_level,
        waits_for_stock, partner_reference, reject_reason, reject_note, created_at, entered_state_at, version)
    SELECT 'ful_' || left(md5(o.id::text), 24), o.id, (SELECT min(id) FROM network_node) + o.id %% 20, 'delivered',
        'unsubmitted', 'standard', false, '', '', '', o.placed_at, o.entered_state_at, 4
    FROM orders_order o
    """,
)


def make_history(orders: int) -> None:
    """``orders`` delivered orders with lines, contacts, events, runs and fulfillment orders."""
    if not orders:
        return
    with connection.cursor() as cursor:
        for model in (Order, OrderLine, OrderContact, FulfillmentOrder):
            _let_columns_be_left_out(cursor, model)
        for sql in _STATEMENTS:
            cursor.execute(sql, {"n": orders} if "%(n)s" in sql else {})
        # What loading so much leaves to tidy up is no cost of what is measured next.
        cursor.execute("VACUUM ANALYZE")


def _let_columns_be_left_out(cursor: Any, model: type[models.Model]) -> None:
    """What a statement above does not name is what Django would write: a new field does not break the benches."""
    table = connection.ops.quote_name(model._meta.db_table)
    for field in model._meta.concrete_fields:
        default = field.get_default()
        if isinstance(default, list | dict):
            default = "{}" if isinstance(field, ArrayField) else json.dumps(default)
        if not field.null and not field.generated and isinstance(default, str | bool | int):
            name = connection.ops.quote_name(str(field.column))
            cursor.execute(f"ALTER TABLE {table} ALTER COLUMN {name} SET DEFAULT '{default}'")
