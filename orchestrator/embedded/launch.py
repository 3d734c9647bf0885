"""Runs before a server does: tie its life to the parent's, drop root, then become the server.

Called by path with `python -I -S launch.py PARENT SIGNAL UID GID COMMAND...`; UID -1 keeps the user. It is a
program of its own, not a `preexec_fn`, because running Python between fork and exec is unsafe once the parent
has threads. All its imports stand at the top: after the change of user, Python's own library may be out of
reach.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def become_user(uid: int, gid: int) -> None:
    """Drop root for good; the groups go first, because afterwards we may no longer change them."""
    os.setgroups([])
    os.setgid(gid)
    os.setuid(uid)


def die_with(parent: int, signum: int) -> None:
    """Ask Linux to send `signum` when the parent ends, however it ends; other systems rely on the reaper.

    Must follow `become_user`: changing the user clears the request.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signum, 0, 0, 0)
    # The parent may have died before we asked; then we will never be notified.
    if os.getppid() != parent:
        sys.exit(1)


def main() -> None:
    """Read the arguments, prepare, and turn into the command; the process id stays the same."""
    parent, signum, uid, gid = (int(word) for word in sys.argv[1:5])
    if uid >= 0:
        become_user(uid, gid)
    die_with(parent, signum)
    # Python ignores these two; a server should meet them as the system meant them.
    for number in (signal.SIGPIPE, signal.SIGXFSZ):
        signal.signal(number, signal.SIG_DFL)
    command = sys.argv[5:]
    try:
        os.execvp(command[0], command)  # noqa: S606  # no shell is what is wanted
    except OSError as error:
        print(f"cannot run {command[0]}: {error.strerror}", file=sys.stderr)
        sys.exit(127)


if __name__ == "__main__":
    main()
