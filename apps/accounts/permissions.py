"""What each role may do: the one table. A scope is ``area:verb``; an API key may hold fewer than its role."""

from __future__ import annotations

from apps.accounts.models import Role

READ = frozenset(
    {"orders:read", "inventory:read", "network:read", "fulfillment:read", "cases:read", "catalog:read"}
) | {
    "approvals:read",
    "sla:read",
}
CASEWORK = frozenset({"orders:hold", "orders:release", "orders:cancel", "cases:write"})
FLOOR = frozenset({"fulfillment:write"})
# Four-eyes: who may put a proposal before others decides the table of resolutions and limits, not a scope.
DECIDING = frozenset({"approvals:decide"})
SETUP = frozenset({"casework:setup", "sla:write", "webhooks:write"})

SCOPES: dict[str, frozenset[str]] = {
    Role.AGENT: READ | CASEWORK,
    Role.LEAD: READ | CASEWORK | FLOOR | DECIDING | {"steps:retry"},
    Role.MANAGER: READ | CASEWORK | FLOOR | DECIDING | {"inventory:write"},
    Role.OPERATIONS: READ
    | CASEWORK
    | FLOOR
    | DECIDING
    | SETUP
    | {
        "orders:write",
        "inventory:write",
        "network:write",
        "catalog:write",
        "channels:write",
        "inbox:read",
        "inbox:replay",
        "steps:retry",
    },
    Role.INTEGRATOR: READ
    | FLOOR
    | {
        "orders:write",
        "orders:hold",
        "orders:release",
        "orders:cancel",
        "inventory:write",
        "inbox:read",
        "webhooks:write",
    },
}
SCOPES[Role.ADMIN] = frozenset().union(*SCOPES.values()) | {"accounts:write"}
ALL_SCOPES = SCOPES[Role.ADMIN]


# What is set up for the whole shop: whoever is limited to channels or places has none of it, whatever the role.
WHOLE_SHOP = SETUP | {"accounts:write", "catalog:write", "channels:write"}
# A place of one's own can be changed or shut by a key of that place at the API. The screens that need the scope hold more than places.
OF_PLACES = frozenset({"network:write"})


def scopes_of(role: str, narrowed_to: list[str] | None = None) -> frozenset[str]:
    """The scopes of a role, narrowed where a key names some; naming one the role lacks gives nothing."""
    granted = SCOPES.get(role, frozenset())
    return granted & frozenset(narrowed_to) if narrowed_to else granted
