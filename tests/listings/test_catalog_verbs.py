"""Each verb of a catalog import through each door does the same, and is refused through each of them where it can't be done."""

from __future__ import annotations

from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from apps.accounts.models import Role
from apps.catalog.models import Sku
from apps.channels.models import Channel
from apps.listings.importing.selectors import rules_of
from apps.listings.models import CatalogImport
from tests.api.front_door import Door
from tests.channels.toy_shop import ToyShop
from tests.driving import work_it_off
from tests.factories import UserFactory, make_key
from tests.listings.test_catalog_import import article

pytestmark = pytest.mark.django_db(transaction=True)
VERBS = ("start", "resume", "apply", "drop")
# What stands at the beginning, and what each verb makes of it; None: it is refused, and nothing changes.
TABLE: dict[str, dict[str, str | None]] = {
    "nothing": {"start": "reading"},
    "ready": {"start": "reading", "resume": None, "apply": "applying", "drop": "dropped"},
    "stopped": {"start": "reading", "resume": "reading", "apply": None, "drop": "dropped"},
    "applying": {"start": None, "resume": None, "apply": "applying", "drop": "dropped"},
    "done": {"start": "reading", "resume": None, "apply": "done", "drop": None},
    "dropped": {"start": "reading", "resume": None, "apply": None, "drop": "dropped"},
}
# Of a verb and a channel, whether it was done.
Doing = Callable[[str, Channel], bool]


def _ref() -> str:
    run = CatalogImport.objects.order_by("-pk").first()
    return run.public_id if run is not None else "imp_none"


def by_page(verb: str, channel: Channel) -> bool:
    browser = Client()
    browser.force_login(UserFactory(role=Role.OPERATIONS))
    address = "/catalog/imports/start/" if verb == "start" else f"/catalog/imports/{_ref()}/{verb}/"
    answer = browser.post(address, {"channel": channel.code} if verb == "start" else {}, follow=True)
    return answer.status_code == 200 and 'class="message error' not in answer.content.decode().replace("  ", " ")


def by_api(verb: str, channel: Channel) -> bool:
    api = Door(make_key())
    if verb == "start":
        return bool(api.post("/api/v1/catalog-imports", {"channel": channel.public_id}).status_code == 201)
    body: Any = {} if verb == "apply" else None
    return bool(api.post(f"/api/v1/catalog-imports/{_ref()}/{verb}", body).status_code in (200, 202))


def by_shell(verb: str, channel: Channel) -> bool:
    try:
        call_command("import_catalog", channel.code, "read" if verb == "start" else verb, stdout=StringIO())
    except CommandError:
        return False
    return True


@pytest.fixture
def standing(channel: Channel, shop: ToyShop) -> Callable[[str], None]:
    """Makes the import stand there, by the verbs themselves."""
    shop.articles = [article(1, "A")]

    def stand(state: str) -> None:
        if state == "nothing":
            return
        if state == "stopped":
            shop.fail("GET /v1/articles", 403)
        by_shell("start", channel)
        work_it_off()
        if state in ("applying", "done"):
            by_shell("apply", channel)
        if state == "done":
            work_it_off()
        if state == "dropped":
            by_shell("drop", channel)
        assert CatalogImport.objects.get().state == state

    return stand


@pytest.mark.parametrize("door", [by_page, by_api, by_shell])
@pytest.mark.parametrize("state", TABLE)
def test_each_verb_does_the_same_through_each_door(
    channel: Channel, standing: Callable[[str], None], state: str, door: Doing
):
    """Verbs that are refused come first: they leave it as it was."""
    standing(state)
    refused = [verb for verb, then in TABLE[state].items() if then is None]
    for verb in refused:
        before = list(CatalogImport.objects.values())
        done = door(verb, channel)
        assert list(CatalogImport.objects.values()) == before, verb
        if door is not by_page:
            assert not done, verb
    done = [verb for verb, then in TABLE[state].items() if then is not None]
    for verb in sorted(done, key=VERBS.index, reverse=True):
        if TABLE[state][verb] == "dropped" and len(done) > 1:
            # It would leave nothing for the others.
            continue
        assert door(verb, channel), verb
        assert CatalogImport.objects.order_by("-pk").values_list("state", flat=True)[0] == TABLE[state][verb], verb
        break


@pytest.mark.parametrize("door", [by_page, by_api, by_shell])
@pytest.mark.parametrize("state", ["ready", "stopped", "applying"])
def test_each_door_drops_it_and_nothing_comes_of_it(
    channel: Channel, standing: Callable[[str], None], state: str, door: Doing
):
    standing(state)
    assert door("drop", channel)
    work_it_off()

    assert CatalogImport.objects.get().state == "dropped"
    assert not Sku.objects.exists()


def test_each_door_says_whose_word_counts(channel: Channel):
    browser = Client()
    browser.force_login(UserFactory(role=Role.OPERATIONS))
    browser.post("/catalog/fields/save/", {"channel": "toy", "name": "shop"})
    Door(make_key()).patch(f"/api/v1/channels/{channel.public_id}/field-owners", {"owners": {"price": "here"}})
    call_command("import_catalog", "toy", "own", "weight=shop", "cost=here")

    assert rules_of(channel) == {"name": "shop", "price": "here", "weight": "shop", "cost": "here"}
    with pytest.raises(CommandError, match="Fields: name, options"):
        call_command("import_catalog", "toy", "own", "picture=here")
    with pytest.raises(CommandError, match="no channel nowhere"):
        call_command("import_catalog", "nowhere", "show")


def test_the_shell_shows_what_would_change(channel: Channel, standing: Callable[[str], None]):
    standing("ready")
    out = StringIO()
    call_command("import_catalog", "toy", "show", stdout=out)

    assert "ready: 1 read. gone 0, kept 0, new 1, problems 0" in out.getvalue()
