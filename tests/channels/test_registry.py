"""Adapters are found by their folder, and one that can't be used stops the process with a sentence."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from textwrap import dedent

import pytest
from pytest_django import Settings

from apps.channels.errors import UnknownChannelKind
from apps.channels.framework.adapter import Capability
from apps.channels.framework.contracts import shipped
from apps.channels.framework.registry import adapter_of, adapters, kinds_with
from apps.channels.mapping.transforms import registry
from apps.core.adapter_folders import AdapterUnusable

GOOD = """
    from apps.channels.framework.adapter import ChannelAdapter, documents_in
    from apps.channels.mapping.message_form import MessageForm

    ADAPTER = ChannelAdapter(
        title="Broken", version="1", messages=MessageForm(kind="{kind}"), capabilities=frozenset({capabilities}),
        contracts=documents_in(__file__),
    )
"""


@pytest.fixture
def put(tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest):
    """Write an adapter's ``__init__.py`` into a package of its own, beside ours; answers its folder."""
    name = f"package_{abs(hash(request.node.name))}"

    def write(text: str, kind: str = "broken") -> Path:
        folder = tmp_path / name / kind
        folder.mkdir(parents=True)
        (folder / "__init__.py").write_text(dedent(text))
        (folder.parent / "__init__.py").touch()
        monkeypatch.syspath_prepend(tmp_path)
        settings.CHANNEL_ADAPTER_PACKAGES = [name]
        return folder

    return write


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "has no ADAPTER"),
        ("import there_is_no_such_thing", "importing it fails with ModuleNotFoundError"),
        ("ADAPTER = 'shop'", "has no ADAPTER"),
        (GOOD.format(kind="another", capabilities="()"), "of the kind another, which is not the folder's name"),
        (GOOD.format(kind="broken", capabilities="{'polling'}"), "it declares polling, but its shop has no changed_orders"),
        (GOOD.format(kind="broken", capabilities="{'webhooks'}"), "webhooks and how they are signed are declared together"),
    ],
)  # fmt: skip
def test_a_broken_folder_is_named_with_what_is_wrong(put, text: str, why: str):
    folder = put(text)

    with pytest.raises(AdapterUnusable) as refused:
        adapters()
    assert f"{folder.parent.name}.broken can't be used" in str(refused.value)
    assert why in str(refused.value)


WITH_A_TRANSFORM = """
    from apps.channels.framework.adapter import ChannelAdapter, documents_in
    from apps.channels.mapping.message_form import MessageForm
    from apps.channels.mapping.transforms.registry import adapter_transform

    @adapter_transform()
    def {name}(value, scope, *, by: int):
        \'\'\'Multiplies.\'\'\'
        return value * by

    ADAPTER = ChannelAdapter(
        title="Own", version="1", messages=MessageForm(kind="broken"), capabilities=frozenset(),
        contracts=documents_in(__file__), transforms=({name},),
    )
"""


def test_a_transform_that_only_one_channel_needs_is_declared_in_its_folder(put, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(registry, "TRANSFORMS", table := dict(registry.TRANSFORMS))
    put(WITH_A_TRANSFORM.format(name="times"))

    declared = adapters()["broken"].transforms

    assert (table["times"],) == declared
    assert registry.bind(table, "times", {"by": 3})(2, None) == 6


def test_a_transform_of_a_name_that_is_taken_is_refused(put):
    put(WITH_A_TRANSFORM.format(name="money"))

    with pytest.raises(AdapterUnusable, match="broken can't be used: two transforms are named money"):
        adapters()
    assert registry.TRANSFORMS["money"].summary.startswith("An amount in major units")


def test_a_kind_is_taken_once(put):
    put(GOOD.format(kind="shopify", capabilities="()"), kind="shopify")

    with pytest.raises(AdapterUnusable, match="there is another one of the kind shopify"):
        adapters()


@pytest.mark.parametrize(("document", "why"), [("{", "order_v1.json"), ('{"contract": "broken.order"}', "problems")])
def test_a_mapping_document_that_reads_nothing_is_named(put, document: str, why: str):
    folder = put(GOOD.format(kind="broken", capabilities="()"))
    (folder / "order_v1.json").write_text(document)

    with pytest.raises(AdapterUnusable, match=why):
        shipped()


def test_a_package_there_is_not_is_named(settings: Settings):
    settings.CHANNEL_ADAPTER_PACKAGES = ["nobodys_channels"]

    with pytest.raises(AdapterUnusable, match="The channel adapter nobodys_channels can't be used"):
        adapters()


def test_a_kind_nobody_installed_is_refused_by_name():
    with pytest.raises(UnknownChannelKind, match="No adapter is installed for channels of the kind fax"):
        adapter_of("fax")


def test_what_a_shop_has_and_does_not_declare_is_named():
    shopify = adapter_of("shopify")
    silent = replace(shopify, capabilities=frozenset({Capability.WEBHOOKS}))

    assert any("report_shipment()" in sentence for sentence in silent.contradictions())
    assert shopify.contradictions() == []


def test_only_files_are_uploaded_and_only_shops_are_polled():
    assert kinds_with(Capability.FILES) == ["csv", "pos"]
    polled = set(kinds_with(Capability.POLLING))
    assert {"amazon", "bigcommerce", "ebay", "etsy", "shopify", "woocommerce"} <= polled
    assert not {"api", "csv", "olist", "pos"} & polled
    assert kinds_with(Capability.WEBHOOKS) == ["amazon", "bigcommerce", "ebay", "olist", "shopify", "woocommerce"]
