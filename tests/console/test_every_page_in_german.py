"""A colleague who reads German walks through the whole console, and finds no English of ours."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterator
from datetime import datetime
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

import pytest
from django.test import Client
from django.urls import Resolver404, resolve
from django.utils import translation

from apps.accounts.models import User
from apps.channels.models import ContractVersion
from apps.core.translated import translated
from apps.demo.day import Day, live_through_the_day
from apps.demo.seeding import seed_shop
from apps.orders.models import Order

pytestmark = pytest.mark.django_db

# Of pages that differ only in what they are about, so many are read.
ALIKE = 2
READ_ATTRIBUTES = {"aria-label", "title", "placeholder", "alt", "label"}
NOT_READ = {"script", "style", "kbd", "code", "pre", "textarea"}
# German as it stands, and codes of a service level and a channel.
NOT_OURS = frozenset({"Was", "standard", "partners"})
# Fields and codes of other systems; notices, which were written in the language that their reader had then.
NOT_OURS_ON = ("/configuration/contracts/", "/notices/")


class Page(HTMLParser):
    """What is read on a page, and where its links lead."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.texts: set[str] = set()
        self.links: list[str] = []
        self._inside: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.texts |= {" ".join(value.split()) for name, value in attrs if value and name in READ_ATTRIBUTES}
        self.links += [value for name, value in attrs if value and tag == "a" and name == "href"]
        if tag in NOT_READ:
            self._inside.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if self._inside and tag == self._inside[-1]:
            self._inside.pop()

    def handle_data(self, data: str) -> None:
        if not self._inside and data.strip():
            self.texts.add(" ".join(data.split()))


def quieter(moments: Iterator[tuple[datetime, Callable[[], None]]]) -> Iterator[tuple[datetime, Callable[[], None]]]:
    """Two of six hours with orders and work on the floor: as many kinds of trouble in a third of the time."""
    usual = 0
    for at, act in moments:
        usual += act.__name__ in ("_orders_come", "_the_floor_works")
        if usual % 6 < 3 or act.__name__ not in ("_orders_come", "_the_floor_works"):
            yield at, act


@pytest.fixture
def german(client: Client, monkeypatch: pytest.MonkeyPatch) -> Client:
    """The demo's manager, who may do everything, in the demo's shop after its day of trouble."""
    whole_day = Day.moments
    monkeypatch.setattr(Day, "moments", lambda day, now: quieter(whole_day(day, now)))
    seed_shop()
    live_through_the_day(lambda done, total: None)
    person = User.objects.get(username="nadia")
    person.is_superuser, person.language = True, "de"
    person.save()
    client.force_login(person)
    return client


def test_no_page_of_the_console_says_in_english_what_the_catalog_has_in_german(german: Client):
    states = Order.objects.order_by("state").values_list("state", flat=True).distinct()
    orders = [Order.objects.filter(state=state)[0].public_id for state in states]
    contract = ContractVersion.objects.latest("pk").pk
    start = ["/", "/search/?q=P10", "/search/?q=Leeds", f"/configuration/contracts/{contract}/"]
    start += [f"/orders/{ref}/" for ref in orders]

    read = dict(walk(german, start))

    assert set(map(name_of, read)) >= NAMED, "pages that no link leads to"
    assert english_on(read) == {}


# Pages that have to be among those walked through.
NAMED = {
    f"console:{name}"
    for name in (
        "home", "search", "orders", "order", "import", "cases", "case", "approvals", "approval", "fulfillment",
        "fulfillment_order", "sla", "sla_policy", "stock", "stock_work", "level", "inbox", "inbox_message", "notices",
        "parked", "contract", "policy", "mapping_edit", "policy_edit", "mail", "me", "limits",
    )
}  # fmt: skip


def walk(client: Client, start: list[str]) -> Iterator[tuple[str, Page]]:
    """Every page of the console that links lead to, a few of each kind."""
    waiting, seen, read = deque(start), set(start), Counter[str]()
    while waiting:
        address = waiting.popleft()
        kind = name_of(address)
        if not kind.startswith("console:") or (read[kind] >= ALIKE and address not in start):
            continue
        read[kind] += 1
        page = read_page(client, address)
        if page is None:
            continue
        yield address, page
        for link in page.links:
            target = urljoin(address, link).split("#")[0]
            if target.startswith("/") and target not in seen:
                seen.add(target)
                waiting.append(target)


def read_page(client: Client, address: str) -> Page | None:
    answer = client.get(address)
    is_page = answer.status_code == 200 and answer.headers["Content-Type"].startswith("text/html")
    return Page(answer.content.decode()) if is_page else None


def name_of(address: str) -> str:
    try:
        return resolve(urlsplit(address).path).view_name
    except Resolver404:
        return ""


def english_on(pages: dict[str, Page]) -> dict[str, str]:
    """Text → a page it stands on, of those that would be drawn in other words."""
    ours = {address: page for address, page in pages.items() if not address.startswith(NOT_OURS_ON)}
    found = {text: address for address, page in ours.items() for text in page.texts if text not in NOT_OURS}
    with translation.override("de"):
        return {text: address for text, address in found.items() if translated(text) != text}
