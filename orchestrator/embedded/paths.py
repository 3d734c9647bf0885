"""Where the embedded servers keep their data, sockets and copies of programs, and as whom they run.

PostgreSQL refuses to run as root, so root hands its servers to an unprivileged user. That user must be able
to reach the files; under a 0700 home it can't, and then everything it needs stands in
`/var/tmp/orderyard-<uid>-<hash>` instead. The hash is of the data directory's path, so the same project finds
the same data again.
"""

import contextlib
import fcntl
import hashlib
import os
import pwd
import shutil
import stat
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from .errors import EmbeddedError

PROJECT = Path(__file__).resolve().parents[2]
DEFAULT_DATA = PROJECT / ".local"
UNPRIVILEGED = ("postgres", "nobody")
# macOS has the smallest limit for a socket's path: 104 bytes with the closing NUL (Linux: 108).
SOCKET_PATH_BYTES = 103
SOCKET_NAME_BYTES = len("/.s.PGSQL.65535")
README_TITLE = "Everything the embedded run of Orderyard keeps"
THROWAWAY_PREFIX = "orderyard-throwaway-"


@dataclass(frozen=True)
class Account:
    """An unprivileged user of this machine."""

    uid: int
    gid: int
    name: str


@dataclass(frozen=True)
class Layout:
    """Where one set of servers lives.

    Attributes:
        control: what we own ourselves: lock, logs, passwords, notes (`.local/`).
        home: where the servers' user can reach; the same folder, or one under /var/tmp.
        run: sockets; only the servers' user (and root) may enter.
        account: the user the servers run as; None means the one we are.
    """

    control: Path
    home: Path
    run: Path
    account: Account | None

    @property
    def postgres(self) -> Path:
        """PostgreSQL's data directory."""
        return self.home / "postgres"

    @property
    def logs(self) -> Path:
        """One log per server or process."""
        return self.control / "logs"


def lay_out(data_dir: Path) -> Layout:
    """Make the folders for servers whose data belongs to `data_dir`, and say in its README where things are.

    Raises:
        EmbeddedError: a folder cannot be made, or holds other things, or is somebody else's.
    """
    control = data_dir.absolute()
    if holds_other_things(control):
        raise EmbeddedError(f"{control} holds other things; the embedded servers need a folder of their own.")
    try:
        make_folder(control)
        make_folder(control / "logs")
    except PermissionError as error:
        raise EmbeddedError(f"Cannot write to {error.filename}: it belongs to another user.") from error
    control = control.resolve()
    account = server_account(control)
    home = control if reachable(control, account) else outside(control)
    run = home / "run"
    if not fits_sockets(run):
        run = outside(control) / "run"
    give(run, account)
    layout = Layout(control=control, home=home, run=run, account=account)
    write_readme(layout)
    return layout


def fits_sockets(run: Path) -> bool:
    """Whether a socket in this folder can be named: short enough, and PostgreSQL reads a comma as "or"."""
    return len(os.fsencode(run)) + SOCKET_NAME_BYTES <= SOCKET_PATH_BYTES and not set(str(run)) & set(',"')


def holds_other_things(control: Path) -> bool:
    """Whether the folder is in use for something that isn't ours: it has content, but not our README.

    The project's own `.local` is ours whatever came first; `manage.py seed` may have put its notes there.
    """
    readme = control / "README"
    ours = control == DEFAULT_DATA or (readme.exists() and readme.read_text().startswith(README_TITLE))
    return control.is_dir() and not ours and any(control.iterdir())


def make_folder(path: Path) -> None:
    """Make a folder others can't list; when we are root, they may still pass through to what is theirs."""
    if not path.is_dir():
        path.mkdir(parents=True)
        path.chmod(0o711 if os.geteuid() == 0 else 0o700)


def give(folder: Path, account: Account | None) -> None:
    """Make `folder` private to the servers' user."""
    folder.mkdir(exist_ok=True)
    folder.chmod(0o700)
    if account:
        os.chown(folder, account.uid, account.gid)


def server_account(control: Path) -> Account | None:
    """The unprivileged user for the servers, or None where we aren't root and they run as ourselves.

    Data made earlier decides: its owner keeps it.
    """
    if os.geteuid() != 0:
        return None
    for folder in (control / "postgres", outside_path(control) / "postgres"):
        if folder.is_dir() and folder.stat().st_uid != 0:
            owner = folder.stat()
            return Account(owner.st_uid, owner.st_gid, folder.owner())
    for name in UNPRIVILEGED:
        with contextlib.suppress(KeyError):
            entry = pwd.getpwnam(name)
            return Account(entry.pw_uid, entry.pw_gid, name)
    raise EmbeddedError(
        f"PostgreSQL does not run as root, and there is no user {' or '.join(UNPRIVILEGED)} to run it as. "
        "Run this as an ordinary user, or set DATABASE_URL and REDIS_URL."
    )


def reachable(path: Path, account: Account | None) -> bool:
    """Whether `account` may pass through every folder down to `path` (by mode bits; None is ourselves)."""
    return account is None or all(passable(folder.stat(), account) for folder in [path, *path.parents])


def passable(folder: os.stat_result, account: Account) -> bool:
    """Whether the mode bits let `account` through this folder."""
    if folder.st_uid == account.uid:
        return bool(folder.st_mode & stat.S_IXUSR)
    if folder.st_gid == account.gid:
        return bool(folder.st_mode & stat.S_IXGRP)
    return bool(folder.st_mode & stat.S_IXOTH)


def outside_path(control: Path) -> Path:
    """The folder under /var/tmp that stands in for `control`; always the same one."""
    digest = hashlib.sha256(os.fsencode(control)).hexdigest()[:12]
    return temporary_root() / f"orderyard-{os.geteuid()}-{digest}"


def temporary_root() -> Path:
    """The temporary folder that survives a reboot, or the one that is there."""
    var_tmp = Path("/var/tmp")  # noqa: S108  # what is made in it, own_folder checks
    return var_tmp if os.access(var_tmp, os.W_OK | os.X_OK) else Path(tempfile.gettempdir())


def outside(control: Path) -> Path:
    """Make that folder, or check the one that is there."""
    return own_folder(outside_path(control))


def own_folder(path: Path) -> Path:
    """Make a folder in a place where everybody may write, and refuse one that somebody else put there.

    Raises:
        EmbeddedError: it is a link, another user's, or open to other users' writing.
    """
    with contextlib.suppress(FileExistsError):
        path.mkdir(mode=0o711)
        path.chmod(0o711)
    found = path.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid() or found.st_mode & 0o022:
        raise EmbeddedError(f"{path} was not made by us and cannot be trusted. Remove it and try again.")
    return path


def write_readme(layout: Layout) -> None:
    """Explain to a person who looks into `.local/` what is here and what is elsewhere."""
    text = (
        f"{README_TITLE}. Delete it with `make clean` while nothing runs.\n\n"
        f"PostgreSQL data: {layout.postgres}\n"
        f"sockets:         {layout.run}\n"
        f"logs:            {layout.logs}\n"
        f"servers run as:  {layout.account.name if layout.account else 'the user who starts them'}\n"
    )
    if layout.home != layout.control:
        text += (
            "\nThe data is not in this folder: root started the servers, PostgreSQL must not run as root,\n"
            "and the unprivileged user it runs as cannot reach this folder. Systems that sweep /var/tmp may\n"
            "remove it when unused for a month.\n"
        )
    readme = layout.control / "README"
    if not readme.exists() or readme.read_text() != text:
        readme.write_text(text)


def remove(data_dir: Path) -> None:
    """Delete everything kept for `data_dir`, wherever it stands."""
    control = data_dir.absolute().resolve()
    for folder in (outside_path(control), control):
        if folder.is_symlink() or not folder.exists():
            continue
        shutil.rmtree(folder)


@contextlib.contextmanager
def throwaway_folder() -> Iterator[Path]:
    """A data directory that is gone afterwards; what killed runs left behind is swept first."""
    root = Path(tempfile.gettempdir())
    sweep(root)
    folder = Path(tempfile.mkdtemp(prefix=THROWAWAY_PREFIX, dir=root))
    folder.chmod(0o711 if os.geteuid() == 0 else 0o700)
    with (folder / "owner").open("w") as owner:
        fcntl.flock(owner, fcntl.LOCK_EX)
        try:
            yield folder / "data"
        finally:
            remove(folder / "data")
            shutil.rmtree(folder)


def sweep(root: Path) -> None:
    """Remove throwaway folders whose owner was killed: nobody holds their lock any more."""
    for folder in root.glob(f"{THROWAWAY_PREFIX}*"):
        # A minute's grace, because a run that is just starting has made its folder but not yet its lock.
        with contextlib.suppress(OSError):
            if folder.stat().st_uid != os.geteuid() or time.time() - folder.stat().st_mtime < 60:
                continue
            with (folder / "owner").open("w") as owner:
                fcntl.flock(owner, fcntl.LOCK_EX | fcntl.LOCK_NB)
                remove(folder / "data")
                shutil.rmtree(folder)
