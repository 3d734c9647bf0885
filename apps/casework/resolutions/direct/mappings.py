"""A change of a mapping: proposed by one person, published once another has agreed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from apps.accounts.caller import Caller
from apps.accounts.models import User
from apps.casework.approvals.proposing import propose
from apps.casework.models import ApprovalRequest
from apps.channels.errors import ContractNotFound, VersionActive, VersionMoved
from apps.channels.models import ContractVersion
from apps.channels.services.contracts import checked_document, ensure_contracts, given_reason, publish_contract
from apps.core.actor import Actor
from apps.core.errors import NotAllowed
from apps.core.text import Text
from apps.core.transactions import service

KIND = "mapping"
_EFFECT = Text("Messages that come from then on are read by it; what is an order already stays as it was read.")


def refuse_unless_everywhere(caller: Caller) -> None:
    """A mapping holds for every channel of its kind, so whoever is limited to some changes none. Raises NotAllowed."""
    if caller.nodes or caller.channels:
        raise NotAllowed(permission="channels:write, and no limits to channels or nodes")


@service
def propose_mapping(
    document: Mapping[str, Any], *, reason: str, seen: int | None = None, user: User | None = None, actor: Actor
) -> ApprovalRequest:
    """Put a mapping document before somebody else, as the next version of what is active; where the policy asks nobody, it is
    published at once. ``seen``: the number of the version that was active when its maker began. Raises ReasonMissing,
    ContractInvalid, ContractNotFound, VersionMoved and what ``propose`` does."""
    return _propose(checked_document(document), reason=reason, restores=None, seen=seen, user=user, actor=actor)


@service
def propose_rollback(
    version: ContractVersion, *, reason: str, user: User | None = None, actor: Actor
) -> ApprovalRequest:
    """Put before somebody else that an earlier version be the active one again, as the next version. Raises VersionActive and what
    ``propose_mapping`` does: what was fit then may be refused now."""
    if version.active:
        raise VersionActive(version=str(version))
    raw = checked_document(version.document)
    return _propose(raw, reason=reason, restores=version.number, seen=None, user=user, actor=actor)


def _propose(
    raw: Mapping[str, Any],
    *,
    reason: str,
    restores: int | None,
    seen: int | None,
    user: User | None,
    actor: Actor,
) -> ApprovalRequest:
    why = given_reason(reason)
    active = _active(raw["contract"])
    if active is None:
        raise ContractNotFound(contract=raw["contract"])
    if seen is not None and seen != active.number:
        raise VersionMoved(version=str(active))
    changed = changed_parts(active.document, raw)
    title = f"{active.contract} v{active.number + 1}"
    return propose(
        kind=KIND,
        target_ref=f"contract:{active.pk}",
        target_version=active.number,
        payload={"document": raw, "restores": restores},
        before={"title": str(active), **{part: before for part, before, _ in changed}},
        after={
            "title": title if restores is None else f"{title} = v{restores}",
            **{part: after for part, _, after in changed},
        },
        effect={"sentence": _EFFECT},
        reason=why,
        amount_minor=0,
        currency="",
        actor=actor,
        user=user,
    )


def _active(contract: str) -> ContractVersion | None:
    """The shipped contracts are written down only where this one is missing: whoever decides a proposal holds that and locks the
    contracts after it, so whoever proposes must not come the other way round."""
    rows = ContractVersion.objects.filter(contract=contract, active=True)
    found = rows.first()
    if found is None and ensure_contracts():
        found = rows.first()
    return found


def changed_parts(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """Which rows and tables differ, as name, before and after; empty text where there was or is none."""
    was, will_be = _parts(before), _parts(after)
    names = [name for name in {**was, **will_be} if was.get(name) != will_be.get(name)]
    return [(name, _short(was.get(name)), _short(will_be.get(name))) for name in names]


def _parts(document: Mapping[str, Any]) -> dict[str, Any]:
    rows = {str(one["target"]): one for one in document["fields"]}
    lines = {f"lines.{one['target']}": one for one in document["lines"]["fields"]}
    tables = {f"table {name}": table for name, table in document.get("tables", {}).items()}
    others = {
        name: document.get(name) for name in ("title", "topics", "shape", "records", "gates", "guards", "description")
    }
    block = {"lines": {name: one for name, one in document["lines"].items() if name != "fields"}}
    return rows | lines | tables | {f"the {name}": one for name, one in (others | block).items()}


def _short(part: Any) -> str:
    """One row or table as people compare it."""
    if part is None:
        return ""
    if isinstance(part, Mapping):
        return "; ".join(f"{name}: {_plain(one)}" for name, one in part.items() if name not in ("note", "target"))[:500]
    return _plain(part)[:500]


def _plain(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(_plain(one) for one in value)
    if isinstance(value, Mapping):
        return " ".join(_plain(one) if name == "name" else f"{name}={_plain(one)}" for name, one in value.items())
    return str(value)


def publish_proposed(row: ApprovalRequest, actor: Actor) -> None:
    """What was agreed on is the active version from now on."""
    publish_contract(row.payload["document"], reason=row.reason, restores=row.payload.get("restores"), actor=actor)
