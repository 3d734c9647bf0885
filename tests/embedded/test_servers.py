"""PostgreSQL and Valkey of our own: up, down, killed, and started again."""

import os
import signal
import stat
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path

import psutil
import psycopg
import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from orchestrator.embedded import AlreadyRunning, EmbeddedError, Servers, postgres, servers
from orchestrator.embedded.paths import lay_out, outside_path, remove

Start = Callable[..., subprocess.Popen[str]]
Eventually = Callable[[Callable[[], object]], None]
WorkingIn = Callable[[Path], list[int]]

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root hands its servers to another user")

HOLD = """
import sys, time
from pathlib import Path
from orchestrator.embedded import servers
with servers(Path(sys.argv[1]), throwaway=True) as pair:
    print(pair.postgres.pid, pair.valkey.pid, flush=True)
    time.sleep(60)
"""


def ask(url: str, query: str) -> object:
    with psycopg.connect(url, autocommit=True) as connection:
        cursor = connection.execute(query)
        row = cursor.fetchone() if cursor.description else None
        return row[0] if row else None


def test_both_servers_answer_and_are_gone_afterwards(made: Path, working_in: WorkingIn) -> None:
    with servers(made, throwaway=True) as pair:
        assert ask(pair.database_url, "select current_database()") == "orderyard"
        assert redis.from_url(pair.redis_url).ping()
        valkey = psutil.Process(pair.valkey.pid)
    assert not valkey.is_running()
    assert working_in(made) == []


def test_postgres_is_set_up_as_production_is(pair: Servers) -> None:
    assert ask(pair.database_url, "show timezone") == "UTC"
    assert ask(pair.database_url, "show server_encoding") == "UTF8"
    assert ask(pair.database_url, "show jit") == "off"
    assert ask(pair.database_url, "show max_connections") == "100"


def test_only_a_throwaway_server_risks_its_data(made: Path, pair: Servers) -> None:
    with servers(made) as durable:
        assert ask(durable.database_url, "show fsync") == "on"
        assert ask(durable.database_url, "show synchronous_commit") == "on"
    assert ask(pair.database_url, "show fsync") == "off"
    assert ask(pair.database_url, "show synchronous_commit") == "on"


def test_a_failed_statement_leaves_no_personal_data_in_the_log(pair: Servers) -> None:
    ask(pair.database_url, "create table people (email text unique)")
    ask(pair.database_url, "insert into people values ('canary@example.test')")
    with pytest.raises(psycopg.errors.UniqueViolation):
        ask(pair.database_url, "insert into people values ('canary@example.test')")
    log = pair.postgres.log.read_text()
    assert "people_email_key" in log
    assert "canary" not in log


def test_keeps_what_was_committed_over_a_stop(made: Path) -> None:
    with servers(made) as pair:
        ask(pair.database_url, "create table kept as select 41 as it")
    with servers(made) as pair:
        assert ask(pair.database_url, "select it from kept") == 41


def test_a_fresh_start_forgets_what_was_there(made: Path) -> None:
    with servers(made, throwaway=True) as pair:
        ask(pair.database_url, "create table forgotten as select 41 as it")
    with servers(made, throwaway=True, fresh=True) as pair, pytest.raises(psycopg.errors.UndefinedTable):
        ask(pair.database_url, "select it from forgotten")


def test_loses_nothing_committed_when_postgres_is_killed(pair: Servers) -> None:
    ask(pair.database_url, "create table survives (it int)")
    with psycopg.connect(pair.database_url) as connection:
        for number in range(50):
            connection.execute("insert into survives values (%s)", [number])
            connection.commit()
        pair.postgres.kill()
        with pytest.raises(psycopg.OperationalError):
            connection.execute("select 1")
    pair.postgres.start()
    assert ask(pair.database_url, "select count(*) from survives") == 50


def test_refuses_connections_while_postgres_is_stopped_and_takes_them_again(pair: Servers) -> None:
    pair.postgres.stop()
    with pytest.raises(psycopg.OperationalError):
        ask(pair.database_url, "select 1")
    pair.postgres.start()
    assert ask(pair.database_url, "select 1") == 1


@pytest.mark.parametrize("way", ["stop", "kill"])
def test_valkey_comes_back_empty_at_the_same_address(pair: Servers, way: str) -> None:
    address = pair.redis_url
    with redis.from_url(address) as client:
        client.set("bell", "rung")
        getattr(pair.valkey, way)()
        with pytest.raises(redis.ConnectionError):
            client.ping()
        pair.valkey.start()
        assert pair.redis_url == address
        assert client.get("bell") is None


def test_valkey_turns_away_a_caller_without_the_password(pair: Servers) -> None:
    with (
        redis.Redis(port=pair.valkey.port, retry=Retry(NoBackoff(), 0)) as stranger,
        pytest.raises(redis.AuthenticationError),
    ):
        stranger.ping()


def test_valkey_listens_on_loopback_alone(pair: Servers) -> None:
    listens = [one.laddr for one in psutil.Process(pair.valkey.pid).net_connections() if one.status == "LISTEN"]
    assert {address.ip for address in listens} == {"127.0.0.1"}


def test_starting_twice_and_stopping_twice_change_nothing(pair: Servers) -> None:
    for server in (pair.postgres, pair.valkey):
        pid = server.pid
        server.start()
        assert server.pid == pid
        server.stop()
        server.stop()
        assert server.pid is None
        server.start()


def test_a_server_outlives_the_thread_that_restarted_it(pair: Servers) -> None:
    def restart() -> None:
        for server in (pair.postgres, pair.valkey):
            server.kill()
            server.start()

    thread = threading.Thread(target=restart)
    thread.start()
    thread.join()
    assert ask(pair.database_url, "select pg_sleep(0.3) is null") is False
    assert redis.from_url(pair.redis_url).ping()


def test_listens_on_loopback_behind_a_password_where_a_port_is_asked_for(made: Path, free_port_number: int) -> None:
    with servers(made, throwaway=True, postgres_port=free_port_number) as pair:
        assert pair.postgres.tcp_url
        assert f":{free_port_number}/" in pair.postgres.tcp_url
        assert ask(pair.postgres.tcp_url, "select 1") == 1
        assert ask(pair.database_url, "select 1") == 1
        with pytest.raises(psycopg.OperationalError, match="password"):
            ask(f"postgresql://orderyard@127.0.0.1:{free_port_number}/orderyard", "select 1")


def test_refuses_a_second_start_on_the_same_data_and_names_the_holder(
    made: Path, python: Start, eventually: Eventually, working_in: WorkingIn
) -> None:
    holder = python("-c", HOLD, str(made))
    assert holder.stdout
    assert holder.stdout.readline()
    with pytest.raises(AlreadyRunning, match=f"pid {holder.pid} ") as refusal, servers(made, throwaway=True):
        pass
    assert refusal.value.pid == holder.pid
    holder.kill()
    eventually(lambda: working_in(made) == [])


def test_nothing_is_left_when_the_parent_is_killed(
    made: Path, python: Start, eventually: Eventually, working_in: WorkingIn
) -> None:
    holder = python("-c", HOLD, str(made))
    assert holder.stdout
    pids = [int(word) for word in holder.stdout.readline().split()]
    holder.kill()
    holder.wait()
    eventually(lambda: not any(psutil.pid_exists(pid) for pid in pids))
    eventually(lambda: working_in(made) == [])


def test_starts_again_after_a_kill_of_everything(made: Path, python: Start) -> None:
    holder = python("-c", HOLD, str(made))
    assert holder.stdout
    for pid in holder.stdout.readline().split():
        os.kill(int(pid), signal.SIGKILL)
    holder.kill()
    holder.wait()
    assert (lay_out(made).postgres / "postmaster.pid").exists()
    with servers(made, throwaway=True) as pair:
        assert ask(pair.database_url, "select 1") == 1


def test_starts_when_the_stale_pid_now_belongs_to_another_program(made: Path) -> None:
    with servers(made, throwaway=True) as pair:
        pair.postgres.kill()
    layout = lay_out(made)
    who = layout.account.uid if layout.account else None
    with subprocess.Popen(["sleep", "60"], user=who, cwd="/") as stranger:
        for stale in (layout.postgres / "postmaster.pid", layout.run / ".s.PGSQL.5432.lock"):
            lines = stale.read_text().splitlines()
            stale.write_text("\n".join([str(stranger.pid), *lines[1:]]) + "\n")
        with servers(made, throwaway=True) as pair:
            assert ask(pair.database_url, "select 1") == 1
        assert stranger.poll() is None
        stranger.kill()


def test_never_runs_two_servers_on_one_data_directory(
    made: Path, python: Start, monkeypatch: pytest.MonkeyPatch, said: list[str]
) -> None:
    monkeypatch.setattr(postgres, "STOP_SECONDS", 0.3)
    holder = python("-c", HOLD, str(made))
    assert holder.stdout
    left_behind = int(holder.stdout.readline().split()[0])
    # Frozen, it neither hears that its parent died nor can be asked to stop.
    os.kill(left_behind, signal.SIGSTOP)
    holder.kill()
    holder.wait()
    assert psutil.Process(left_behind).status() == psutil.STATUS_STOPPED
    with servers(made, throwaway=True, say=said.append) as pair:
        assert ask(pair.database_url, "select 1") == 1
        assert not psutil.pid_exists(left_behind) or psutil.Process(left_behind).status() == "zombie"
    assert f"pid {left_behind}" in said[0]


def test_refuses_data_of_another_postgres_and_leaves_it_alone(made: Path) -> None:
    version = lay_out(made).postgres / "PG_VERSION"
    true_version = version.read_text()
    version.write_text("13\n")
    try:
        with pytest.raises(EmbeddedError, match="made by PostgreSQL 13"), servers(made, throwaway=True):
            pass
        assert version.read_text() == "13\n"
    finally:
        version.write_text(true_version)


def test_a_half_made_data_directory_is_made_again(folder: Path) -> None:
    (lay_out(folder).home / "postgres.new").mkdir()
    (lay_out(folder).home / "postgres.new" / "PG_VERSION").touch()
    with servers(folder, throwaway=True) as pair:
        assert ask(pair.database_url, "select 1") == 1


def test_a_server_that_cannot_start_says_what_its_log_says(made: Path) -> None:
    configuration = lay_out(made).postgres / "postgresql.auto.conf"
    true_configuration = configuration.read_text()
    configuration.write_text("no_such_setting = 1\n")
    try:
        with pytest.raises(EmbeddedError, match="no_such_setting"), servers(made, throwaway=True):
            pass
    finally:
        configuration.write_text(true_configuration)


@as_root
def test_root_hands_both_servers_to_an_unprivileged_user(pair: Servers) -> None:
    for pid in (pair.postgres.pid, pair.valkey.pid):
        process = psutil.Process(pid)
        assert process.uids().real == process.uids().effective != 0
        assert process.gids().real != 0


@as_root
def test_root_under_a_closed_home_keeps_the_data_where_the_servers_reach_it(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    local = home / "project" / ".local"
    try:
        with servers(local, throwaway=True) as pair:
            ask(pair.database_url, "create table kept as select 41 as it")
        with servers(local, throwaway=True) as pair:
            assert ask(pair.database_url, "select it from kept") == 41
        place = outside_path(local)
        assert str(place) in (local / "README").read_text()
        assert stat.S_IMODE((place / "run").stat().st_mode) == 0o700
        assert not (local / "postgres").exists()
    finally:
        remove(local)
    assert not place.exists()
