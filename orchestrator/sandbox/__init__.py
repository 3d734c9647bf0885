"""Simulated partners and shops, as a server of its own: they accept, ship and call back, or misbehave on request.

`python -m orchestrator.sandbox --port 8100` for the demo, `start()` inside a test. Everything is kept in memory.
"""

from .server import Sandbox, start

__all__ = ["Sandbox", "start"]
