"""Who may do what at the start, and whom a case rings for. Operations change all of it; amounts are hundredths of
whatever unit the order is in."""

from __future__ import annotations

from apps.accounts.models import Role

# Each level counts from the one before it; the last one repeats.
ESCALATION = "default"
ESCALATION_NAME = "Owner, leads, managers"
LEVELS = (
    {"after_minutes": 30, "roles": [], "users": [], "owner": True, "mail": False},
    {"after_minutes": 60, "roles": [Role.LEAD.value], "users": [], "owner": True, "mail": True},
    {"after_minutes": 120, "roles": [Role.LEAD.value, Role.MANAGER.value], "users": [], "owner": True, "mail": True},
)
REPEAT_MINUTES, REPEAT_LIMIT = 240, 3

_NOTHING_LOST, _NO_LIMIT = 0, None
# What costs nothing, or only words: whoever works on cases.
_EVERYBODY = (
    "fix_address",
    "ask_customer",
    "call_customer",
    "choose_store",
    "map_sku",
    "release_hold",
    "backorder",
    "intercept_parcel",
    "await_return",
    "undone_by_hand",
    "handled_outside",
    "merge",
    "wait",
)
_WORKERS = (Role.AGENT, Role.LEAD, Role.MANAGER, Role.OPERATIONS, Role.ADMIN)
# What other systems do by API as their own act: the shop cancels, the warehouse counts, the ERP promises another day.
_MACHINES = ("cancel_order", "cancel_lines", "release_hold", "change_promise", "count_level")

Limit = tuple[int | None, int | None, bool]
# (most cost, most margin loss, own nodes only) by resolution and role; a role that is missing may not.
_LIMITED: dict[str, dict[Role, Limit]] = {
    "charge_lines": {
        Role.AGENT: (5_00, 5_00, False),
        Role.LEAD: (50_00, 50_00, False),
        Role.MANAGER: (200_00, 200_00, False),
        Role.OPERATIONS: (200_00, 200_00, False),
    },
    "accept_price": {
        Role.AGENT: (5_00, 5_00, False),
        Role.LEAD: (50_00, 50_00, False),
        Role.MANAGER: (200_00, 200_00, False),
        Role.OPERATIONS: (200_00, 200_00, False),
    },
    "choose_node": {
        Role.AGENT: (3_00, 3_00, False),
        Role.LEAD: (15_00, 15_00, False),
        Role.MANAGER: (30_00, 30_00, True),
        Role.OPERATIONS: (100_00, 100_00, False),
    },
    "move_orders": {
        Role.AGENT: (_NO_LIMIT, _NO_LIMIT, False),
        Role.LEAD: (_NO_LIMIT, _NO_LIMIT, False),
        Role.MANAGER: (_NO_LIMIT, _NO_LIMIT, True),
        Role.OPERATIONS: (_NO_LIMIT, _NO_LIMIT, False),
    },
    "count_level": {
        Role.AGENT: (25_00, 25_00, False),
        Role.LEAD: (250_00, 250_00, False),
        Role.MANAGER: (500_00, 500_00, True),
        Role.OPERATIONS: (_NO_LIMIT, _NO_LIMIT, False),
    },
    "split": {
        Role.AGENT: (5_00, 5_00, False),
        Role.LEAD: (20_00, 20_00, False),
        Role.MANAGER: (20_00, 20_00, True),
        Role.OPERATIONS: (100_00, 100_00, False),
    },
    "substitute": {
        Role.AGENT: (0, _NOTHING_LOST, False),
        Role.LEAD: (25_00, 25_00, False),
        Role.MANAGER: (15_00, 15_00, True),
        Role.OPERATIONS: (50_00, 50_00, False),
    },
    "partial_ship": {
        Role.AGENT: (5_00, 5_00, False),
        Role.LEAD: (20_00, 20_00, False),
        Role.MANAGER: (20_00, 20_00, True),
        Role.OPERATIONS: (100_00, 100_00, False),
    },
    "resend_goods": {
        Role.AGENT: (50_00, _NO_LIMIT, False),
        Role.LEAD: (250_00, _NO_LIMIT, False),
        Role.MANAGER: (500_00, _NO_LIMIT, False),
        Role.OPERATIONS: (_NO_LIMIT, _NO_LIMIT, False),
    },
    "instruct_refund": {
        Role.AGENT: (50_00, _NO_LIMIT, False),
        Role.LEAD: (250_00, _NO_LIMIT, False),
        Role.MANAGER: (500_00, _NO_LIMIT, False),
        Role.OPERATIONS: (_NO_LIMIT, _NO_LIMIT, False),
    },
    "cancel_lines": {
        Role.AGENT: (50_00, _NO_LIMIT, False),
        Role.LEAD: (250_00, _NO_LIMIT, False),
        Role.MANAGER: (500_00, _NO_LIMIT, False),
        Role.OPERATIONS: (_NO_LIMIT, _NO_LIMIT, False),
    },
    "cancel_order": {
        Role.AGENT: (100_00, _NO_LIMIT, False),
        Role.LEAD: (500_00, _NO_LIMIT, False),
        Role.MANAGER: (1_000_00, _NO_LIMIT, False),
        Role.OPERATIONS: (_NO_LIMIT, _NO_LIMIT, False),
    },
    "change_promise": {
        Role.AGENT: (100_00, _NO_LIMIT, False),
        Role.LEAD: (500_00, _NO_LIMIT, False),
        Role.MANAGER: (1_000_00, _NO_LIMIT, False),
        Role.OPERATIONS: (_NO_LIMIT, _NO_LIMIT, False),
    },
    "retry_step": {
        Role.LEAD: (_NO_LIMIT, _NO_LIMIT, False),
        Role.OPERATIONS: (_NO_LIMIT, _NO_LIMIT, False),
    },
    "read_again": {
        Role.LEAD: (_NO_LIMIT, _NO_LIMIT, False),
        Role.OPERATIONS: (_NO_LIMIT, _NO_LIMIT, False),
    },
    "send_stock_again": {
        Role.AGENT: (_NO_LIMIT, _NO_LIMIT, False),
        Role.LEAD: (_NO_LIMIT, _NO_LIMIT, False),
        Role.MANAGER: (_NO_LIMIT, _NO_LIMIT, False),
        Role.OPERATIONS: (_NO_LIMIT, _NO_LIMIT, False),
    },
    "not_sold_here": {
        Role.LEAD: (_NO_LIMIT, _NO_LIMIT, False),
        Role.OPERATIONS: (_NO_LIMIT, _NO_LIMIT, False),
    },
    "confirm_not_received": {
        Role.LEAD: (_NO_LIMIT, _NO_LIMIT, False),
        Role.OPERATIONS: (_NO_LIMIT, _NO_LIMIT, False),
    },
}


def resolution_limits() -> dict[tuple[str, str], Limit]:
    """(most cost, most margin loss, own nodes only) by resolution code and role."""
    free: Limit = (_NO_LIMIT, _NO_LIMIT, False)
    found: dict[tuple[str, str], Limit] = {(code, role.value): free for code in _EVERYBODY for role in _WORKERS}
    found |= {(code, Role.INTEGRATOR.value): free for code in _MACHINES}
    for code, roles in _LIMITED.items():
        found |= {(code, role.value): limit for role, limit in roles.items()}
        found[code, Role.ADMIN.value] = free
    return found


# (kind, from amount, roles that decide, how many must agree, nobody is asked, own nodes only)
APPROVALS: tuple[tuple[str, int, tuple[Role, ...], int, bool, bool], ...] = (
    # A CS lead may approve a replacement; a store manager may authorize one from the own store, within limits.
    ("substitution", 0, (Role.LEAD, Role.MANAGER, Role.OPERATIONS), 1, False, True),
    ("substitution", 50_00, (Role.LEAD, Role.OPERATIONS), 1, False, False),
    ("refund", 0, (Role.LEAD, Role.MANAGER), 1, False, False),
    ("refund", 500_00, (Role.LEAD, Role.MANAGER, Role.OPERATIONS), 2, False, False),
    ("price_override", 0, (Role.LEAD, Role.MANAGER, Role.OPERATIONS), 1, False, False),
    ("price_override", 500_00, (Role.MANAGER, Role.OPERATIONS), 2, False, False),
    ("cancel_after_release", 0, (Role.LEAD, Role.MANAGER, Role.OPERATIONS), 1, False, False),
    ("node_override", 0, (Role.LEAD, Role.MANAGER, Role.OPERATIONS), 1, False, True),
    ("ship_without_payment", 0, (Role.LEAD, Role.MANAGER), 1, False, False),
    ("ship_without_payment", 250_00, (Role.MANAGER, Role.OPERATIONS), 2, False, False),
    ("resolution", 0, (Role.LEAD, Role.MANAGER, Role.OPERATIONS), 1, False, False),
    ("resolution", 1_000_00, (Role.MANAGER, Role.OPERATIONS), 1, False, False),
    ("stock_count", 0, (Role.MANAGER, Role.OPERATIONS), 1, False, True),
    # How messages are read: whoever changes it has another look at it.
    ("mapping", 0, (Role.OPERATIONS,), 1, False, False),
)
EXPIRES_HOURS = 48
