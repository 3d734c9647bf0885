"""The workbench with much in it: how long the server takes for the queue with every filter, and what a case costs.

``.venv/bin/python -m bench.workbench --orders 200000 --cases 10000 [--json]``. One person, over HTTP: the queue page with each of its
filters (server time as the client sees it on the same machine, so parsing and rendering included), then cases opened and
resolved one after another (CPU of web and PostgreSQL together).
"""

from __future__ import annotations

import argparse
import html
import json
import re
import time
from typing import Any

import httpx

from bench import metronome
from bench.harness import Yard, start_all, yard

FILTERS = (
    "", "queue=orders", "owner=me", "owner=nobody", "type=no_stock", "severity=high", "channel=bench", "node=n003", "country=GB",
    "state=open", "state=resolved", "waiting=customer", "clock=late", "clock=soon", "least=500", "q=%23old77", "sort=value",
    "sort=oldest", "sort=newest", "sort=active", "tier=gold", "type=no_stock&severity=high&owner=nobody",
)  # fmt: skip
ROUNDS = 8
CASES = 300
# Each process turns a page into Python when it first draws it, and each of its connections plans a statement five times
# before it keeps the plan: a dozen connections, and a request takes any.
WARM_UP = 150


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--orders", type=int, default=200_000)
    parser.add_argument("--cases", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=1, help="open and resolve so often; the cheapest round is told")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with yard() as up:
        up.run("-m", "bench.workbench_setup", str(options.orders), str(options.cases))
        start_all(up, with_partners=False)
        result = measure(up, options.rounds)
    print(json.dumps(result) if options.json else "\n".join(f"{name:32} {value}" for name, value in result.items()))


def measure(up: Yard, rounds: int = 1) -> dict[str, Any]:
    with httpx.Client(base_url=f"http://127.0.0.1:{up.port}", follow_redirects=True, timeout=60) as client:
        log_in(client)
        with metronome.listening() as beats:
            pages = [(query, *timed(client, f"/exceptions/?{query}")) for query in FILTERS for _ in range(ROUNDS)]
        found = [opened_and_resolved(up, client) for _ in range(rounds)]
    times = sorted(ms for _, ms, _ in pages)
    slowest = max(pages, key=lambda page: page[1])
    return {
        "queue_p50_ms": round(times[len(times) // 2], 1),
        "queue_p95_ms": round(times[int(len(times) * 0.95)], 1),
        "queue_slowest": f"?{slowest[0]} {slowest[1]:.0f} ms",
        "machine_slowness": metronome.slowness(beats),
        "case_open_cpu_ms": min((one["open"] for one in found), key=lambda parts: parts["total"]),
        "case_resolve_cpu_ms": min((one["resolve"] for one in found), key=lambda parts: parts["total"]),
        "rounds": [(one["open"]["total"], one["resolve"]["total"], one["slowness"]) for one in found],
    }


def opened_and_resolved(up: Yard, client: httpx.Client) -> dict[str, Any]:
    """What a case costs to open and to resolve, and how slow the machine was meanwhile. Each round has cases of its own."""
    with metronome.listening() as beats:
        refs = refs_on(client)
        opening = cost(up, refs, lambda ref: client.get(f"/exceptions/{ref}/"))
        token = client.cookies["csrftoken"]
        resolving = cost(up, refs, lambda ref: resolve(client, ref, token))
    return {"open": opening, "resolve": resolving, "slowness": metronome.slowness(beats)}


def log_in(client: httpx.Client) -> None:
    client.get("/admin/login/?next=/")
    form = {
        "username": "bench2",
        "password": "bench-password",
        "csrfmiddlewaretoken": client.cookies["csrftoken"],
        "next": "/",
    }
    answer = client.post("/admin/login/", data=form, headers={"Referer": str(client.base_url)})
    if "sessionid" not in client.cookies:
        raise SystemExit(f"could not log in: {answer.status_code}")


def timed(client: httpx.Client, path: str) -> tuple[float, int]:
    began = time.monotonic()
    answer = client.get(path)
    if answer.status_code != 200:
        raise SystemExit(f"{path}: {answer.status_code}")
    return (time.monotonic() - began) * 1000, len(answer.content)


def refs_on(client: httpx.Client) -> list[str]:
    found: list[str] = []
    query: str | None = ""
    while len(found) < CASES and query is not None:
        text = client.get(f"/exceptions/{query}").text
        found += [ref for ref in dict.fromkeys(re.findall(r"cas_[0-9a-z]{20,}", text)) if ref not in found]
        onward = re.search(r'href="([^"]+)" rel="next"', text)
        query = html.unescape(onward[1]) if onward else None
    return found[:CASES]


def resolve(client: httpx.Client, ref: str, token: str) -> httpx.Response:
    form = {"resolution": "Looked into it.", "verb": "resolve", "csrfmiddlewaretoken": token, "next": "/exceptions/"}
    return client.post(f"/exceptions/{ref}/resolve/", data=form, follow_redirects=False)


def cost(up: Yard, refs: list[str], act: Any) -> dict[str, float]:
    """CPU milliseconds each, of web and PostgreSQL."""
    for ref in refs[:WARM_UP]:
        act(ref)
    rest, before = refs[WARM_UP:], up.cpu()
    for ref in rest:
        answer = act(ref)
        if answer.status_code >= 400:
            raise SystemExit(f"{ref}: {answer.status_code}")
    after = up.cpu()
    parts = {name: round((after[name] - before[name]) * 1000 / max(len(rest), 1), 1) for name in ("web", "postgres")}
    return {**parts, "total": round(sum(parts.values()), 1)}


if __name__ == "__main__":
    main()
