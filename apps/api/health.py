"""Whether this process lives, and whether the system as a whole can take orders."""

from __future__ import annotations

import structlog
from django.db import Error, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from apps.core.postgresql.broken_connections import drop_broken_connections
from apps.orchestration.housekeeping import CANARY_STALE, canary_age

log = structlog.get_logger(__name__)
# Migrations that were applied stay applied; only a "no" is asked again.
_migrated = False


@require_safe
@never_cache
def live(request: HttpRequest) -> JsonResponse:
    """This process responds. Calls nothing else: a database that is away is no reason to restart the web server."""
    return JsonResponse({"status": "live"})


@require_safe
@never_cache
def ready(request: HttpRequest) -> JsonResponse:
    """200 when the database responds, is migrated, and the workers' canary came back lately; else 503 with the reasons."""
    try:
        reasons = _not_migrated() or _silent_workers()
    except Error as error:
        log.error("database_unreachable", error=repr(error)[:200])
        drop_broken_connections()
        reasons = ["the database does not answer"]
    if reasons:
        return JsonResponse({"status": "not ready", "reasons": reasons}, status=503, headers={"Retry-After": "5"})
    return JsonResponse({"status": "ready"})


def _not_migrated() -> list[str]:
    global _migrated
    if not _migrated:
        executor = MigrationExecutor(connection)
        plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
        _migrated = not plan
        return [f"{len(plan)} migrations are not applied"] if plan else []
    return []


def _silent_workers() -> list[str]:
    age = canary_age()
    if age is None:
        return ["no worker has reported yet"]
    if age > CANARY_STALE:
        return [f"the workers have not reported for {age.total_seconds():.0f} s"]
    return []
