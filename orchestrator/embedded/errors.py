"""What the embedded servers refuse, in words a person can act on."""


class EmbeddedError(Exception):
    """A server or process could not be started; the message says why and what to do."""


class AlreadyRunning(EmbeddedError):
    """Another living process already runs a server on the same data.

    Attributes:
        pid: process id of the holder, 0 when it could not be read.
    """

    def __init__(self, data_dir: str, pid: int, command: str) -> None:
        super().__init__(
            f"PostgreSQL already runs on {data_dir}: started by pid {pid} ({command}). "
            f"Stop that one first (Ctrl-C in its terminal, or: kill {pid})."
        )
        self.pid = pid


class Interrupted(Exception):
    """A person or the system asked us to stop; carries the signal number."""

    def __init__(self, signum: int) -> None:
        super().__init__(f"stopped by signal {signum}")
        self.signum = signum
