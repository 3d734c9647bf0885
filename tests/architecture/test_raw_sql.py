"""SQL is written in ``apps/core/bulk`` and in selectors; whatever else opens a cursor is named here, with its reason."""

from __future__ import annotations

import ast
from pathlib import Path

from tests.architecture.source import name_of, python_files, tree_of

OPENS_A_CURSOR = {"cursor", "raw", "RawSQL"}
# Shorter only: what is added needs a reason that holds in a year.
NAMED = {
    # Statements of the platform.
    "apps/core/database_clock.py": "asks for the database's time past Django's cursor, so that it counts as nobody's query",
    "apps/core/refused_webhooks.py": "one upsert that counts, on a path anybody on the internet can reach",
    "apps/orchestration/invariants.py": "the doctor: each invariant is a query over several apps' tables",
    "apps/orchestration/queue.py": "the queue is its SQL: claims by SKIP LOCKED, leases",
    # Writes that count or copy in the statement itself, which the ORM has no word for.
    "apps/casework/services/watching.py": "the clocks of many cases, which raise no version and keep no history",
    "apps/channels/services/bulk.py": "progress of a job, added to by several workers at once",
    "apps/channels/services/intake.py": "settles many messages with their orders in one statement",
    "apps/channels/services/receiving.py": "one upsert keeps a message or counts a repeat",
    "apps/channels/services/uploading.py": "progress of a job, appended to its results",
    "apps/inventory/services/moving.py": "adds deltas to counters, so that two movements never overwrite each other",
    "apps/routing/services/saving.py": "decisions by COPY, with JSON written by orjson",
    "apps/sla/services/starting.py": "clocks started by INSERT … SELECT … ON CONFLICT",
    "apps/sla/services/stopping.py": "clocks stopped with what each is measured by, in one statement",
    # Reads that are modules of their own beside the selectors, because each belongs to one rule.
    "apps/casework/related.py": "what else stands about the order of a case",
    "apps/console/today/figures.py": "counts for a screen over all orders of a day",
    "apps/console/cases/stock_panel.py": "who has a claim on a stock level",
    "apps/listings/feed.py": "changes since a transaction's number, which skip none that commits late",
    "apps/sla/facts.py": "the facts that start and stop clocks",
    "apps/sla/previewing.py": "a policy tried on the events of past orders",
    "apps/sla/time_in_state.py": "time in state, read from the event log",
    "apps/sla/pauses.py": "when a clock stands still",
}  # fmt: skip
# Whoever imports the driver knows more than Django.
KNOW_PSYCOPG = {
    "apps/core/bulk/bulk_insert.py", "apps/core/bulk/write_buffer.py", "apps/core/database_clock.py",
    "apps/core/postgresql/base.py", "apps/core/postgresql/broken_connections.py", "apps/core/postgresql/liveness.py",
    # The error page looks at why a connection was refused.
    "apps/console/shell/refused_views.py",
}  # fmt: skip


def test_sql_is_written_in_selectors_and_bulk_and_where_it_is_said_why() -> None:
    opening = {name_of(path) for path in python_files("apps") if not _may(path) and _opens_a_cursor(path)}

    assert opening == NAMED.keys()


def test_only_the_database_layer_knows_the_driver() -> None:
    knowing = {name_of(path) for path in python_files("apps") if _imports_psycopg(path)}

    assert knowing == KNOW_PSYCOPG


def test_nothing_private_of_django_or_psycopg_is_used_but_what_a_test_watches() -> None:
    private = {
        f"{name_of(path)}: {node.module}.{alias.name}"
        for path in python_files("apps", "orchestrator")
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.ImportFrom)
        and (node.module or "").partition(".")[0] in {"django", "psycopg", "psycopg_pool"}
        for alias in node.names
        if alias.name.startswith("_")
    }

    assert private == {"apps/core/postgresql/liveness.py: psycopg.errors._WaitTimeout"}


def _may(path: Path) -> bool:
    return name_of(path).startswith("apps/core/bulk/") or path.stem == "selectors" or "selectors" in path.parts


def _opens_a_cursor(path: Path) -> bool:
    return any(_called(node) in OPENS_A_CURSOR or _is_driver_connection(node) for node in ast.walk(tree_of(path)))


def _called(node: ast.AST) -> str:
    if not isinstance(node, ast.Call):
        return ""
    return getattr(node.func, "attr", getattr(node.func, "id", ""))


def _is_driver_connection(node: ast.AST) -> bool:
    """``connection.connection``: psycopg's, behind Django's back."""
    return (
        isinstance(node, ast.Attribute) and node.attr == "connection" and getattr(node.value, "id", "") == "connection"
    )


def _imports_psycopg(path: Path) -> bool:
    return any(
        (isinstance(node, ast.ImportFrom) and (node.module or "").startswith("psycopg"))
        or (isinstance(node, ast.Import) and any(alias.name.startswith("psycopg") for alias in node.names))
        for node in ast.walk(tree_of(path))
    )
