"""SIGINT, SIGTERM and SIGHUP as a flag that is looked at in known places."""

import signal
import time
from types import FrameType, TracebackType

from .errors import Interrupted

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
STEP_SECONDS = 0.05


class Interruption:
    """Within its `with`, a signal raises nothing by itself.

    An exception out of nowhere would lose a child that has just been started.

    Attributes:
        signum: the first signal that came, 0 for none.
        count: how many came; a second one means "at once".
    """

    def __init__(self) -> None:
        self.signum = 0
        self.count = 0
        self._before: dict[int, object] = {}

    def __enter__(self) -> "Interruption":
        for number in SIGNALS:
            self._before[number] = signal.signal(number, self._note)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)  # type: ignore[arg-type]  # what signal.signal gave back

    def check(self) -> None:
        """Raise `Interrupted` when a signal has come."""
        if self.signum:
            raise Interrupted(self.signum)

    def pause(self, seconds: float = STEP_SECONDS) -> None:
        """Sleep, but no longer than until a signal comes.

        Raises:
            Interrupted: it came.
        """
        deadline = time.monotonic() + seconds
        self.check()
        while (left := deadline - time.monotonic()) > 0:
            time.sleep(min(left, STEP_SECONDS))
            self.check()

    def _note(self, signum: int, frame: FrameType | None) -> None:
        self.count += 1
        self.signum = self.signum or signum
