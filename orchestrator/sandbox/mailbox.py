"""A vendor's mail server: it takes purchase orders, and spoils its answer where a test wants it to."""

from __future__ import annotations

import email
import email.policy
import socket
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from email.message import EmailMessage

GREETING, TAKEN, GO_ON = b"220 mailbox", b"250 OK", b"354 go on"
# ``fail``: for now, having taken nothing; ``reject``: this mail, for good; ``no_mailbox``: nothing for this address, ever.
AT_ONCE = {"too_many": b"421 too many", "lock_out": b"530 who are you"}
SPOILED = {"fail": b"451 try again later", "reject": b"554 not this one", "garbage": b"what was that"}


class Mailbox:
    """``mails``: what it has, oldest first; ``tried``: how often somebody began to send one."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.tried = 0
        self._moods: list[str] = []
        self._server = _Server(("127.0.0.1", 0), _Session)
        self._server.box = self
        self.host, self.port = "127.0.0.1", int(self._server.server_address[1])
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    def misbehave(self, mood: str) -> None:
        """Spoil the next mail: as in ``AT_ONCE`` or ``SPOILED``, ``lose_ack`` or ``no_mailbox``; empty: as usual."""
        self._moods[:] = [mood] if mood else []

    def mood(self) -> str:
        return self._moods.pop() if self._moods else ""

    def take(self, content: bytes) -> None:
        message = email.message_from_bytes(content, _class=EmailMessage, policy=email.policy.default)
        assert isinstance(message, EmailMessage)
        self.mails.append(message)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@contextmanager
def mailbox() -> Iterator[Mailbox]:
    """A running mailbox on a port of its own."""
    box = Mailbox()
    box.start()
    try:
        yield box
    finally:
        box.stop()


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    box: Mailbox


class _Session(socketserver.StreamRequestHandler):
    server: _Server
    timeout = 30

    def handle(self) -> None:
        self._mood = ""
        self._say(GREETING)
        for line in self.rfile:
            verb = line[:4].upper().strip()
            if verb == b"QUIT":
                self._say(b"221 bye")
                return
            if verb == b"DATA":
                self._say(GO_ON)
                if not self._data():
                    return
            else:
                self._say(self._answer(verb))

    def _answer(self, verb: bytes) -> bytes:
        if verb == b"MAIL":
            self.server.box.tried += 1
            self._mood = self.server.box.mood()
            return AT_ONCE.get(self._mood, TAKEN)
        if verb == b"RCPT" and self._mood == "no_mailbox":
            return b"550 no such mailbox"
        return TAKEN

    def _data(self) -> bool:
        """Take the mail, or do not; False: hung up."""
        lines = []
        for line in self.rfile:
            if line == b".\r\n":
                break
            lines.append(line[1:] if line.startswith(b".") else line)
        if self._mood not in ("fail", "reject"):
            self.server.box.take(b"".join(lines))
        if self._mood == "lose_ack":
            with suppress(OSError):
                self.connection.shutdown(socket.SHUT_RDWR)
            return False
        self._say(SPOILED.get(self._mood, TAKEN))
        return True

    def _say(self, line: bytes) -> None:
        self.wfile.write(line + b"\r\n")
