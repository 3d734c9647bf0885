"""`python -m orchestrator.embedded run [--data DIR] [--throwaway] -- COMMAND...` and `... clean`."""

import argparse
import contextlib
import os
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from .binaries import remove_copies
from .environment import project_env
from .errors import EmbeddedError, Interrupted
from .interruption import Interruption
from .paths import DEFAULT_DATA, lay_out, remove, throwaway_folder
from .postgres import Postgres
from .servers import say_on_stderr, servers
from .spawn import Child, spawn

GRACE_SECONDS = 30
CALLERS_OWN = (
    "DATABASE_URL",
    "REDIS_URL",
    "SECRET_KEY",
    "SECRETS_KEYS",
    "OUTGOING_PRIVATE_NETWORKS",
    "DJANGO_SETTINGS_MODULE",
)


def main() -> int:
    """Do what the command line says; the exit code is the command's own."""
    options = arguments().parse_args()
    try:
        if options.verb == "clean":
            return clean(options.data)
        with Interruption() as interruption, environment(options) as (env, watch):
            return run(options.command, env, interruption, watch)
    except EmbeddedError as error:
        say_on_stderr(str(error))
        return 1
    except Interrupted as stop:
        return 128 + stop.signum


def arguments() -> argparse.ArgumentParser:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m orchestrator.embedded", description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True)
    run_verb = verbs.add_parser("run", help="run a command with DATABASE_URL and REDIS_URL of servers of its own")
    run_verb.add_argument("--data", type=Path, help="where the data is kept (default: .local)")
    run_verb.add_argument("--throwaway", action="store_true", help="fast servers whose data is deleted afterwards")
    run_verb.add_argument("command", nargs="+", metavar="COMMAND", help="after --")
    clean_verb = verbs.add_parser("clean", help="delete what the servers kept; refused while they run")
    clean_verb.add_argument("--data", type=Path, default=DEFAULT_DATA)
    return parser


@contextlib.contextmanager
def environment(options: argparse.Namespace) -> Iterator[tuple[dict[str, str], Callable[[], None]]]:
    """The environment for the command, with servers behind it for as long as it is needed, and what looks after them."""
    if os.environ.get("DATABASE_URL") and os.environ.get("REDIS_URL"):
        yield dict(os.environ), lambda: None
        return
    with contextlib.ExitStack() as stack:
        data_dir = options.data or DEFAULT_DATA
        if options.throwaway and not options.data:
            data_dir = stack.enter_context(throwaway_folder())
        elif options.throwaway:
            if data_dir.exists():
                raise EmbeddedError(f"{data_dir} exists; --throwaway deletes its folder, so name a new one.")
            stack.callback(remove, data_dir)
        pair = stack.enter_context(servers(data_dir, throwaway=options.throwaway))
        ours = project_env(lay_out(data_dir).control, database_url=pair.database_url, redis_url=pair.redis_url)
        # What the caller has set himself wins: one real server and one of ours, another secret key.
        kept = {name: os.environ[name] for name in CALLERS_OWN if os.environ.get(name)}
        yield os.environ | ours | kept, pair.watch


def run(command: list[str], env: dict[str, str], interruption: Interruption, watch: Callable[[], None]) -> int:
    """Run the command in the foreground, on our terminal, and give back its exit code.

    Raises:
        EmbeddedError: a server behind it can't be kept running; the command has been killed.
    """
    child = spawn(command, env=env, cwd=Path.cwd(), session=False)
    try:
        while not child.wait(0.1):
            if interruption.signum:
                return ended(child, interruption)
            watch()
    finally:
        if child.alive:
            child.kill_tree()
    return child.exit_code or 0


def ended(child: Child, interruption: Interruption) -> int:
    """Pass our signal on and let the command finish its own clean-up; its exit code.

    Ctrl-C is not passed on: the terminal has sent it to the whole foreground group already.
    """
    passed_on = 0
    deadline_steps = GRACE_SECONDS * 10
    for _ in range(deadline_steps):
        if interruption.count > passed_on:
            passed_on = interruption.count
            if not (interruption.signum == signal.SIGINT and sys.stdin.isatty()):
                child.send(interruption.signum)
        if child.wait(0.1):
            return child.exit_code or 0
    child.kill_tree()
    return 128 + interruption.signum


def clean(data_dir: Path) -> int:
    """Delete the data and all that stands beside it."""
    if data_dir.exists():
        Postgres(data_dir, say=say_on_stderr).wipe()
        remove(data_dir)
    if data_dir == DEFAULT_DATA:
        # Servers on other data start from the same copies.
        remove_copies()
    return 0


if __name__ == "__main__":
    sys.exit(main())
