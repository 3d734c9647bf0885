"""`python -m orchestrator.embedded.demo [--check]`: the whole product on this machine, nothing set up before.

Always on servers of its own, even where DATABASE_URL is set: a demo must not seed somebody's real shop.
"""

import argparse
import contextlib
import json
import shlex
import socket
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from .demo_processes import demo_processes, manage, url_of
from .environment import project_env
from .errors import EmbeddedError, Interrupted
from .interruption import Interruption
from .paths import DEFAULT_DATA, PROJECT, lay_out, throwaway_folder
from .ports import reserve
from .processes import Process, Supervisor
from .servers import say_on_stderr, servers
from .spawn import tail

WEB_PORT = 8000
SANDBOX_PORT = 8100
Say = Callable[[str], None]


@dataclass(frozen=True)
class Shop:
    """A demo that is up.

    Attributes:
        local: the folder with `demo.json`, where `manage.py seed` writes the logins.
    """

    url: str
    local: Path
    env: dict[str, str]
    supervisor: Supervisor
    say: Say


def main() -> int:
    """Show the demo until Ctrl-C, or check it and print one line of JSON."""
    parser = argparse.ArgumentParser(prog="python -m orchestrator.embedded.demo", description=__doc__)
    parser.add_argument("--check", action="store_true", help="throwaway data, free ports; ends with one JSON line")
    parser.add_argument("--data", type=Path, default=DEFAULT_DATA, help="where the data is kept (default: .local)")
    options = parser.parse_args()
    say = with_elapsed_seconds()
    with Interruption() as interruption:
        if options.check:
            return check(options.data, interruption, say)
        return show(options.data, interruption, say)


def with_elapsed_seconds() -> Say:
    """A way to report progress: one line on stderr, led by the seconds since now."""
    begun = time.monotonic()

    def say(text: str) -> None:
        say_on_stderr(f"[{time.monotonic() - begun:6.1f} s] {text}")

    return say


def show(data_dir: Path, interruption: Interruption, say: Say) -> int:
    """Bring the demo up, print where it is, and stay until a signal comes."""
    is_up = False
    try:
        logs = lay_out(data_dir).logs
        with (
            doors(WEB_PORT, SANDBOX_PORT, say) as listeners,
            shop(data_dir, logs, listeners, interruption, say, throwaway=False) as open_shop,
        ):
            push_orders(open_shop)
            print(box(welcome(open_shop)), flush=True)
            is_up = True
            open_shop.supervisor.watch_until_interrupted()
    except Interrupted as stop:
        return 0 if is_up else 128 + stop.signum
    except EmbeddedError as error:
        say(str(error))
        return 1
    return 0


def check(data_dir: Path, interruption: Interruption, say: Say) -> int:
    """Bring a throwaway demo up and let `manage.py demo_check` judge it; stdout always ends with JSON."""
    try:
        # The logs stay when the data goes: they are what a failed check is explained by.
        logs = lay_out(data_dir).logs / "check"
        with (
            throwaway_folder() as folder,
            doors(None, None, say) as listeners,
            shop(folder, logs, listeners, interruption, say, throwaway=True) as open_shop,
        ):
            push_orders(open_shop)
            code, verdict = judge(open_shop)
    except Interrupted as stop:
        code, verdict = 128 + stop.signum, json.dumps({"ok": False, "error": str(stop)})
    except EmbeddedError as error:
        say(str(error))
        code, verdict = 1, json.dumps({"ok": False, "error": str(error).splitlines()[0]})
    print(verdict, flush=True)
    return code


@contextlib.contextmanager
def doors(web_port: int | None, sandbox_port: int | None, say: Say) -> Iterator[tuple[socket.socket, socket.socket]]:
    """The sockets of the web server and the sandbox, taken before anything else and held until all is over."""
    with (
        reserve(web_port, purpose="the web server", say=say) as web_listener,
        reserve(sandbox_port, purpose="the sandbox", say=say) as sandbox_listener,
    ):
        yield web_listener, sandbox_listener


@contextlib.contextmanager
def shop(
    data_dir: Path,
    logs: Path,
    listeners: tuple[socket.socket, socket.socket],
    interruption: Interruption,
    say: Say,
    *,
    throwaway: bool,
) -> Iterator[Shop]:
    """Servers, data and processes, up on entry and all gone on exit."""
    web_listener, sandbox_listener = listeners
    url = url_of(web_listener)
    with contextlib.ExitStack() as stack:
        stack.callback(say, "stopped")
        pair = stack.enter_context(servers(data_dir, throwaway=throwaway, say=say))
        say("PostgreSQL and Valkey are up")
        local = lay_out(data_dir).control
        env = project_env(local, database_url=pair.database_url, redis_url=pair.redis_url) | {
            "ORDERYARD_URL": url,
            "SANDBOX_URL": url_of(sandbox_listener),
            "PYTHONUNBUFFERED": "1",
        }
        watcher = Supervisor(logs=logs, cwd=PROJECT, interruption=interruption, say=say, env=env, also_watch=pair.watch)
        supervisor = stack.enter_context(watcher)
        # Runs before the supervisor stops its processes, which is what takes the seconds.
        stack.callback(say, "stopping")
        open_shop = Shop(url=url, local=local, env=env, supervisor=supervisor, say=say)
        run_stage(open_shop, manage("migrate", "--no-input"), "database migrated")
        run_stage(open_shop, manage("seed"), "shop seeded")
        if not throwaway:
            say("living through a day of trouble, so that there is something to do (half a minute)")
            run_stage(open_shop, manage("demo_day"), "the day is over; some of it still waits for people")
        for process in demo_processes(local, web_listener=web_listener, sandbox_listener=sandbox_listener):
            supervisor.start(process)
            say(f"{process.name} {'is up' if process.ready else 'started'}")
        yield open_shop


def run_stage(open_shop: Shop, process: Process, done: str) -> None:
    """Run one command to its end.

    Raises:
        EmbeddedError: it failed; with the last lines of its log.
    """
    code = open_shop.supervisor.run(process)
    if code:
        log = open_shop.supervisor.log(process.name)
        raise EmbeddedError(f"{shlex.join(process.argv)} failed (exit code {code}).\n{tail(log, 30)}")
    open_shop.say(done)


def push_orders(open_shop: Shop) -> None:
    """Send orders in through HTTP, as a channel would."""
    run_stage(open_shop, manage("demo_orders"), "orders pushed through HTTP")


def judge(open_shop: Shop) -> tuple[int, str]:
    """Let `demo_check` look at the running shop: its exit code and its line of JSON."""
    command = manage("demo_check", "--url", open_shop.url)
    path = open_shop.supervisor.log("verdict")
    with path.open("wb") as output:
        code = open_shop.supervisor.run(command, stdout=output.fileno())
    lines = path.read_text(errors="replace").strip().splitlines()
    if lines and is_json(lines[-1]):
        open_shop.say(f"checked: {'good' if code == 0 else 'bad'}")
        return code, lines[-1]
    return code or 1, json.dumps({"ok": False, "error": f"demo_check printed no JSON (exit code {code})"})


def is_json(line: str) -> bool:
    """Whether the line is a JSON value."""
    try:
        json.loads(line)
    except ValueError:
        return False
    return True


def welcome(open_shop: Shop) -> list[str]:
    """What a person needs now."""
    lines = ["Orderyard is up", "", f"  {open_shop.url}", ""]
    lines += [f"  {login}" for login in logins(open_shop.local / "demo.json")]
    return [*lines, "", f"  Logs: {open_shop.supervisor.log('*')}", "  Stop: Ctrl-C"]


def logins(path: Path) -> list[str]:
    """One line per login of `{"logins": [{"role", "username", "password", "sees"}, ...], "api_key": ...}`, and the key."""
    try:
        notes = json.loads(path.read_text())
        rows = [
            [str(row.get(name, "")) for name in ("username", "password", "role", "sees")] for row in notes["logins"]
        ]
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return [f"(no logins found in {path})"]
    widths = [max((len(row[column]) for row in rows), default=0) for column in range(3)]
    lines = ["   ".join([*map(str.ljust, row, widths), row[3]]).rstrip() for row in rows]
    return [*lines, "", f"API key: {notes['api_key']}"] if "api_key" in notes else lines


def box(lines: list[str]) -> str:
    """The lines in a frame."""
    width = max(len(line) for line in lines)
    bar = "─" * (width + 4)
    body = [f"│  {line:<{width}}  │" for line in lines]
    return "\n".join([f"┌{bar}┐", *body, f"└{bar}┘"])


if __name__ == "__main__":
    sys.exit(main())
