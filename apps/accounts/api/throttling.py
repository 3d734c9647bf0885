"""A key's quota: a fixed window of one minute, counted in Valkey."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import redis
import structlog
from django.conf import settings
from redis.backoff import NoBackoff
from redis.retry import Retry
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from apps.accounts.caller import Caller
from apps.core import clock

log = structlog.get_logger(__name__)
WINDOW_S = 60
# Waiting for a Valkey that is away would cost every request; after a failure nobody asks for a while.
SILENCE_S = 5.0
_silent_until = 0.0


class KeyQuota(BaseThrottle):
    """Refuses what is over ``quota_per_minute``; nought is no limit and costs nothing. Without Valkey all may pass."""

    _left_s = 0.0

    def allow_request(self, request: Request, view: Any) -> bool:
        caller = request.auth
        if not isinstance(caller, Caller) or not caller.quota_per_minute:
            return True
        now = clock.now().timestamp()
        self._left_s = WINDOW_S - now % WINDOW_S
        return count_in_minute(f"quota:{caller.actor.name}") <= caller.quota_per_minute

    def wait(self) -> float:
        """Seconds until the next window."""
        return self._left_s


def count_in_minute(what: str) -> int:
    """How many came in this minute, this one included; 0 where nobody can say."""
    global _silent_until
    if clock.monotonic() < _silent_until:
        return 0
    name = f"{what}:{int(clock.now().timestamp() // WINDOW_S)}"
    try:
        with _client().pipeline(transaction=False) as pipe:
            pipe.incr(name)
            pipe.expire(name, 2 * WINDOW_S)
            return int(pipe.execute()[0])
    except (redis.RedisError, OSError) as error:
        _silent_until = clock.monotonic() + SILENCE_S
        log.warning("quota_uncounted", error=type(error).__name__)
        return 0


@lru_cache(maxsize=1)
def _client() -> redis.Redis:
    # One attempt, and a short one: a quota is not worth a slow request.
    return redis.Redis.from_url(
        settings.REDIS_URL, socket_timeout=0.2, socket_connect_timeout=0.2, retry=Retry(NoBackoff(), 0)
    )
