"""Real servers of our own, for a machine that has none: PostgreSQL, Valkey, and the processes of the demo.

Owns finding, starting and stopping them. Knows nothing of Django: the project is configured by DATABASE_URL and
REDIS_URL.
"""

from .errors import AlreadyRunning, EmbeddedError
from .paths import throwaway_folder
from .servers import Servers, servers

__all__ = ["AlreadyRunning", "EmbeddedError", "Servers", "servers", "throwaway_folder"]
