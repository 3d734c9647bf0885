"""`python -m simulation.blackbox http://127.0.0.1:8000 --key oy_…`: the black-box checker against a running demo or product.

While it runs things are on their way, and what is read now does not belong together exactly: only what is wrong in each of
three passes is wrong.
"""

from __future__ import annotations

import argparse
import sys
import time
from typing import Any

import httpx

from simulation import checker

PASSES, PAUSE_S = 3, 10


class OverHttp:
    """The API of a running product."""

    def __init__(self, url: str, key: str) -> None:
        self._http = httpx.Client(base_url=f"{url.rstrip('/')}/api/v1/", timeout=30)
        self._http.headers["Authorization"] = f"Bearer {key}"

    def get(self, path: str) -> Any:
        return self._http.get(path).raise_for_status().json()

    def all(self, path: str) -> list[dict[str, Any]]:
        items, more = list[dict[str, Any]](), f"{path}{'&' if '?' in path else '?'}limit=200"
        page = self.get(more)
        items += page["items"]
        while page["next_cursor"]:
            page = self.get(f"{more}&cursor={page['next_cursor']}")
            items += page["items"]
        return items


def books_of(sandbox_url: str) -> list[dict[str, Any]]:
    """What the simulated partners have; none where no address is given."""
    if not sandbox_url:
        return []
    seen = httpx.get(f"{sandbox_url.rstrip('/')}/_seen", timeout=30).raise_for_status().json()
    return list(seen["3pl"]["fulfillment_orders"])


def lasting_problems(
    api: checker.Api, sandbox_url: str, *, passes: int = PASSES, pause_s: float = PAUSE_S
) -> list[str]:
    """What is wrong in every pass."""
    found = checker.problems(api, books_of(sandbox_url), settled=False)
    for _ in range(passes - 1):
        if not found:
            return []
        time.sleep(pause_s)
        still = set(checker.problems(api, books_of(sandbox_url), settled=False))
        found = [one for one in found if one in still]
    return found


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m simulation.blackbox")
    parser.add_argument("url", help="where the product listens")
    parser.add_argument("--key", required=True, help="an API key that may read everything")
    parser.add_argument(
        "--sandbox", default="", help="where the simulated partners listen; empty: their books are not read"
    )
    options = parser.parse_args()
    found = lasting_problems(OverHttp(options.url, options.key), options.sandbox)
    print(*found, f"{len(found)} problems", sep="\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
