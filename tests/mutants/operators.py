"""Which faults are planted: a choice of cosmic-ray's own, and four of the kind that went unnoticed here before.

Left out of cosmic-ray's: what type annotations are made of (``|``), comparisons that stand for no likely slip, all that decorators hold,
and ``strict=`` of ``zip``: it is there for lists that are of one length by the lines above. Left out of ours: the names in ``__all__``,
which linters read, for nothing is imported by ``*``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any, ClassVar

from cosmic_ray.operators.operator import Example, Operator
from cosmic_ray.operators.provider import OperatorProvider
from parso.python.tree import Name

_COMPARE = ("Lt_LtE", "LtE_Lt", "Gt_GtE", "GtE_Gt", "Lt_GtE", "Gt_LtE", "Eq_NotEq", "NotEq_Eq", "Is_IsNot", "IsNot_Is")
_BINARY = ("Add_Sub", "Sub_Add", "Mul_Add", "Mul_FloorDiv", "FloorDiv_Mul", "Div_Mul", "Mod_Add", "BitAnd_BitOr")
CHOSEN = (
    *(f"ReplaceComparisonOperator_{name}" for name in _COMPARE),
    *(f"ReplaceBinaryOperator_{name}" for name in _BINARY),
    "ReplaceUnaryOperator_USub_UAdd",
    "ReplaceUnaryOperator_Delete_Not",
    "AddNot",
    "ReplaceTrueWithFalse",
    "ReplaceFalseWithTrue",
    "ReplaceAndWithOr",
    "ReplaceOrWithAnd",
    "ReplaceBreakWithContinue",
    "ReplaceContinueWithBreak",
    "NumberReplacer",
    "ZeroIterationForLoop",
)
Place = tuple[tuple[int, int], tuple[int, int]]


class _Whole(Operator):
    """An operator that replaces whole nodes, each in one way."""

    def applies(self, node: Any) -> bool:
        raise NotImplementedError

    def mutation_positions(self, node: Any) -> Iterator[Place]:
        if self.applies(node):
            yield node.start_pos, node.end_pos

    @classmethod
    def examples(cls) -> tuple[Example, ...]:
        return ()


class DropStatement(_Whole):
    """A call nobody waits for, a refusal, a field that is set: not done."""

    def applies(self, node: Any) -> bool:
        if node.parent is None or node.parent.type != "simple_stmt" or node.parent.children[0] is not node:
            return False
        if node.type in ("atom_expr", "power"):
            return bool(node.children[-1].get_first_leaf().value == "(")
        if node.type == "expr_stmt":
            target, sign = node.children[0], node.children[1]
            return sign.type == "operator" and (sign.value != "=" or target.type in ("atom_expr", "power"))
        return bool(node.type == "raise_stmt")

    def mutate(self, node: Any, index: int) -> Any:
        return Name("pass", node.start_pos, prefix=node.get_first_leaf().prefix)


class SwapCall(_Whole):
    """``min`` for ``max``, ``any`` for ``all``."""

    OTHERS: ClassVar = {"min": "max", "max": "min", "any": "all", "all": "any"}

    def applies(self, node: Any) -> bool:
        if node.type != "name" or node.value not in self.OTHERS or node.parent.type not in ("atom_expr", "power"):
            return False
        call = node.parent.children
        return bool(call[0] is node and call[1].get_first_leaf().value == "(")

    def mutate(self, node: Any, index: int) -> Any:
        return Name(self.OTHERS[node.value], node.start_pos, prefix=node.prefix)


class DropName(Operator):
    """A name left out of a list of names: a field that is not saved."""

    def _places(self, node: Any) -> list[Any]:
        if node.type != "atom" or node.children[0].get_code().strip() != "[" or len(node.children) != 3:
            return []
        if node.parent.get_first_leaf().value == "__all__":
            return []
        inside = node.children[1]
        names = [inside] if inside.type == "string" else inside.children if inside.type == "testlist_comp" else []
        return [one for one in names if one.type == "string"]

    def mutation_positions(self, node: Any) -> Iterator[Place]:
        for name in self._places(node):
            yield name.start_pos, name.end_pos

    def mutate(self, node: Any, index: int) -> Any:
        name = self._places(node)[index]
        if node.children[1] is name:
            del node.children[1]
            return node
        rest = node.children[1].children
        at = next(place for place, one in enumerate(rest) if one is name)
        del rest[at : at + 2]
        return node

    @classmethod
    def examples(cls) -> tuple[Example, ...]:
        return (Example("[“a”, “b”]", "[“b”]"),)


class DropLock(Operator):
    """Rows that are read without the lock that was to be taken with them, by Django or in SQL."""

    SQL: ClassVar = re.compile(r"\s*\bFOR (NO KEY )?UPDATE( OF \w+)?( SKIP LOCKED)?")

    def _places(self, node: Any) -> list[Any]:
        if node.type in ("string", "fstring_string"):
            return [node] if self.SQL.search(node.value) else []
        if node.type not in ("atom_expr", "power"):
            return []
        return [one for one in node.children if one.get_code().strip() == ".select_for_update"]

    def mutation_positions(self, node: Any) -> Iterator[Place]:
        for place in self._places(node):
            yield place.start_pos, place.end_pos

    def mutate(self, node: Any, index: int) -> Any:
        place = self._places(node)[index]
        if place is node:
            node.value = self.SQL.sub("", node.value)
        else:
            at = next(number for number, one in enumerate(node.children) if one is place)
            del node.children[at : at + 2]
        return node

    @classmethod
    def examples(cls) -> tuple[Example, ...]:
        return (Example("A.objects.select_for_update().get()", "A.objects.get()"),)


def _where_it_decides(operator: type[Operator]) -> type[Operator]:
    """How large a cache is, or whether a value is frozen, decides nothing."""

    class Outside(operator):  # type: ignore[valid-type, misc]
        def mutation_positions(self, node: Any) -> Iterator[Place]:
            if not _is_in_decorator(node) and not _is_of_strict(node):
                yield from super().mutation_positions(node)

    return Outside


def _is_in_decorator(node: Any) -> bool:
    while node is not None and node.type != "decorator":
        node = node.parent
    return node is not None


def _is_of_strict(node: Any) -> bool:
    said = node.parent
    return said is not None and said.type == "argument" and said.children[0].get_code().strip() == "strict"


class Chosen:
    """The operators as cosmic-ray asks for them."""

    def __init__(self, only: Sequence[str] = ()) -> None:
        core = OperatorProvider()
        ours = {operator.__name__: operator for operator in (DropStatement, SwapCall, DropName, DropLock)}
        chosen = {name: core[name] for name in CHOSEN} | ours
        self._known = {
            name: _where_it_decides(operator) for name, operator in chosen.items() if not only or name in only
        }

    def __iter__(self) -> Iterator[str]:
        return iter(self._known)

    def __getitem__(self, name: str) -> type[Operator]:
        return self._known[name]
