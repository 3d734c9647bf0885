"""Every configuration screen in a browser: one heading, landmarks, no barrier in light or dark, and long names that wrap."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.contrib import admin
from django.db.models import Model
from django.urls import reverse
from playwright.sync_api import BrowserContext, Page

from apps.accounts.models import Role
from apps.casework.models import ExceptionCase, Queue, QueueRule
from apps.casework.services import ensure_casework
from apps.catalog.models import Sku, SkuAlias, SubstituteRule
from apps.channels.models import Channel
from apps.channels.services.contracts import ensure_contracts
from apps.compensation.models import ExternalEffect
from apps.console.shell.navigation import CONFIGURATION, WORK
from apps.fulfillment.models import FulfillmentOrder
from apps.integrations.models import Partner
from apps.network.models import Calendar, Carrier, Node, NodeDowntime, NodeGroup, Place
from apps.orders.models import Order
from apps.outbound.models import Breaker, CallLog
from apps.routing.models import RoutingPolicyVersion
from apps.sla.models import SlaCalendar
from apps.sla.services.defaults import ensure_sla
from apps.webhooks.models import Delivery, WebhookEndpoint
from tests.browser.conftest import log_in
from tests.driving import work_it_off
from tests.factories import make_key, make_order

pytestmark = pytest.mark.django_db(transaction=True)
ALL_PAGES = ("changelist", "add", "change", "history", "delete")
# A model's list and form are its own; forms for a new one, histories and deletions are each drawn by one template, and looked at once.
# Looking for barriers takes seconds a page, so lists, which are one template too, are looked at for them once.
OF_ITS_OWN, SEARCHED = ("changelist", "change"), ("change",)
LANDMARKS = {"h1": 1, "main": 1, "header": 1, "nav[aria-label=Main]": 1}
# What stands in a name nobody puts a space in.
LONG = "Warehouse-of-the-northern-region-and-everything-beyond-it-that-nobody-ever-thought-of-abbreviating-in-all-these-many-years"


@pytest.fixture
def everything(order: Order) -> None:
    """A row of each thing that can be set up."""
    ensure_casework()
    ensure_contracts()
    ensure_sla()
    make_key(name="ERP")
    sku, node = Sku.objects.get(code="A"), Node.objects.get(code="leeds")
    SkuAlias.objects.create(sku=sku, alias="a-old")
    SubstituteRule.objects.create(category="shirts")
    QueueRule.objects.create(name="Dear ones", queue=Queue.objects.all()[0])
    NodeGroup.objects.create(code="stores", name="Stores")
    NodeDowntime.objects.create(node=node, starts_at=order.placed_at, reason="stocktaking")
    Calendar.objects.create(name="Shops", weekdays=[0, 1, 2, 3, 4])
    SlaCalendar.objects.create(code="desk", name="Desk", monday="09:00-17:00")
    Place.objects.create(country="GB", postal_prefix="LS", latitude=53.8, longitude=-1.55)
    Partner.objects.create(code="north", name="North 3PL", base_url="https://north.example")
    Breaker.objects.create(kind="partner", counterpart="north", name="North 3PL")
    CallLog.objects.create(kind="partner", counterpart="north", name="North 3PL", operation="submit", outcome="ok")
    ExternalEffect.objects.create(kind="partner_submission", subject_ref="ful_1", stream=order.public_id)
    endpoint = WebhookEndpoint.objects.create(name="ERP", url="https://erp.example/hook")
    Delivery.objects.create(endpoint=endpoint, event="order.created", event_id=1, payload={})


def ours() -> list[type[Model]]:
    return [model for model in admin.site._registry if model.__module__.startswith("apps.")]


def screens_of(model: type[Model], pages: Sequence[str] = ALL_PAGES) -> Iterator[str]:
    """Its list, its form for a new one, and the form, history and deletion of the one there is; or only those ``pages``."""
    name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
    row = model._default_manager.order_by("pk").first()
    assert row is not None, f"the test has no {name}"
    for page in pages:
        yield reverse(f"{name}_{page}", args=[] if page in ("changelist", "add") else [row.pk])


def barriers(page: Page, **options: Any) -> list[str]:
    found = Axe().run(page, options=options or None).response["violations"]
    return [f"{one['id']}: {one['nodes'][0]['html'][:160]}" for one in found]


def missing_landmarks(page: Page) -> list[str]:
    counted = {mark: page.locator(mark).count() for mark in LANDMARKS}
    return [f"{counted[mark]} × {mark}" for mark in LANDMARKS if counted[mark] != LANDMARKS[mark]]


def troubles(page: Page) -> list[str]:
    """What is wrong with the page as it stands, in the light and in the dark."""
    found = barriers(page)
    page.emulate_media(color_scheme="dark")
    page.wait_for_selector("html.dark", state="attached")
    found += [f"dark, {one}" for one in barriers(page, runOnly=["color-contrast"])]
    page.emulate_media(color_scheme="light")
    return found


def test_every_configuration_screen_has_one_heading_its_landmarks_and_no_barrier(
    context: BrowserContext, everything: None
):
    # Not the watched page: some rows can't be added or deleted by anybody, and the browser notes each 403.
    page = context.new_page()
    log_in(page, Role.ADMIN)
    wrong, shared = {}, list(screens_of(ours()[0]))
    searched = {*shared, *(one for model in ours() for one in screens_of(model, SEARCHED))}
    for address in dict.fromkeys([*shared, *(one for model in ours() for one in screens_of(model, OF_ITS_OWN))]):
        page.goto(address)
        if found := missing_landmarks(page) + (troubles(page) if address in searched else []):
            wrong[address] = found

    assert wrong == {}, "\n".join(f"{address}: {found}" for address, found in wrong.items())


@pytest.fixture
def long_names(everything: None, order: Order) -> None:
    """As many names as there are that have no space in them, as long as each may be."""
    Node.objects.filter(code="leeds").update(name=long_for(Node, "name"))
    Channel.objects.update(name=long_for(Channel, "name"))
    Sku.objects.filter(code="A").update(name=long_for(Sku, "name"))
    Queue.objects.update(name=long_for(Queue, "name"))
    Carrier.objects.update(name=long_for(Carrier, "name"))
    Partner.objects.update(name=long_for(Partner, "name"))
    NodeGroup.objects.update(name=long_for(NodeGroup, "name"))
    QueueRule.objects.update(name=long_for(QueueRule, "name"))
    RoutingPolicyVersion.objects.update(note=LONG)
    WebhookEndpoint.objects.update(name=long_for(WebhookEndpoint, "name"), url=f"https://erp.example/{LONG}")
    Sku.objects.create(code=long_for(Sku, "code").upper(), name=LONG, category=long_for(Sku, "category"))
    sold = {"lines": {LONG.upper(): 1, "A": 1}, "external_number": f"#{LONG}"[:60]}
    make_order(**sold, customer={"name": LONG, "email": f"{LONG[:60]}@example.com"})
    work_it_off()


def long_for(model: type[Model], field: str) -> str:
    longest = model._meta.get_field(field).max_length
    return LONG[: min(120, longest or 120)]


SIDEWAYS = """() => {
  const found = [], wide = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth > wide) found.push("the page scrolls sideways: " + document.documentElement.scrollWidth);
  const all = document.querySelectorAll("h1, h2, .head, .head-actions, .head-text, .btn, .chip, .tab, dd, dt, .oy-top > *");
  for (const one of all) {
    const box = one.getBoundingClientRect();
    if (!box.width || one.closest(".table-wrap, .tabs, dialog, .oy-side, .hidden, .overflow-x-auto, [data-simplebar], #tabs-wrapper")) continue;
    if (getComputedStyle(one).visibility === "hidden") continue;
    if (box.right > wide + 1) found.push("out of the page: " + one.outerHTML.slice(0, 140));
  }
  const heads = document.querySelectorAll(".head, .oy-top, .order-title, .case-title, .card-head");
  for (const head of heads) {
    const parts = [...head.children].map(one => [one, one.getBoundingClientRect()]).filter(([one, box]) => box.width && box.height);
    for (let i = 0; i < parts.length; i++) for (let j = i + 1; j < parts.length; j++) {
      const [, a] = parts[i], [, b] = parts[j];
      const x = Math.min(a.right, b.right) - Math.max(a.left, b.left), y = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
      if (x > 1 && y > 1) found.push("one above the other in " + head.className + ": " + parts[i][0].outerHTML.slice(0, 80) + " / " + parts[j][0].outerHTML.slice(0, 80));
    }
  }
  return found;
}"""


def pages_with_names() -> list[str]:
    """Every place of the sidebar, one of each kind of thing, and each list and form that can be set up."""
    order = Order.objects.order_by("-pk")[0]
    found = [one.url for one in (*WORK, *CONFIGURATION)]
    addresses = [
        reverse(name) for name in (*found, "console:stock_work", "console:me", "console:notices", "console:sla_policy")
    ]
    addresses += [reverse("console:order", args=[one.public_id]) for one in Order.objects.all()]
    addresses += [reverse("console:case", args=[one.public_id]) for one in ExceptionCase.objects.filter(order=order)]
    addresses += [reverse("console:fulfillment_order", args=[one.public_id]) for one in FulfillmentOrder.objects.all()]
    addresses += ["/orders/?q=" + LONG, "/exceptions/?q=" + LONG, "/stock/?q=A"]
    for model in ours():
        addresses += screens_of(model, OF_ITS_OWN)
    return list(dict.fromkeys(addresses))


def lasting(page: Page) -> list[str]:
    """What lies over something still when the page's own script has followed the change of width."""
    page.wait_for_timeout(500)
    return list(page.evaluate(SIDEWAYS))


def test_long_names_wrap_on_every_page_and_lie_over_nothing(context: BrowserContext, long_names: None):
    page = context.new_page()
    log_in(page, Role.ADMIN)
    wrong, named = {}, 0
    for address in pages_with_names():
        page.goto(address)
        named += LONG[:50].lower() in page.content().lower()
        for width in (1360, 375):
            page.set_viewport_size({"width": width, "height": 900})
            if found := page.evaluate(SIDEWAYS) and lasting(page):
                wrong[f"{address} at {width} px"] = found[:3]

    assert wrong == {}, "\n".join(f"{address}: {found}" for address, found in wrong.items())
    assert named > 20
