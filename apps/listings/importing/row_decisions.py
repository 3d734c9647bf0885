"""What applying one row of an import does: which SKU it is, what of it changes, what stands against it. Decides only.

A row whose SKU can't be said for certain is in conflict and left out; its listing is kept without a SKU, for somebody to match.
A part of a row that stands against something else is left out alone, and named.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

from apps.catalog.barcodes import barcode_key
from apps.catalog.models import Sku
from apps.core.money import CURRENCIES, show
from apps.listings.importing.facts import Facts, code_key
from apps.listings.models import Listing
from apps.listings.states import FieldName, FieldOwner, RowVerdict

# The column a field stands in.
COLUMNS: Mapping[FieldName, str] = {
    FieldName.NAME: "name",
    FieldName.OPTIONS: "attributes",
    FieldName.WEIGHT: "weight_g",
    FieldName.PRICE: "price_minor",
    FieldName.COST: "cost_minor",
    FieldName.HS_CODE: "hs_code",
    FieldName.ORIGIN: "origin",
    FieldName.TRACKED: "tracked",
}
LISTING_FIELDS = ("code", "title", "stock_id", "picture", "active")
Problem = dict[str, object]
Change = dict[str, object]


@dataclass(frozen=True, slots=True)
class Writer:
    """Who has written a column of a SKU: whether anybody here ever has, and who did last (an actor; empty: nobody)."""

    here: bool = False
    last: str = ""


@dataclass(frozen=True, slots=True)
class KnownCatalog:
    """What is known here of all that some rows name. Codes are in capitals, barcodes by their key.

    ``first_code``, ``first_barcode``: what stands on several rows of the import, with the pk and the name of the row that has it
    first. ``listed``: SKUs that the channel lists, with the id it lists them under. ``own_codes``: those of the codes that
    other rows of the import have.
    """

    channel: str
    by_code: Mapping[str, Sku] = field(default_factory=dict)
    by_key: Mapping[str, Sku] = field(default_factory=dict)
    by_alias: Mapping[str, Sku] = field(default_factory=dict)
    by_barcode: Mapping[str, Sku] = field(default_factory=dict)
    listings: Mapping[str, Listing] = field(default_factory=dict)
    listed: Mapping[int, str] = field(default_factory=dict)
    first_code: Mapping[str, tuple[int, str, str]] = field(default_factory=dict)
    first_barcode: Mapping[str, tuple[int, str]] = field(default_factory=dict)
    own_codes: Collection[str] = frozenset()
    # Codes of parts that are neither here nor in the import.
    strange_parts: Collection[str] = frozenset()
    sets: Mapping[int, Sequence[tuple[str, int]]] = field(default_factory=dict)
    rules: Mapping[str, FieldOwner] = field(default_factory=dict)
    # Channels whose word on a field holds in any case.
    outright: Mapping[str, Collection[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """Which SKU a row is; None with ``code``: a new one of that code; None without: nobody can say, as ``problems`` do.

    ``alias``: the code by which the channel calls a SKU that has another.
    """

    sku: Sku | None = None
    code: str = ""
    alias: str = ""
    problems: Sequence[Problem] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RowDecision:
    """``fields``: columns of the SKU to be written; ``barcodes``, ``parts``: to be added."""

    verdict: RowVerdict
    match: Match
    fields: Mapping[str, object] = field(default_factory=dict)
    barcodes: Sequence[str] = ()
    parts: Sequence[tuple[str, int]] = ()
    changes: Sequence[Change] = ()
    problems: Sequence[Problem] = ()


def match(pk: int, facts: Facts, known: KnownCatalog) -> Match:
    """Which SKU it is: what somebody has said before, then the code, an alias, a barcode."""
    if "code" in facts["unreadable"]:
        return Match(problems=[{"code": "code_unreadable"}])
    listing = known.listings.get(facts["external_id"])
    if listing is not None and listing.sku is not None:
        return _as_listed(listing, listing.sku, facts, known)
    first = known.first_code.get(code_key(facts["code"]))
    if first is not None and first[0] != pk:
        same = first[1].upper() == facts["code"].upper()
        return Match(
            problems=[{"code": "code_twice" if same else "code_like_row", "other": first[1], "title": first[2]}]
        )
    return _by_code(facts, known) if facts["code"] else _by_barcode(facts, known)


def _as_listed(listing: Listing, sku: Sku, facts: Facts, known: KnownCatalog) -> Match:
    """It stays what it is; a code that it has there since then is learned, unless it means something else."""
    code = facts["code"]
    means = known.by_code.get(code.upper()) or known.by_alias.get(code.upper())
    if not code or (means is not None and means.pk == sku.pk):
        return Match(sku=sku, code=sku.code)
    if means is not None:
        return Match(sku=sku, code=sku.code, problems=[{"code": "code_of_other", "sku": means.code, "is": sku.code}])
    return Match(sku=sku, code=sku.code, alias=code)


def _by_code(facts: Facts, known: KnownCatalog) -> Match:
    code = facts["code"]
    sku, called = known.by_code.get(code.upper()), known.by_alias.get(code.upper())
    if sku is not None:
        also = called is not None and called.pk != sku.pk
        problems: list[Problem] = [{"code": "code_is_alias", "sku": called.code}] if also and called else []
        return Match(sku=sku, code=sku.code, problems=problems)
    if called is not None:
        return Match(sku=called, code=called.code)
    if (like := known.by_key.get(code_key(code))) is not None:
        return Match(problems=[{"code": "code_like", "sku": like.code}])
    holder = _holder(facts, known)
    return Match(sku=holder, code=holder.code, alias=code) if holder is not None else Match(code=code)


def _by_barcode(facts: Facts, known: KnownCatalog) -> Match:
    holder = _holder(facts, known)
    return Match(sku=holder, code=holder.code) if holder is not None else Match(problems=[{"code": "no_code"}])


def _holder(facts: Facts, known: KnownCatalog) -> Sku | None:
    """The SKU that all of its barcodes are of, where the channel does not sell that one under another code."""
    holders = {known.by_barcode.get(barcode_key(code)) for code in facts["barcodes"]}
    holder = holders.pop() if len(holders) == 1 else None
    if holder is None or any(barcode_key(code) in known.first_barcode for code in facts["barcodes"]):
        return None
    elsewhere = known.listed.get(holder.pk, facts["external_id"]) != facts["external_id"]
    return None if elsewhere or code_key(holder.code) in known.own_codes else holder


def differences(facts: Facts, found: Match) -> dict[FieldName, object]:
    """What the shop says of the SKU otherwise than it is here; all that it says of one that is new."""
    sku, said = found.sku, _said(facts, found.sku)
    if sku is None:
        return said
    return {name: value for name, value in said.items() if getattr(sku, COLUMNS[name]) != value}


def _said(facts: Facts, sku: Sku | None) -> dict[FieldName, object]:
    said: dict[FieldName, object] = {}
    if facts["title"]:
        said[FieldName.NAME] = facts["title"]
    if facts["attributes"]:
        said[FieldName.OPTIONS] = {**(sku.attributes if sku else {}), **facts["attributes"]}
    # Shops say 0 for what nobody has weighed.
    if facts["weight_g"]:
        said[FieldName.WEIGHT] = facts["weight_g"]
    if facts["price_minor"] is not None:
        said[FieldName.PRICE] = facts["price_minor"]
    if facts["cost_minor"] is not None:
        said[FieldName.COST] = facts["cost_minor"]
    # Of an import that was read before customs were kept, nothing is said.
    if facts.get("hs_code"):
        said[FieldName.HS_CODE] = facts["hs_code"]
    if facts.get("origin"):
        said[FieldName.ORIGIN] = facts["origin"]
    if facts["tracked"] is not None:
        said[FieldName.TRACKED] = facts["tracked"]
    return said


def judge(
    pk: int,
    facts: Facts,
    found: Match,
    said: Mapping[FieldName, object],
    writers: Mapping[str, Writer],
    known: KnownCatalog,
) -> RowDecision:
    """``found`` and ``said``: of ``match`` and ``differences``; ``writers``: of the SKU, by column."""
    problems: list[Problem] = list(found.problems)
    problems += [{"code": "unreadable", "field": name} for name in facts["unreadable"] if name != "code"]
    listing = known.listings.get(facts["external_id"])
    changes = _of_listing(facts, listing, found)
    if found.sku is None and not found.code:
        return RowDecision(verdict=RowVerdict.CONFLICT, match=found, changes=changes, problems=problems)
    money, mismatch = _without_other_money(facts, found.sku, said)
    fields, of_sku = _of_sku(facts, found.sku, money, writers, known)
    barcodes, taken = _barcodes(pk, facts, found.sku, known)
    parts, strange = _parts(facts, found.sku, known)
    changes += of_sku + [_change("barcode", "", code) for code in barcodes]
    changes += [_change("alias", "", found.alias)] if found.alias else []
    changes += [_change("parts", "", ", ".join(f"{units} × {code}" for code, units in parts))] if parts else []
    does = any(change["taken"] for change in changes)
    verdict = RowVerdict.NEW if found.sku is None else RowVerdict.CHANGED if does else RowVerdict.SAME
    return RowDecision(
        verdict=verdict,
        match=replace(found, problems=()),
        fields=fields,
        barcodes=barcodes,
        parts=parts,
        changes=changes,
        problems=problems + mismatch + taken + strange,
    )


def _change(name: str, before: object, after: object, because: str = "") -> Change:
    """``because``: why it is not taken; empty: it is."""
    return {"field": name, "before": before, "after": after, "taken": not because, "because": because}


def _of_listing(facts: Facts, listing: Listing | None, found: Match) -> list[Change]:
    if listing is None:
        return [_change("listing", "", facts["external_id"])]
    said: dict[str, object] = {name: facts[name] for name in LISTING_FIELDS}  # type: ignore[literal-required]
    changes = [
        _change(f"listing_{name}", getattr(listing, name), value)
        for name, value in said.items()
        if getattr(listing, name) != value
    ]
    linked = found.sku is not None or found.code
    return changes + ([_change("linked", "", found.code)] if listing.sku_id is None and linked else [])


def _without_other_money(
    facts: Facts, sku: Sku | None, said: Mapping[FieldName, object]
) -> tuple[Mapping[FieldName, object], list[Problem]]:
    """Amounts in another currency than the SKU's are not compared with them."""
    priced = sku is not None and bool(sku.price_minor or sku.cost_minor)
    says_money = facts["price_minor"] is not None or facts["cost_minor"] is not None
    if sku is None or not priced or not says_money or sku.currency == facts["currency"]:
        return said, []
    kept: dict[FieldName, object] = {
        name: value for name, value in said.items() if name not in (FieldName.PRICE, FieldName.COST)
    }
    return kept, [{"code": "currency", "theirs": facts["currency"], "ours": sku.currency}]


def _of_sku(
    facts: Facts,
    sku: Sku | None,
    said: Mapping[FieldName, object],
    writers: Mapping[str, Writer],
    known: KnownCatalog,
) -> tuple[dict[str, object], list[Change]]:
    fields: dict[str, object] = {}
    changes = []
    for name, value in said.items():
        before = getattr(sku, COLUMNS[name]) if sku is not None else None
        because = _why_kept(name, sku, writers.get(COLUMNS[name], Writer()), known)
        changes.append(_change(name.value, _shown(name, before, sku), _shown(name, value, facts), because))
        if not because:
            fields[COLUMNS[name]] = value
    takes_money = sku is None or bool({"price_minor", "cost_minor"} & fields.keys())
    if takes_money and facts["currency"] in CURRENCIES and (sku is None or sku.currency != facts["currency"]):
        fields["currency"] = facts["currency"]
    return fields, changes


def _why_kept(name: FieldName, sku: Sku | None, writer: Writer, known: KnownCatalog) -> str:
    """Why what the shop says is not taken: ``here`` by the table, ``edited`` by somebody here, or a channel's code; empty: it is."""
    if sku is None:
        return ""
    owner = known.rules.get(name, FieldOwner.FIRST)
    if owner == FieldOwner.HERE:
        return "here"
    other = writer.last.removeprefix("channel:") if writer.last.startswith("channel:") else ""
    other = "" if other == known.channel else other
    if owner == FieldOwner.SHOP:
        return f"channel:{other}" if other in known.outright.get(name, ()) else ""
    return "edited" if writer.here else f"channel:{other}" if other else ""


def _shown(name: FieldName, value: object, of: Sku | Facts | None) -> str:
    if value is None or value == "" or value == {}:
        return ""
    if name in (FieldName.PRICE, FieldName.COST) and isinstance(value, int):
        return str(show(value, of["currency"] if isinstance(of, dict) else of.currency if of else ""))
    if name == FieldName.WEIGHT:
        return f"{value} g"
    if isinstance(value, dict):
        return ", ".join(f"{key} {text}" for key, text in value.items())
    return str(value)


def _barcodes(pk: int, facts: Facts, sku: Sku | None, known: KnownCatalog) -> tuple[list[str], list[Problem]]:
    added, problems = list[str](), list[Problem]()
    for code in facts["barcodes"]:
        key = barcode_key(code)
        holder, first = known.by_barcode.get(key), known.first_barcode.get(key)
        if holder is not None and sku is not None and holder.pk == sku.pk:
            continue
        if holder is not None:
            problems.append({"code": "barcode_taken", "barcode": code, "sku": holder.code})
        elif first is not None and first[0] != pk:
            problems.append({"code": "barcode_twice", "barcode": code, "other": first[1]})
        else:
            added.append(code)
    return added, problems


def _parts(facts: Facts, sku: Sku | None, known: KnownCatalog) -> tuple[list[tuple[str, int]], list[Problem]]:
    """Of a set whose parts are known here, those stay."""
    said = [(str(code), int(str(units))) for code, units in facts["parts"]]
    if not said or facts["code"].upper() in {code.upper() for code, _ in said}:
        return [], []
    here = known.sets.get(sku.pk, ()) if sku is not None else ()
    if here:
        same = {(code.upper(), units) for code, units in here} == {(code.upper(), units) for code, units in said}
        words = ", ".join(f"{units} × {code}" for code, units in said)
        return [], [] if same else [{"code": "parts_differ", "parts": words}]
    strange = [code for code, _ in said if code.upper() in known.strange_parts]
    if strange:
        return [], [{"code": "part_unknown", "part": code} for code in strange]
    return said, []
