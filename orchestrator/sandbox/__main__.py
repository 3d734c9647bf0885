"""`python -m orchestrator.sandbox --port 8100`: the simulated partners and shops of the demo."""

from __future__ import annotations

import argparse
import os
import secrets
import signal
import socket
import sys
import threading

from .partners import Life
from .server import start


def main() -> int:
    """Serve until SIGINT or SIGTERM."""
    parser = argparse.ArgumentParser(prog="python -m orchestrator.sandbox", description=__doc__)
    parser.add_argument("--port", type=int, default=8100)
    parser.add_argument("--fd", type=int, help="serve on this listening socket instead")
    parser.add_argument("--accept-after", type=float, default=Life.accept_s, help="seconds")
    parser.add_argument("--ship-after", type=float, default=Life.ship_s, help="seconds")
    parser.add_argument("--deliver-after", type=float, default=Life.deliver_s, help="seconds")
    options = parser.parse_args()
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    secret = os.environ.get("SANDBOX_SECRET", "")
    if not secret:
        secret = secrets.token_urlsafe(24)
        print(f"it signs with {secret} (SANDBOX_SECRET is not set)", flush=True)
    sandbox = start(
        port=options.port if options.fd is None else socket.socket(fileno=options.fd),
        orderyard_url=os.environ.get("ORDERYARD_URL", "http://127.0.0.1:8000"),
        secret=secret,
        life=Life(options.accept_after, options.ship_after, options.deliver_after),
    )
    print(f"sandbox at {sandbox.url}", flush=True)
    stop.wait()
    sandbox.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
