"""Partners and the places they run."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from apps.accounts.adminbase import ScopedHistoryAdmin, ScopedTabular, SecretsForm
from apps.accounts.plainfields import LISTS
from apps.accounts.settingfields import field_for
from apps.core.refused_webhooks import summary_of
from apps.core.text import Text
from apps.core.translated import translated
from apps.integrations.framework.adapter import PartnerAdapter
from apps.integrations.framework.registry import adapter_choices, adapters
from apps.integrations.models import MAILTO, Partner, PartnerNode

SCOPE = "network:write"
LISTS["adapters"] = adapter_choices


def setting_fields() -> dict[str, forms.Field]:
    """A field for each setting of each adapter; those of the one that is chosen count."""
    return {
        _name(adapter, name): field_for(setting, label=name.replace("_", " ").capitalize())
        for adapter in adapters().values()
        for name, setting in adapter.settings.model_fields.items()
    }


def _name(adapter: PartnerAdapter, setting: str) -> str:
    return f"{adapter.kind}_{setting}"


class PartnerForm(SecretsForm):
    instance: Partner

    class Meta:
        model = Partner
        fields = ("code", "name", "adapter", "active", "base_url", "token", "secret")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        adapter = adapters().get(self.instance.adapter)
        if adapter is not None:
            for name, setting in adapter.settings.model_fields.items():
                usual = None if setting.is_required() else setting.get_default(call_default_factory=True)
                self.initial.setdefault(_name(adapter, name), self.instance.settings.get(name, usual))

    def clean(self) -> dict[str, Any]:
        """What the chosen adapter asks for is there."""
        cleaned = super().clean()
        adapter = adapters().get(cleaned.get("adapter", ""))
        self._refuse_other_addresses(adapter, str(cleaned.get("base_url", "")))
        if adapter is None or not self.fields.keys() & setting_fields().keys():
            return cleaned
        said = {name: cleaned.get(_name(adapter, name)) for name in adapter.settings.model_fields}
        self.instance.settings = {name: value for name, value in said.items() if value not in (None, "")}
        for setting, problem in adapter.wrong_settings(self.instance.settings):
            name = _name(adapter, setting)
            sentence = Text.joined("", (Text.opening(problem), "."))
            self.add_error(name if name in self.fields else None, translated(sentence))
        return cleaned

    def _refuse_other_addresses(self, adapter: PartnerAdapter | None, address: str) -> None:
        if adapter is None or not address or adapter.by_mail == address.startswith(MAILTO):
            return
        if adapter.by_mail:
            self.add_error("base_url", _("This partner is mailed to: write mailto: and its mail address."))
        else:
            self.add_error("base_url", _("This contract is not spoken by mail: write the address of its API."))


class NodesOfPartner(ScopedTabular):
    model = PartnerNode
    read_scope = write_scope = SCOPE


@admin.register(Partner)
class PartnerAdmin(ScopedHistoryAdmin):
    purpose = (
        "Partners ship for you: logistics companies and vendors. Make the location first, then the partner that "
        "runs it, and connect the two here."
    )
    read_scope = write_scope = SCOPE
    form = PartnerForm
    lists = {"adapter": "adapters"}
    list_display = ["name", "code", "adapter", "base_url", "active"]
    list_filter = ["adapter", "active"]
    search_fields = ["code", "name"]
    ordering = ["name"]
    inlines = [NodesOfPartner]
    readonly_fields = ["refused_callbacks"]

    def get_form(self, request: HttpRequest, obj: Partner | None = None, change: bool = False, **kwargs: Any) -> Any:
        with_settings = type("PartnerForm", (PartnerForm,), setting_fields())
        return super().get_form(request, obj, change=change, form=with_settings, **kwargs)

    def get_fieldsets(self, request: HttpRequest, obj: Partner | None = None) -> Any:
        """The settings of each adapter that has some, under its name."""
        own = [
            (
                f"Only for {adapter.title}",
                {"fields": tuple(_name(adapter, name) for name in adapter.settings.model_fields)},
            )
            for adapter in adapters().values()
            if adapter.asks_more
        ]
        return [(None, {"fields": (*PartnerForm.Meta.fields, *self.readonly_fields)}), *own]

    @admin.display(description=_("Refused callbacks"))
    def refused_callbacks(self, row: Partner) -> str:
        return summary_of(f"partner:{row.code}")
