"""How the configuration screens are dressed. The frame around them is the console's own (templates/pages/console/shell)."""

from __future__ import annotations

from typing import Any

from django.templatetags.static import static
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

AXES_LOCKOUT_TEMPLATE = "console/locked.html"

_BASE = {
    "50": "#f5f7f7", "100": "#eef2f2", "200": "#e2e7e8", "300": "#c6cfd1", "400": "#8b999e", "500": "#5c696e",
    "600": "#445055", "700": "#303b3f", "800": "#253036", "900": "#141a1d", "950": "#0d1214",
}  # fmt: skip
_PRIMARY = {
    "50": "#effafa", "100": "#e0f1f1", "200": "#bfe3e4", "300": "#8fd0d2", "400": "#49bfc4", "500": "#17969e",
    "600": "#0b6b72", "700": "#08565c", "800": "#0a474c", "900": "#11343a", "950": "#06201f",
}  # fmt: skip


def _asset(path: str) -> Any:
    return lambda request: static(path)


UNFOLD: dict[str, Any] = {
    "SITE_TITLE": "Orderyard",
    "SITE_HEADER": "Orderyard",
    "SITE_URL": reverse_lazy("console:home"),
    "SITE_ICON": _asset("console/logo.svg"),
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": _asset("console/logo.svg")}],
    "SHOW_HISTORY": True,
    "SHOW_VIEW_ON_SITE": False,
    "SHOW_BACK_BUTTON": True,
    "BORDER_RADIUS": "6px",
    "COLORS": {
        "base": _BASE,
        "primary": _PRIMARY,
        "font": {
            "subtle-light": "var(--color-base-500)",
            "subtle-dark": "var(--color-base-400)",
            "default-light": "var(--color-base-600)",
            "default-dark": "var(--color-base-300)",
            "important-light": "var(--color-base-900)",
            "important-dark": "var(--color-base-100)",
        },
    },
    "STYLES": [
        _asset("console/css/tokens.css"),
        _asset("console/css/shell.css"),
        _asset("console/css/configuration.css"),
    ],
    "SCRIPTS": [_asset("console/js/theme.js"), _asset("console/js/shell.js"), _asset("console/js/forms.js")],
    # Which models share a page; the sidebar itself is apps/console/shell/navigation.py.
    "TABS": [
        {
            "models": ["channels.channel", "channels.contractversion"],
            "items": [
                {"title": _("Channels"), "link": reverse_lazy("admin:channels_channel_changelist")},
                {"title": _("Contracts"), "link": reverse_lazy("admin:channels_contractversion_changelist")},
            ],
        },
        {
            "models": [
                "network.node", "network.nodegroup", "network.nodedowntime", "network.carrier",
                "network.carrierservice", "network.calendar", "network.place",
            ],
            "items": [
                {"title": _("Locations"), "link": reverse_lazy("admin:network_node_changelist")},
                {"title": _("Location groups"), "link": reverse_lazy("admin:network_nodegroup_changelist")},
                {"title": _("Downtime"), "link": reverse_lazy("admin:network_nodedowntime_changelist")},
                {"title": _("Carriers"), "link": reverse_lazy("admin:network_carrier_changelist")},
                {"title": _("Services & rates"), "link": reverse_lazy("admin:network_carrierservice_changelist")},
                {"title": _("Shipping calendars"), "link": reverse_lazy("admin:network_calendar_changelist")},
                {"title": _("Places"), "link": reverse_lazy("admin:network_place_changelist")},
            ],
        },
        {
            "models": ["catalog.sku", "catalog.skualias", "catalog.substituterule"],
            "items": [
                {"title": _("SKUs"), "link": reverse_lazy("admin:catalog_sku_changelist")},
                {"title": _("Aliases"), "link": reverse_lazy("admin:catalog_skualias_changelist")},
                {"title": _("Substitutes"), "link": reverse_lazy("admin:catalog_substituterule_changelist")},
            ],
        },
        {
            "models": [
                "casework.queue", "casework.casekind", "casework.queuerule", "casework.escalationpolicy",
                "casework.approvalpolicy",
            ],
            "items": [
                {"title": _("Queues"), "link": reverse_lazy("admin:casework_queue_changelist")},
                {"title": _("Kinds of cases"), "link": reverse_lazy("admin:casework_casekind_changelist")},
                {"title": _("Queue rules"), "link": reverse_lazy("admin:casework_queuerule_changelist")},
                {"title": _("Escalation"), "link": reverse_lazy("admin:casework_escalationpolicy_changelist")},
                {"title": _("Approval policies"), "link": reverse_lazy("admin:casework_approvalpolicy_changelist")},
            ],
        },
        {
            "models": ["webhooks.webhookendpoint", "webhooks.delivery"],
            "items": [
                {"title": _("Endpoints"), "link": reverse_lazy("admin:webhooks_webhookendpoint_changelist")},
                {"title": _("Deliveries"), "link": reverse_lazy("admin:webhooks_delivery_changelist")},
            ],
        },
        {
            "models": ["integrations.partner", "outbound.breaker", "outbound.calllog", "compensation.externaleffect"],
            "items": [
                {"title": _("Partners"), "link": reverse_lazy("admin:integrations_partner_changelist")},
                {"title": _("Health"), "link": reverse_lazy("admin:outbound_breaker_changelist")},
                {"title": _("Calls"), "link": reverse_lazy("admin:outbound_calllog_changelist")},
                {"title": _("Effects"), "link": reverse_lazy("admin:compensation_externaleffect_changelist")},
            ],
        },
        {
            "models": ["accounts.user", "accounts.apikey"],
            "items": [
                {"title": _("People"), "link": reverse_lazy("admin:accounts_user_changelist")},
                {"title": _("API keys"), "link": reverse_lazy("admin:accounts_apikey_changelist")},
            ],
        },
    ],
}  # fmt: skip
