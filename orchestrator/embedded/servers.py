"""Both servers together, for the length of a `with`."""

import contextlib
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from .guard import Guard
from .paths import DEFAULT_DATA
from .postgres import Postgres
from .valkey import Valkey


@dataclass(frozen=True)
class Servers:
    """A running PostgreSQL and a running Valkey; each can be stopped, started and killed on its own.

    Attributes:
        guards: start them again when they died by themselves; for whoever runs something that lasts.
    """

    postgres: Postgres
    valkey: Valkey
    guards: tuple[Guard, ...] = ()

    def watch(self) -> None:
        """Start again what died.

        Raises:
            EmbeddedError: that is of no use any more.
        """
        for guard in self.guards:
            guard.watch()

    @property
    def database_url(self) -> str:
        """What DATABASE_URL should be."""
        return self.postgres.url

    @property
    def redis_url(self) -> str:
        """What REDIS_URL should be; stays true when Valkey is restarted."""
        return self.valkey.url


def say_on_stderr(text: str) -> None:
    """One line for a person; stdout belongs to what is run."""
    print(text, file=sys.stderr, flush=True)


@contextlib.contextmanager
def servers(
    data_dir: Path = DEFAULT_DATA,
    *,
    fresh: bool = False,
    throwaway: bool = False,
    postgres_port: int | None = None,
    say: Callable[[str], None] = say_on_stderr,
) -> Iterator[Servers]:
    """PostgreSQL and Valkey, up on entry and down on exit, whatever happens in between.

    Args:
        fresh: delete earlier data first.
        throwaway: no fsync; the caller removes the data (`places.throwaway_folder` does).
        postgres_port: also listen on this loopback port (or the next free one).

    Raises:
        AlreadyRunning: a living process runs servers on this data.
        EmbeddedError: a server is missing or did not come up.
    """
    postgres = Postgres(data_dir, say=say, throwaway=throwaway, port=postgres_port)
    valkey = Valkey(data_dir, say=say)
    if fresh:
        postgres.wipe()
    try:
        postgres.start()
        valkey.start()
        yield Servers(postgres, valkey, (Guard("PostgreSQL", postgres, say), Guard("Valkey", valkey, say)))
    finally:
        valkey.stop()
        postgres.stop()
