"""The form of a channel's settings: each a field of its own, none of them JSON."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldBooleanSwitchWidget

from apps.accounts.plainfields import PairsField, WordsField
from apps.accounts.settingfields import field_for
from apps.channels.framework.registry import adapters
from apps.channels.framework.settings import LONGEST_WAIT_S
from apps.channels.models import Channel
from apps.core.translated import looked_up
from apps.network.models import Node
from apps.orders.canonical import ServiceLevel

FIELDS = (
    "shipping_methods", "pickup_locations", "tables", "fulfillment_services", "locations", "wait_for_order_s",
    "ship_completed", "notify_customer",
)  # fmt: skip
_KEPT_AS = {"ship_completed": "completed_orders"}


def _levels() -> list[tuple[str, str]]:
    return [(level.value, looked_up(level.value.replace("_", " ").capitalize())) for level in ServiceLevel]


def _nodes() -> list[tuple[str, str]]:
    return list(Node.objects.order_by("name").values_list("code", "name"))


class ChannelSettingsForm(forms.ModelForm):  # type: ignore[type-arg]
    shipping_methods = PairsField(
        meanings=_levels,
        label="Shipping methods",
        help_text="What the shop calls them, with * for anything, and the service level it stands for.",
    )
    pickup_locations = PairsField(
        meanings=_nodes,
        label="Pickup locations",
        help_text="What the shop calls them, and which of your locations it is.",
    )
    tables = PairsField(
        label="Other words",
        help_text="Table, word and what it means, one a line: payment_state.partially_paid = paid.",
    )
    fulfillment_services = WordsField(
        label="Fulfillment services that are us",
        help_text="Separated by commas; lines of others are left to them. Empty: manual.",
    )
    locations = WordsField(
        label="Shop locations that are ours", help_text="Their ids, separated by commas. Empty: all of them."
    )
    wait_for_order_s = forms.IntegerField(
        required=False,
        min_value=0,
        max_value=LONGEST_WAIT_S,
        widget=UnfoldAdminIntegerFieldWidget,
        label="Wait for an order (seconds)",
        help_text="How long a message waits for an order that has not come yet. Empty: 900.",
    )
    ship_completed = forms.BooleanField(
        required=False,
        widget=UnfoldBooleanSwitchWidget,
        label="Ship completed orders",
        help_text="On: an order that was completed there before it came here is shipped all the same.",
    )
    notify_customer = forms.BooleanField(
        required=False,
        widget=UnfoldBooleanSwitchWidget,
        label="The shop writes to customers",
        help_text="When we report a shipment or a cancellation.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in set(FIELDS) - set(common_fields(self.instance)):
            self.fields.pop(name, None)
        own = {name: self.instance.settings.get(name) for name in own_fields(self.instance)}
        for name, value in (_shown(self.instance.settings) | own).items():
            self.initial.setdefault(name, value)

    def clean_tables(self) -> dict[str, dict[str, str]]:
        tables: dict[str, dict[str, str]] = {}
        for name, meaning in self.cleaned_data["tables"].items():
            table, mark, word = name.partition(".")
            if not mark or not table or not word:
                raise forms.ValidationError(_("{name}: write it as table.word = meaning.").format(name=name))
            tables.setdefault(table, {})[word] = meaning
        return tables

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not self.errors:
            self.instance.settings = _kept(self.instance.settings, cleaned, own_fields(self.instance))
        return cleaned


def common_fields(channel: Channel | None) -> tuple[str, ...]:
    """Those of every channel that mean something to this kind; all of them while no kind is chosen."""
    adapter = adapters().get(channel.kind) if channel and channel.pk else None
    unused = adapter.settings.unused if adapter else frozenset()
    return tuple(name for name in FIELDS if _KEPT_AS.get(name, name) not in unused)


def own_fields(channel: Channel | None) -> dict[str, forms.Field]:
    """A field for each setting that only this kind of channel has."""
    adapter = adapters().get(channel.kind) if channel else None
    return {name: field_for(one) for name, one in adapter.settings.of_its_own().items()} if adapter else {}


def _shown(settings: Mapping[str, Any]) -> dict[str, Any]:
    tables = settings.get("tables")
    tables = tables if isinstance(tables, dict) else {}
    return {
        **{name: settings.get(name) for name in FIELDS[:2] + FIELDS[3:6]},
        "tables": {
            f"{table}.{word}": options for table, words in tables.items() for word, options in dict(words).items()
        },
        "ship_completed": settings.get("completed_orders") == "take",
        "notify_customer": settings.get("notify_customer") is not False,
    }


def _kept(before: Mapping[str, Any], cleaned: Mapping[str, Any], own: Collection[str]) -> dict[str, Any]:
    """The settings with what the form says; what it leaves empty is left out, and what it does not show stays."""
    options = {name: cleaned[name] for name in (*FIELDS[:6], *own) if name in cleaned}
    if "ship_completed" in cleaned:
        options["completed_orders"] = "take" if cleaned["ship_completed"] else None
    if "notify_customer" in cleaned:
        options["notify_customer"] = None if cleaned["notify_customer"] else False
    others = {name: value for name, value in before.items() if name not in options}
    return others | {name: value for name, value in options.items() if value not in (None, "", [], {})}
