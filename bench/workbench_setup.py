"""Fills the database before ``bench.workbench``: orders of earlier days, and open cases about some of them."""

import os
import sys

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "orchestrator.settings")
django.setup()

from django.db import connection  # noqa: E402

from apps.accounts.models import Role, User  # noqa: E402
from apps.casework.services import ensure_casework  # noqa: E402
from bench.history import make_history  # noqa: E402
from bench.shop import stock_shop  # noqa: E402

orders, cases = int(sys.argv[1]), int(sys.argv[2])
stock_shop()
make_history(orders)
ensure_casework()
people = [
    User.objects.create_user(f"bench{number}", password="bench-password", is_staff=True, role=role)
    for number, role in enumerate((Role.AGENT, Role.AGENT, Role.LEAD, Role.OPERATIONS))
]
with connection.cursor() as cursor:
    cursor.execute(
        """
        INSERT INTO casework_exceptioncase (public_id, type, severity, state, order_id, subject_ref, sentence, detail,
            occurrences, opened_at, last_seen_at, resolution, resolution_code, reason_code, queue_id, owner_id, priority,
            waiting_on, value_minor, currency, channel, customer_tier, country, node, next_due_at, escalation_level, version)
        SELECT 'cas_' || left(md5('case' || o.id), 24),
            (ARRAY['address_invalid','unknown_sku','price_mismatch','payment_problem','fraud_review','no_stock','short_pick'])[1 + n %% 7],
            (ARRAY['low','medium','high','critical'])[1 + n %% 4], 'open', o.id, o.public_id,
            'Something is wrong with order ' || o.external_number || '.', '{}', 1, now() - n * interval '20 seconds',
            now(), '', '', '', q.id, CASE WHEN n %% 3 = 0 THEN %s + (n / 3) %% 4 END, 1 + n %% 5, '', 1000 + (n * 37) %% 90000,
            'GBP', 'bench', '', 'GB', 'n00' || n %% 10, now() + (n %% 2000 - 500) * interval '1 minute', 0, 1
        FROM (SELECT *, row_number() OVER (ORDER BY id) AS n FROM orders_order ORDER BY id LIMIT %s) o
        JOIN casework_queue q ON q.id = (SELECT min(id) FROM casework_queue) + o.n %% (SELECT count(*) FROM casework_queue)
        """,
        [people[0].pk, cases],
    )
    # What loading so much leaves to tidy up is no cost of what is measured next.
    cursor.execute("VACUUM ANALYZE")
