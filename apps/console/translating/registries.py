"""Tables of words that are plain English where they stand, and are translated where they are drawn."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import fields
from typing import Any

from pydantic.fields import FieldInfo

from apps.accounts.models import Role
from apps.casework.approvals.registry import NAMES
from apps.casework.builtin_kinds import ALWAYS, BUILT_IN, QUEUES
from apps.casework.resolutions.registry import RESOLUTIONS
from apps.channels.framework.adapter import ChannelAdapter
from apps.channels.framework.contracts import shipped_raw
from apps.channels.framework.registry import adapters
from apps.channels.mapping.recognition import names_of_others
from apps.console.orders.changes import all_field_words
from apps.console.orders.payment_methods import METHODS
from apps.console.orders.timeline import OPERATIONS
from apps.console.shell.people import MACHINES
from apps.core.event_types import all_events
from apps.fulfillment.states import RejectReason
from apps.integrations.framework.registry import adapters as partner_adapters
from apps.inventory.states import StockWork
from apps.listings.differences import SENTENCES
from apps.listings.explaining import LABELS, SCOPES
from apps.orchestration.registry import STEPS
from apps.orders.canonical import PaymentState, RiskLevel, ServiceLevel
from apps.orders.states import HoldReason
from apps.routing.planner.problem import CRITERION_NAMES, PolicyContent
from apps.sla.linting import FIELDS
from apps.sla.services.defaults import DEFAULT_POLICY
from apps.sla.stages import BY_WORDS, PAUSES, STAGES
from apps.ui.chips import WORDS


def _in_words(code: str) -> str:
    return code.replace("_", " ").capitalize()


def _both(codes: Iterable[str]) -> Iterable[str]:
    """As a label, and inside a sentence."""
    return (text for code in codes for text in (_in_words(code), code.replace("_", " ")))


def _reasons(document: Any) -> Iterator[str]:
    """Why a mapping document passes something over, refuses or holds it."""
    inner = document.values() if isinstance(document, dict) else document if isinstance(document, list) else ()
    for one in inner:
        yield from _reasons(one)
    if isinstance(document, dict):
        yield from (document[name] for name in ("reason", "none_left_reason", "says") if name in document)


def _set_by(settings: Iterable[Mapping[str, FieldInfo]]) -> Iterator[str]:
    """What an adapter can be set to, as its form has it; one without a title is called by its name."""
    for of_one in settings:
        for name, one in of_one.items():
            yield from (one.title or _in_words(name), one.description or "")


def _asked(adapter: ChannelAdapter) -> Iterator[str]:
    yield from (text for one in adapter.asked for text in (one.label, one.help))


# What the configuration screens' frame says itself, and has no words for in every language of ours.
_UNFOLD = (
    "Add new item", "Add row", "All applications", "Apply Filters", "Cancel", "Changes", "Choose file to upload", "Click to cancel",
    "Choose a date from the list below to revert to a previous version of this object", "Current file", "Date", "Date from", "Date to", "Edit",
    "Expand row", "General", "Go back", "Loading more results...", "More actions", "No results found", "Run", "Select action",
    "Select action to run", "Select all rows", "Select record", "Select value", "System", "This item will be deleted.",
    "Toggle password visibility", "Type to search", "Value", "View history: %s",
)  # fmt: skip


# (where they stand, what they are)
TABLES: tuple[tuple[str, Callable[[], Iterable[str]]], ...] = (
    ("apps/console/orders/sentences.py", lambda: (kind.spec.says for kind in all_events())),
    ("apps/console/orders/changes.py", all_field_words),
    ("apps/console/orders/payment_methods.py", METHODS.values),
    ("apps/ui/chips.py", lambda: (label for words in WORDS.values() for label in words.values())),
    ("apps/casework/resolutions", lambda: (resolution.label for resolution in RESOLUTIONS.values())),
    ("apps/casework/builtin_kinds.py", lambda: (line for kind in BUILT_IN for line in kind.playbook)),
    ("apps/casework/builtin_kinds.py", lambda: (text for _, name, what in QUEUES for text in (name, what))),
    (
        "apps/casework/builtin_kinds.py",
        lambda: (_in_words(code) for kind in BUILT_IN for code in (*kind.reasons.split(), *ALWAYS)),
    ),
    ("apps/casework/approvals/registry.py", NAMES.values),
    ("apps/casework/approvals/registry.py", lambda: (kind.replace("_", " ") for kind in NAMES)),
    ("apps/channels/adapters", lambda: (said for one in shipped_raw() for said in _reasons(one))),
    (
        "apps/channels/adapters",
        lambda: (why for one in adapters().values() for why in one.messages.topics.without_order.values()),
    ),
    ("apps/channels/mapping/recognition.py", names_of_others),
    ("apps/channels/adapters", lambda: _set_by(one.settings.of_its_own() for one in adapters().values())),
    ("apps/integrations/adapters", lambda: _set_by(one.settings.model_fields for one in partner_adapters().values())),
    (
        "apps/channels/adapters",
        lambda: (said for one in adapters().values() for said in (one.title, one.breaks, *_asked(one))),
    ),
    (
        "apps/integrations/adapters",
        lambda: (said for one in partner_adapters().values() for said in (one.title, one.breaks)),
    ),
    ("unfold", lambda: _UNFOLD),
    ("apps/console/orders/timeline.py", lambda: ("routing decision", "inbox message")),
    ("apps/listings/differences.py", SENTENCES.values),
    ("apps/listings/explaining.py", lambda: (*LABELS.values(), *SCOPES.values())),
    ("apps/accounts/models.py", lambda: (str(role.label) for role in Role)),
    ("apps/fulfillment/states.py", lambda: (str(reason.label) for reason in RejectReason)),
    ("apps/inventory/states.py", lambda: (str(work.label) for work in StockWork)),
    ("apps/orders/states.py", lambda: (str(reason.label) for reason in HoldReason)),
    ("apps/orders/canonical.py", lambda: _both(one.value for one in (*PaymentState, *RiskLevel))),
    ("apps/orders/canonical.py", lambda: _both(level.value for level in ServiceLevel)),
    ("apps/routing/planner/problem.py", lambda: (name.replace("_", " ") for name in CRITERION_NAMES)),
    ("apps/routing/planner/problem.py", lambda: (one.name.replace("_", " ") for one in fields(PolicyContent))),
    (
        "apps/sla/stages.py",
        lambda: (text for stage in STAGES.values() for text in (stage.label, stage.said, stage.late)),
    ),
    ("apps/orchestration/subscriptions.py", lambda: (name.replace("_", " ") for name in STEPS)),
    ("apps/console/shell/people.py", lambda: (name.replace("_", " ") for name in MACHINES)),
    ("apps/console/orders/timeline.py", lambda: (name.replace("_", " ") for name in OPERATIONS)),
    ("apps/sla/services/defaults.py", lambda: (rule.name for rule in DEFAULT_POLICY.rules)),
    ("apps/sla/linting.py", FIELDS.values),
    ("apps/sla/stages.py", lambda: (*BY_WORDS.values(), *PAUSES.values())),
)
