"""Fills the database before ``bench.search``: orders of earlier days, by people with names of all frequencies."""

import os
import sys

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "orchestrator.settings")
django.setup()

from django.db import connection  # noqa: E402

from apps.accounts.models import Role, User  # noqa: E402
from bench.history import make_history  # noqa: E402
from bench.shop import stock_shop  # noqa: E402

FIRST = [
    "Anna", "Ben", "Carla", "David", "Emma", "Farid", "Greta", "Hugo", "Ines", "Jonas", "Katja", "Liam", "Mia", "Noah", "Olga",
    "Pablo", "Rosa", "Sven", "Tina", "Umar", "Vera",
]  # fmt: skip
LAST = [
    "Smith", "Jones", "Garcia", "Schmidt", "Johnson", "Müller", "Rossi", "Martin", "Silva", "Kowalski", "Nguyen", "Andersen",
    "Dubois", "Moreau", "Fischer", "Weber", "Williams", "Hernández", "Zhang", "Okafor",
]  # fmt: skip
stock_shop()
make_history(int(sys.argv[1]))
User.objects.create_user("bench2", password="bench-password", is_staff=True, role=Role.LEAD)
with connection.cursor() as cursor:
    # One last name in two is followed by a number's letters, so that most words are rare and some are not.
    cursor.execute(
        """
        UPDATE orders_ordercontact SET
            name = (%(first)s::text[])[1 + order_id %% %(firsts)s] || ' ' || (%(last)s::text[])[1 + (order_id / 7) %% %(lasts)s]
                || CASE WHEN order_id %% 2 = 0 THEN '-' || translate((order_id %% 9973)::text, '0123456789', 'bcdfghjklm') ELSE '' END,
            email = lower((%(first)s::text[])[1 + order_id %% %(firsts)s] || '.' || (%(last)s::text[])[1 + (order_id / 7) %% %(lasts)s])
                || order_id || CASE WHEN order_id %% 3 = 0 THEN '@gmail.com' ELSE '@mail.example' END,
            postal_code = 'LS' || 1 + order_id %% 29 || ' ' || order_id %% 9 || 'AA',
            phone = '+44 7700 ' || lpad((order_id %% 999999)::text, 6, '0')
        """,
        {"first": FIRST, "firsts": len(FIRST), "last": LAST, "lasts": len(LAST)},
    )
    cursor.execute("UPDATE catalog_sku SET name = 'Mug, blue, size ' || id")
    cursor.execute("VACUUM ANALYZE")
