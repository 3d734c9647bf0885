"""Stock on channels: what each shows against what it should, why, the rules, and mending a difference."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse

from apps.accounts.models import Role
from apps.catalog.models import BundleComponent
from apps.channels.models import Channel
from apps.core import clock
from apps.inventory.models import StockLevel
from apps.listings.models import Listing, StockRule
from apps.listings.services.change_detection import follow_settings, follow_stock
from tests.console.conftest import LogIn
from tests.driving import work_it_off
from tests.factories import ChannelFactory, SkuFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def amazon(shop: None) -> Channel:
    """Sells A (55 free) and B (5 free)."""
    made: Channel = ChannelFactory(code="amazon", name="Amazon", kind="api")
    for code in ("A", "B"):
        Listing.objects.create(channel=made, sku=SkuFactory(code=code), external_id=f"x-{code}", code=code)
    follow()
    return made


def follow() -> None:
    follow_stock()
    follow_settings()
    work_it_off()


def shows(code: str, units: int | None, *, sent: int | None = None) -> None:
    """The channel was read back after our figure was sent."""
    at = clock.now()
    sent_at = at - timedelta(hours=1) if sent is not None else None
    Listing.objects.filter(code=code).update(sent=sent, sent_at=sent_at, shown=units, shown_at=at)


def listed(client, **asked: str) -> dict[str, tuple[int, str]]:
    """The difference and its cause, by the code of each listing on the page."""
    page = client.get(reverse("console:channel_stock"), asked)
    assert page.status_code == 200
    return {row.listing.code: (row.standing.difference, row.words) for row in page.context["shown"].rows}


def test_each_line_says_the_difference_and_why(log_in: LogIn, amazon: Channel):
    shows("A", 50, sent=55)
    shows("B", None, sent=5)
    Listing.objects.create(channel=amazon, external_id="x-C", code="C")

    assert listed(log_in(Role.LEAD)) == {
        "A": (-5, "It was changed or sold there after we sent our figure."),
        "B": (0, "The channel has no such article, or does not count it."),
        "C": (0, "We do not know which SKU it is."),
    }


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"show": "differs"}, {"A"}),
        ({"show": "changed"}, {"A"}),
        ({"show": "refused"}, {"B"}),
        ({"show": "unknown"}, {"C"}),
        ({"q": "a"}, {"A"}),
        ({"channel": "amazon"}, {"A", "B", "C"}),
        ({"channel": "nobody"}, set()),
    ],
)
def test_the_list_is_filtered(log_in: LogIn, amazon: Channel, asked: dict[str, str], found: set[str]):
    shows("A", 50, sent=55)
    shows("B", 5, sent=5)
    Listing.objects.filter(code="B").update(state="refused")
    Listing.objects.create(channel=amazon, external_id="x-C", code="C")

    assert set(listed(log_in(Role.LEAD), **asked)) == found


def test_the_list_is_paged_by_key(log_in: LogIn, amazon: Channel):
    Listing.objects.bulk_create(Listing(channel=amazon, external_id=f"n{n}", code=f"N-{n:03}") for n in range(120))
    client, address, seen = log_in(Role.LEAD), "", []
    for _ in range(3):
        page = client.get(reverse("console:channel_stock") + address).context["shown"]
        seen += [row.listing.code for row in page.rows]
        address = page.sheet.next

    assert (len(seen), len(set(seen)), address) == (122, 122, "")


def test_a_figure_is_explained_term_by_term(log_in: LogIn, amazon: Channel):
    StockRule.objects.create(channel=amazon, sku=SkuFactory(code="B"), buffer_units=1, cap=3)
    listing = Listing.objects.get(code="B")
    page = log_in(Role.LEAD).get(reverse("console:channel_stock_why", args=[listing.public_id]))

    assert "Why Amazon may sell 3 of B" in page.content.decode()
    assert page.context["terms"] == [
        ("On hand at its locations", 5),
        ("Kept back by the rule", -1),
        ("Never shows more", -1),
    ]


def test_a_set_is_explained_by_its_parts(log_in: LogIn, amazon: Channel):
    pair = SkuFactory(code="PAIR")
    BundleComponent.objects.create(bundle=pair, component=SkuFactory(code="B"), quantity=2)
    listing = Listing.objects.create(channel=amazon, sku=pair, external_id="x-P", code="PAIR")
    follow()
    page = log_in(Role.LEAD).get(reverse("console:channel_stock_why", args=[listing.public_id]))

    assert [(one.sku, one.each, one.units, one.sets) for one in page.context["found"].parts] == [("B", 2, 5, 2)]


def test_a_listing_without_a_sku_opens_too(log_in: LogIn, amazon: Channel):
    listing = Listing.objects.create(channel=amazon, external_id="x-C", code="C")
    page = log_in(Role.LEAD).get(reverse("console:channel_stock_why", args=[listing.public_id]))

    assert "We do not know which SKU it is." in page.content.decode()


@pytest.mark.parametrize(("form", "sent"), [({"only": "A"}, {"A"}), ({"all": "1", "channel": "amazon"}, {"A", "B"})])
def test_a_difference_is_mended_one_or_all(
    log_in: LogIn, amazon: Channel, monkeypatch: pytest.MonkeyPatch, form: dict[str, str], sent: set[str]
):
    monkeypatch.setattr("apps.listings.selectors.channels_sent_to", lambda: {amazon.pk})
    if "only" in form:
        form = {"only": str(Listing.objects.get(code=form["only"]).pk)}

    log_in(Role.OPERATIONS).post(reverse("console:channel_stock_send"), form)

    assert set(Listing.objects.filter(state="waiting").values_list("code", flat=True)) == sent


def test_who_may_not_work_on_stock_sends_nothing(log_in: LogIn, amazon: Channel):
    pk = Listing.objects.get(code="A").pk
    answer = log_in(Role.AGENT).post(reverse("console:channel_stock_send"), {"only": str(pk)})

    assert answer.status_code == 403
    assert not Listing.objects.filter(state="waiting").exists()


def test_who_is_limited_to_places_sees_no_sum_of_all(log_in: LogIn, amazon: Channel):
    client = log_in(Role.MANAGER, nodes=["leeds"])
    ref = Listing.objects.get(code="A").public_id

    assert listed(client) == {}
    assert client.get(reverse("console:channel_stock_why", args=[ref])).status_code == 404
    assert client.get(reverse("console:stock_rules", args=["amazon"])).status_code == 404


def test_a_rule_is_previewed_kept_changed_and_dropped_and_its_history_says_why(log_in: LogIn, amazon: Channel):
    client = log_in(Role.OPERATIONS, first_name="Ola", last_name="Nordmann")
    form = {"sku": "a", "category": "", "sold_here": "1", "cap": "20", "reason": "more looks like wholesale"}

    seen = client.post(reverse("console:stock_rule_preview", args=["amazon"]), form)
    assert [(one.listing.code, one.before, one.after.units) for one in seen.context["changes"]] == [("A", 55, 20)]
    assert not StockRule.objects.exists()

    client.post(reverse("console:stock_rule_save", args=["amazon"]), form)
    follow()
    assert Listing.objects.get(code="A").wanted == 20
    client.post(reverse("console:stock_rule_save", args=["amazon"]), form | {"drop": "1", "reason": "enough"})
    follow()
    assert Listing.objects.get(code="A").wanted == 55

    changes = client.get(reverse("console:stock_rules", args=["amazon"])).context["changes"]
    assert [(one.scope, one.what, one.why, one.by) for one in changes] == [
        ("A", "", "enough", "Ola Nordmann"),
        ("A", "Never show more than: 20", "more looks like wholesale", "Ola Nordmann"),
    ]


@pytest.mark.parametrize(
    "changes",
    [{"reason": ""}, {"cap": "-1"}, {"cap": "many"}, {"sku": "NO-SUCH"}, {"floor": "30"}, {"buffer_percent": "101"}],
)
def test_a_rule_that_makes_no_sense_is_refused(log_in: LogIn, amazon: Channel, changes: dict[str, str]):
    form = {"sku": "A", "sold_here": "1", "cap": "20", "reason": "because"} | changes
    log_in(Role.OPERATIONS).post(reverse("console:stock_rule_save", args=["amazon"]), form)

    assert not StockRule.objects.exists()


def test_only_who_sets_channels_up_changes_rules(log_in: LogIn, amazon: Channel):
    form = {"sku": "A", "sold_here": "", "reason": "no"}

    assert log_in(Role.MANAGER).post(reverse("console:stock_rule_save", args=["amazon"]), form).status_code == 403
    assert not StockRule.objects.exists()


def test_who_works_for_one_location_is_told_why_no_figures_are_shown_and_offered_no_link(log_in: LogIn, shop: None):
    client = log_in(Role.MANAGER, nodes=["york"])

    assert "No channel lists anything yet" not in (text := client.get("/stock/channels/").content.decode())
    assert "shown to people who work for all of them" in text
    assert 'class="btn" href="/stock/channels/"' not in client.get("/stock/").content.decode()


def test_safety_stock_is_said_as_it_is_set_where_less_of_it_is_there(log_in: LogIn, amazon: Channel):
    StockLevel.objects.update(on_hand=0, reserved=0, safety_stock=7)
    listing = Listing.objects.filter(channel=amazon, sku__levels__isnull=False).first()
    assert listing is not None

    page = log_in(Role.OPERATIONS).get(reverse("console:channel_stock_why", args=[listing.public_id])).content.decode()

    assert '<td class="num">7<span class="cell-note">0 of it there</span></td>' in page
