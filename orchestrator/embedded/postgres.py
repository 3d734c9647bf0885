"""A real PostgreSQL of our own."""

import contextlib
import secrets
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote

import psutil

from .binaries import Program, find_postgres, server_env
from .errors import EmbeddedError
from .lock import DataLock
from .paths import Layout, give, lay_out
from .ports import LOOPBACK, free_port
from .spawn import Child, spawn, wait_all, wait_until_ready

NAME = "orderyard"
DEFAULT_PORT = 5432
START_SECONDS = 60
STOP_SECONDS = 20
LOG_BYTES = 10_000_000

SETTINGS = {
    "timezone": "UTC",
    "log_timezone": "UTC",
    "max_connections": "100",
    "jit": "off",
    "shared_buffers": "256MB",
    # Pages come from memory or a solid disk: an index costs no more to jump in than a table to read through.
    "random_page_cost": "1.1",
    # After every checkpoint each page that is touched goes whole into the log once; four times fewer of them.
    "checkpoint_timeout": "20min",
    "max_wal_size": "2GB",
    # A failed statement and its DETAIL quote the row, and with it names and addresses of customers.
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
}
DURABLE = {"fsync": "on", "synchronous_commit": "on"}
# Without fsync a power cut may destroy the data, but kill -9 may not: the system still has what was written.
# So synchronous_commit stays on, otherwise a test that kills the server would see committed orders vanish.
THROWAWAY = {
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "on",
    "wal_level": "minimal",
    "max_wal_senders": "0",
}


class Postgres:
    """One PostgreSQL with the database and superuser `orderyard`, on a unix socket only its user may enter.

    Args:
        data_dir: what `.local/` is for the demo; where the data really stands, `places.lay_out` decides.
        throwaway: faster and not safe against a power cut; for tests.
        port: also listen on this loopback port, or the next free one, behind a password; None: socket only.
    """

    def __init__(
        self,
        data_dir: Path,
        *,
        say: Callable[[str], None],
        throwaway: bool = False,
        port: int | None = None,
    ) -> None:
        self._layout: Layout = lay_out(data_dir)
        self._say = say
        self._throwaway = throwaway
        self._lock = DataLock(self._layout.control / "postgres.lock")
        self._child: Child | None = None
        self._listens = port is not None
        self._port = free_port(port, purpose="PostgreSQL", say=say) if port else DEFAULT_PORT

    @property
    def url(self) -> str:
        """What DATABASE_URL should be: through the unix socket."""
        port = "" if self._port == DEFAULT_PORT else f"&port={self._port}"
        return f"postgresql://{NAME}@/{NAME}?host={quote(str(self._layout.run))}{port}"

    @property
    def tcp_url(self) -> str | None:
        """The same database through loopback, where a port was asked for."""
        if not self._listens:
            return None
        return f"postgresql://{NAME}:{self._password_file().read_text()}@{LOOPBACK}:{self._port}/{NAME}"

    @property
    def pid(self) -> int | None:
        """Process id of the postmaster while it runs."""
        return self._child.pid if self._child and self._child.alive else None

    @property
    def log(self) -> Path:
        """The server's own log."""
        return self._layout.logs / "postgres.log"

    def start(self) -> None:
        """Start it, making the data at the first time, and wait until it takes connections.

        Raises:
            AlreadyRunning: a living process runs a server on this data.
            EmbeddedError: it did not come up; the message ends with its log.
        """
        if self.pid:
            return
        self._child = None
        self._lock.release()
        self._lock.acquire()
        try:
            program = find_postgres(self._layout.account, self._say)
            if self._data_is_made(program):
                self._clear_after_a_kill()
            else:
                self._make_data(program)
            self._run(program)
        except BaseException:
            self.kill()
            raise

    def stop(self) -> None:
        """Stop it in good order: open transactions are rolled back; a no-op when it doesn't run."""
        if self._child:
            # SIGINT is PostgreSQL's "fast" shutdown. What is thrown away needs no last checkpoint: SIGQUIT.
            self._child.send(signal.SIGQUIT if self._throwaway else signal.SIGINT)
            if not self._child.wait(STOP_SECONDS):
                self._child.kill_tree()
            self._child = None
        self._lock.release()

    def kill(self) -> None:
        """kill -9 the server and all its connections, for tests of what happens then."""
        if self._child:
            self._child.kill_tree()
            self._child = None
        self._lock.release()

    def wipe(self) -> None:
        """Delete the data; the next start recreates it.

        Raises:
            AlreadyRunning: a living process uses it.
        """
        self._lock.acquire()
        try:
            if self._layout.postgres.exists():
                self._clear_after_a_kill()
                shutil.rmtree(self._layout.postgres)
        finally:
            self._lock.release()

    def _data_is_made(self, program: Program) -> bool:
        version = self._layout.postgres / "PG_VERSION"
        if not version.exists():
            return False
        made_by = version.read_text().strip()
        if made_by != str(program.major):
            raise EmbeddedError(
                f"The data in {self._layout.postgres} was made by PostgreSQL {made_by}, but {program.path} "
                f"is {program.major}. Remove the data (`make clean`) or bring PostgreSQL {made_by} back."
            )
        return True

    def _make_data(self, program: Program) -> None:
        """Make the data under another name and move it in place: a half-made one is never started."""
        half = self._layout.home / "postgres.new"
        shutil.rmtree(half, ignore_errors=True)
        give(half, self._layout.account)
        locale = ["--locale-provider=builtin", "--locale=C.UTF-8"] if program.major >= 17 else ["--locale=C"]
        initdb = str(program.path.with_name("initdb"))
        access = ["--auth-local=trust", "--auth-host=scram-sha-256"]
        # Seconds are saved by not waiting for the disk; a power cut right now would lose nothing but empty tables.
        self._run_once(
            [initdb, "-D", str(half), "-U", NAME, "-E", "UTF8", *locale, *access, "--no-sync", "--no-instructions"]
        )
        password = secrets.token_urlsafe(24)
        self._run_once(
            # Of template1, so that test databases, which are made without migrations, have the extension as well.
            [str(program.path), "--single", "-F", "-D", str(half), "template1"],
            feed=f"CREATE EXTENSION pg_trgm\nCREATE DATABASE {NAME}\nALTER ROLE {NAME} PASSWORD '{password}'\n",
        )
        file = self._password_file()
        file.touch(mode=0o600)
        file.write_text(password)
        shutil.rmtree(self._layout.postgres, ignore_errors=True)
        half.rename(self._layout.postgres)

    def _password_file(self) -> Path:
        return self._layout.control / "postgres.password"

    def _run_once(self, argv: list[str], feed: str = "") -> None:
        account = self._layout.account
        done = subprocess.run(
            argv,
            check=False,
            env=server_env(),
            cwd="/",
            input=feed,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            user=account.uid if account else None,
            group=account.gid if account else None,
            extra_groups=[] if account else None,
        )
        if done.returncode:
            raise EmbeddedError(f"{argv[0]} failed (exit code {done.returncode}):\n{done.stdout}")

    def _run(self, program: Program) -> None:
        if self.log.exists() and self.log.stat().st_size > LOG_BYTES:
            self.log.unlink()
        with self.log.open("ab") as output:
            self._child = spawn(
                [str(program.path), *self._arguments(program)],
                env=server_env(),
                output=output,
                account=self._layout.account,
                death_signal=signal.SIGINT,
            )
        wait_until_ready(self._child, self._is_ready, name="PostgreSQL", log=self.log, seconds=START_SECONDS)

    def _arguments(self, program: Program) -> list[str]:
        settings = SETTINGS | (THROWAWAY if self._throwaway else DURABLE)
        settings["listen_addresses"] = LOOPBACK if self._listens else ""
        settings["unix_socket_directories"] = str(self._layout.run)
        settings["port"] = str(self._port)
        if has_statement_statistics(program):
            settings["shared_preload_libraries"] = "pg_stat_statements"
        if program.major >= 18:
            # Two cores have no use for three more processes that read ahead.
            settings["io_method"] = "sync"
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        return ["-D", str(self._layout.postgres), *options]

    def _is_ready(self) -> bool:
        """The postmaster writes its state into its pid file, eighth line; no client is needed to ask."""
        try:
            lines = (self._layout.postgres / "postmaster.pid").read_text().splitlines()
        except OSError:
            return False
        return len(lines) > 7 and lines[0] == str(self.pid) and lines[7].strip() == "ready"

    def _clear_after_a_kill(self) -> None:
        """End what a killed run left on the data.

        We hold the lock, so no living run owns these servers. PostgreSQL itself refuses to start when the pid
        in a stale pid file has meanwhile gone to any other program of the same user, so the file goes too (and the
        socket's, which names the same pid), but only once no server has the data open.
        """
        pid_file = self._layout.postgres / "postmaster.pid"
        if pid_file.exists():
            self._end_servers_left_behind()
            pid_file.unlink(missing_ok=True)
        for socket in self._layout.run.glob(".s.PGSQL.*"):
            socket.unlink(missing_ok=True)

    def _end_servers_left_behind(self) -> None:
        left = list(servers_on(self._layout.postgres))
        for server in left:
            with contextlib.suppress(psutil.NoSuchProcess):
                server.send_signal(signal.SIGINT)
        stubborn = wait_all(left, STOP_SECONDS)
        for server in stubborn:
            with contextlib.suppress(psutil.NoSuchProcess):
                server.kill()
        wait_all(stubborn, STOP_SECONDS)
        if left:
            self._say(f"ended a PostgreSQL left behind by a killed run (pid {left[0].pid})")


def has_statement_statistics(program: Program) -> bool:
    """Whether pg_stat_statements came with this PostgreSQL."""
    install = program.path.parents[1]
    return any((install / folder / "pg_stat_statements.so").exists() for folder in ("lib", "lib/postgresql"))


def servers_on(data: Path) -> Iterator[psutil.Process]:
    """PostgreSQL processes that work in this data directory, by pid."""
    for process in psutil.process_iter(["name", "cwd"]):
        if process.info["cwd"] == str(data) and "postgres" in (process.info["name"] or ""):
            yield process
