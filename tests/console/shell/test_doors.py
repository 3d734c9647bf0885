"""Who gets in, and what they get to see."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from apps.accounts.models import Role
from apps.fulfillment.models import FulfillmentOrder
from apps.inventory.models import StockLevel
from apps.orders.models import Order
from tests.console.conftest import LogIn
from tests.driving import work_it_off
from tests.factories import UserFactory, make_order

pytestmark = pytest.mark.django_db
PAGES = ("home", "orders", "cases", "fulfillment", "stock", "inbox", "parked")


@pytest.mark.parametrize("page", PAGES)
def test_a_stranger_is_sent_to_the_login_and_comes_back_to_the_page(page: str):
    address = reverse(f"console:{page}")

    answer = Client().get(address)

    assert answer.status_code == 302
    assert answer["Location"] == f"/admin/login/?next={address}"


def test_somebody_who_is_no_staff_is_sent_away():
    client = Client()
    client.force_login(UserFactory(is_staff=False))

    assert client.get("/orders/").status_code == 302


@pytest.mark.parametrize(
    ("role", "shut"),
    [
        (Role.AGENT, {"inbox", "parked"}),
        (Role.LEAD, {"inbox"}),
        (Role.MANAGER, {"inbox", "parked"}),
        (Role.OPERATIONS, set()),
        (Role.ADMIN, set()),
    ],
)
def test_each_role_opens_its_own_pages_and_no_others(log_in: LogIn, shop: None, role: str, shut: set[str]):
    client = log_in(role)
    codes = {page: client.get(reverse(f"console:{page}")).status_code for page in PAGES}
    assert codes == {page: 403 if page in shut else 200 for page in PAGES}

    sidebar = client.get("/").content.decode()
    for page in set(PAGES) - {"home"}:
        assert (f'href="{reverse(f"console:{page}")}"' in sidebar) is (page not in shut)


def test_a_button_needs_its_own_scope(log_in: LogIn, released: Order):
    integrator = log_in(Role.INTEGRATOR)
    manager = log_in(Role.MANAGER)

    assert manager.post("/parked/retry/", {"run": "1"}).status_code == 403
    assert integrator.post(f"/exceptions/{'x'}/resolve/").status_code == 403


def test_buttons_are_pressed_and_whoever_visits_their_address_is_led_to_their_page(log_in: LogIn, released: Order):
    address = reverse("console:order_cancel", args=[released.public_id])

    answer = log_in().get(address)
    assert (answer.status_code, answer.url) == (302, f"/orders/{released.public_id}/")
    assert log_in().put(address).status_code == 405
    assert Order.objects.get().state == "released"


def test_a_form_without_its_token_is_refused_and_changes_nothing(log_in: LogIn, released: Order):
    answer = log_in(csrf=True).post(reverse("console:order_cancel", args=[released.public_id]), {"reason": "Other"})

    assert answer.status_code == 403
    assert "out of date" in answer.content.decode()
    assert Order.objects.get().state == "released"


@pytest.mark.parametrize(
    ("whence", "led_to"),
    [
        ("http://testserver/exceptions/?queue=late", 'href="http://testserver/exceptions/?queue=late"'),
        ("https://elsewhere.example/", 'href="/"'),
        ("", 'href="/"'),
    ],
)
def test_a_form_out_of_date_leads_back_to_its_page_and_nowhere_else(
    log_in: LogIn, released: Order, whence: str, led_to: str
):
    address = reverse("console:order_cancel", args=[released.public_id])

    assert led_to in log_in(csrf=True).post(address, {}, HTTP_REFERER=whence).content.decode()


def test_somebody_of_one_node_sees_that_node_and_nothing_of_the_others(log_in: LogIn, shop: None):
    make_order(lines={"B": 1}, external_number="#leeds")
    make_order(lines={"A": 1}, external_number="#elsewhere")
    work_it_off()
    FulfillmentOrder.objects.filter(order__external_number="#elsewhere").update(
        node_id=StockLevel.objects.get(node__code="york").node_id
    )
    mine, other = (FulfillmentOrder.objects.get(order__external_number=n) for n in ("#leeds", "#elsewhere"))
    client = log_in(Role.MANAGER, nodes=["leeds"])

    orders = client.get("/orders/").content.decode()
    assert "#leeds" in orders
    assert "#elsewhere" not in orders
    assert client.get(reverse("console:order", args=[mine.order.public_id])).status_code == 200
    assert client.get(reverse("console:order", args=[other.order.public_id])).status_code == 404
    assert client.get(reverse("console:fulfillment_order", args=[mine.public_id])).status_code == 200
    assert client.get(reverse("console:fulfillment_order", args=[other.public_id])).status_code == 404
    assert client.post(reverse("console:fulfillment_work", args=[other.public_id, "pick"])).status_code == 404
    york = StockLevel.objects.get(node__code="york")
    assert client.get(reverse("console:level", args=[york.pk])).status_code == 404
    assert "york" not in client.get("/stock/").content.decode().lower()
    assert "#elsewhere" not in client.get("/search/", {"q": "#else"}).content.decode()


def test_what_is_hidden_answers_exactly_as_what_is_not_there(log_in: LogIn, released: Order):
    client = log_in(Role.MANAGER, nodes=["york"])

    hidden = client.get(reverse("console:order", args=[released.public_id]))
    missing = client.get(reverse("console:order", args=["ord_nothing"]))

    assert (hidden.status_code, missing.status_code) == (404, 404)
    # The tokens of the frame's forms are masked anew for each page.
    pages = [re.sub(r'value="\w{64}"', "", answer.content.decode()) for answer in (hidden, missing)]
    assert pages[0] == pages[1]


def test_after_a_button_nobody_is_led_to_another_site(log_in: LogIn, released: Order):
    address = reverse("console:order_hold", args=[released.public_id])

    answer = log_in().post(address, {"reason": "manual", "next": "https://evil.example/"})

    assert answer["Location"] == reverse("console:order", args=[released.public_id])


@pytest.mark.parametrize(
    ("whence", "led_to"),
    [
        ("http://testserver/orders/import/?channel=pos", "http://testserver/orders/import/?channel=pos"),
        ("https://elsewhere.example/", "/orders/import/"),
        ("", "/orders/import/"),
    ],
)
def test_what_is_refused_leads_back_to_the_page_of_its_form_and_says_why(log_in: LogIn, whence: str, led_to: str):
    client = log_in(Role.OPERATIONS)

    answer = client.post(reverse("console:import_preview"), {}, HTTP_REFERER=whence)

    assert answer["Location"] == led_to
    assert "Choose" in client.get("/orders/import/").content.decode().partition("<main")[2][:1500]


def test_five_wrong_passwords_lock_the_door_for_a_while():
    user = UserFactory(username="dana")
    user.set_password("right-horse")
    user.save()
    client = Client()

    answers = [client.post("/admin/login/", {"username": "dana", "password": f"wrong{n}"}) for n in range(5)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 200, 429]
    right = client.post("/admin/login/", {"username": "dana", "password": "right-horse"})

    assert right.status_code == 429
    assert "Locked for a while" in right.content.decode()


def test_the_right_password_leads_to_the_start_page():
    user = UserFactory(username="dana")
    user.set_password("right-horse")
    user.save()

    answer = Client().post("/admin/login/", {"username": "dana", "password": "right-horse", "next": "/"})

    assert (answer.status_code, answer["Location"]) == (302, "/")


@pytest.mark.parametrize("address", ["/", "/orders/", "/admin/login/", "/nowhere/"])
def test_pages_run_no_script_and_load_nothing_that_is_not_ours(log_in: LogIn, shop: None, address: str):
    policy = log_in().get(address)["Content-Security-Policy"]

    rules = dict(part.strip().split(" ", 1) for part in policy.split(";"))
    assert "'unsafe-inline'" not in rules["script-src"]
    assert "http" not in policy
    assert rules["frame-ancestors"] == "'none'"
    if not address.startswith("/admin/"):
        assert rules["script-src"] == rules["style-src"] == "'self'"
        assert rules["default-src"] == "'none'"


@pytest.mark.parametrize("page", PAGES)
def test_no_page_of_ours_has_an_inline_script_style_or_handler(log_in: LogIn, released: Order, page: str):
    text = log_in(Role.ADMIN).get(reverse(f"console:{page}")).content.decode()

    assert "<style" not in text
    assert " style=" not in text
    assert " onclick=" not in text
    assert text.count("<script") == text.count("<script src=")


def test_a_page_that_is_not_there_keeps_the_frame_and_says_what_to_do(log_in: LogIn, shop: None):
    missing = log_in(Role.AGENT).get("/orders/ord_nothing/")
    refused = log_in(Role.AGENT).get("/parked/")

    for answer, status, words in ((missing, 404, "Page not found"), (refused, 403, "No access")):
        text = answer.content.decode()
        assert answer.status_code == status
        assert words in text
        assert 'aria-label="Main"' in text
        assert "Go to Today" in text
    assert "CS agent" in refused.content.decode()


def test_a_stranger_is_shown_no_frame_where_nothing_is(client: Client):
    answer = client.get("/nothing/here/")

    assert answer.status_code == 404
    assert 'aria-label="Main"' not in answer.content.decode()
