"""The table of resolutions and limits: everybody reads it, operations change it."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client

from apps.accounts.models import Role
from apps.casework.models import ResolutionRule
from apps.casework.services import ensure_casework
from apps.casework.services.role_limits import Limit, set_limits
from tests.console.conftest import LogIn

pytestmark = pytest.mark.django_db
PAGE = "/configuration/limits/"


@pytest.fixture
def _set_up() -> None:
    ensure_casework()


def seen(client: Client, code: str) -> str:
    text = client.get(f"{PAGE}?edit={code}").content.decode()
    return re.search(r'name="seen" value="(\w+)"', text)[1]  # type: ignore[index]


def filled(client: Client, code: str, **fields: str) -> dict[str, Any]:
    return {"seen": seen(client, code), **{name.replace("_", "-", 1): value for name, value in fields.items()}}


@pytest.mark.usefixtures("_set_up")
@pytest.mark.parametrize("role", [Role.AGENT, Role.LEAD, Role.MANAGER, Role.OPERATIONS])
def test_everybody_reads_who_may_do_what(log_in: LogIn, role: str):
    text = log_in(role).get(PAGE).content.decode()

    assert "Accept" in text
    assert "Up to 50.00" in text
    assert ("Change</a>" in text) is (role == Role.OPERATIONS)


@pytest.mark.usefixtures("_set_up")
def test_operations_change_a_row_and_it_counts(log_in: LogIn):
    client = log_in(Role.OPERATIONS)
    form = filled(
        client, "accept_price", agent_may="on", agent_most="12.50", agent_categories="mugs, plates, mugs", lead_may="on",
        manager_may="on", manager_own="on", manager_margin="1,000",
    )  # fmt: skip

    client.post(f"{PAGE}accept_price/", form)

    rules = {rule.role: rule for rule in ResolutionRule.objects.filter(resolution="accept_price")}
    assert (rules["agent"].most_minor, rules["agent"].categories) == (1250, ["mugs", "plates"])
    assert (rules["lead"].most_minor, rules["lead"].most_margin_loss_minor) == (None, None)
    assert (rules["manager"].own_nodes_only, rules["manager"].most_margin_loss_minor) == (True, 100_000)
    assert "operations" not in rules
    assert "admin" in rules, "what the page does not show it leaves alone"
    assert ResolutionRule.history.filter(history_user__isnull=False).exists()


@pytest.mark.usefixtures("_set_up")
@pytest.mark.parametrize("amount", ["-1", "1.234", "lots", "NaN", "Infinity", "1e99", "7,50", "1,00.00", "1.000,00"])
def test_an_amount_that_is_none_is_told_and_nothing_is_saved(log_in: LogIn, amount: str):
    client = log_in(Role.OPERATIONS)
    before = list(ResolutionRule.objects.order_by("pk").values())

    answer = client.post(f"{PAGE}split/", filled(client, "split", agent_may="on", agent_most=amount), follow=True)

    assert "Nothing was saved" in answer.content.decode()
    assert list(ResolutionRule.objects.order_by("pk").values()) == before


@pytest.mark.usefixtures("_set_up")
def test_what_can_not_be_saved_stands_there_as_it_was_written_with_each_fault_beside_it(log_in: LogIn):
    client = log_in(Role.OPERATIONS)
    form = filled(
        client, "split", agent_may="on", agent_most="7,50", lead_may="on", lead_most="61.00", lead_margin="much",
        lead_categories="mugs, plates", lead_own="on",
    )  # fmt: skip

    answer = client.post(f"{PAGE}split/", form)

    text = answer.content.decode()
    assert answer.status_code == 422
    assert 'name="lead-most" value="61.00"' in text
    assert text.count('<option value="mugs" selected>') == text.count('<option value="plates" selected>') == 1
    assert re.search(r'name="lead-own" checked', text)
    assert text.count('aria-invalid="true"') == 2
    assert "“7,50” is no amount. Write it with a point" in text
    assert "“much” is no amount." in text


@pytest.mark.usefixtures("_set_up")
def test_a_comma_between_thousands_is_read_as_it_is_shown(log_in: LogIn):
    client = log_in(Role.OPERATIONS)
    client.post(f"{PAGE}split/", filled(client, "split", agent_may="on", agent_most="1,250.00"))

    assert ResolutionRule.objects.get(resolution="split", role="agent").most_minor == 125_000
    assert 'value="1,250.00"' in client.get(f"{PAGE}?edit=split").content.decode()


@pytest.mark.usefixtures("_set_up")
def test_a_row_somebody_else_saved_meanwhile_is_shown_instead_of_overwritten(log_in: LogIn):
    client = log_in(Role.OPERATIONS)
    form = filled(client, "split", agent_may="on", agent_most="1.00")
    set_limits("split", {"agent": Limit(99_00)})

    answer = client.post(f"{PAGE}split/", form, follow=True).content.decode()

    assert "changed since you read it" in answer
    assert 'value="99.00"' in answer
    assert ResolutionRule.objects.get(resolution="split", role="agent").most_minor == 99_00


@pytest.mark.parametrize("role", [Role.AGENT, Role.LEAD, Role.MANAGER])
def test_nobody_else_changes_limits(log_in: LogIn, role: str):
    assert log_in(role).post(f"{PAGE}split/", {"agent-may": "on"}).status_code == 403
    assert not ResolutionRule.objects.exists()


def test_bad_input_35_without_its_token_the_form_is_refused(log_in: LogIn):
    assert log_in(Role.OPERATIONS, csrf=True).post(f"{PAGE}split/", {"agent-may": "on"}).status_code == 403
    assert not ResolutionRule.objects.exists()


def test_a_resolution_that_does_not_exist_is_not_there(log_in: LogIn):
    assert log_in(Role.OPERATIONS).post(f"{PAGE}teleport/", {}).status_code == 404


@pytest.mark.usefixtures("_set_up")
def test_the_page_holds_nothing_inline(log_in: LogIn):
    text = log_in(Role.OPERATIONS).get(f"{PAGE}?edit=split").content.decode()

    assert " style=" not in text
    assert "<style" not in text
    assert text.count("<script") == text.count("<script src=")
