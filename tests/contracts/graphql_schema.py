"""Holding GraphQL documents, their variables and what is answered to them to a vendor's published schema."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    GraphQLEnumType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLSchema,
    OperationDefinitionNode,
    SelectionSetNode,
    build_client_schema,
    get_named_type,
    is_composite_type,
    parse,
    validate,
)
from graphql.execution.values import get_variable_values


@cache
def schema_of(path: Path) -> GraphQLSchema:
    """A schema from the result of an introspection, gzipped."""
    with gzip.open(path) as file:
        read = json.load(file)
    # Vendors' own schemas break rules that came later; the documents are what is held to them.
    return build_client_schema(read.get("data", read), assume_valid=True)


def document_problems(schema: GraphQLSchema, text: str) -> list[str]:
    return [error.message for error in validate(schema, parse(text))]


def variable_problems(schema: GraphQLSchema, text: str, variables: Mapping[str, Any]) -> list[str]:
    operation = next(one for one in parse(text).definitions if isinstance(one, OperationDefinitionNode))
    declared = {one.variable.name.value for one in operation.variable_definitions or ()}
    unknown = [f"${name} is not declared" for name in variables if name not in declared]
    checked = get_variable_values(schema, operation.variable_definitions or (), dict(variables))
    return unknown + ([error.message for error in checked] if isinstance(checked, list) else [])


def answer_problems(schema: GraphQLSchema, text: str, data: Any) -> list[str]:
    """What of the data is not what the document selects, or not of the schema's type."""
    definitions = parse(text).definitions
    operation = next(one for one in definitions if isinstance(one, OperationDefinitionNode))
    fragments = {one.name.value: one for one in definitions if isinstance(one, FragmentDefinitionNode)}
    root = schema.get_root_type(operation.operation)
    return list(_of_object(schema, root, operation.selection_set, data, fragments, operation.operation.value))


def _of_object(
    schema: GraphQLSchema, kind: Any, selected: SelectionSetNode, value: Any, fragments: Mapping[str, Any], path: str
) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"{path}: no object"
        return
    wanted = dict(_fields(schema, kind, selected, fragments, value))
    for name in value.keys() - wanted.keys():
        yield f"{path}.{name}: was not asked for"
    for name, (field, its_kind) in wanted.items():
        if name not in value:
            yield f"{path}.{name}: is missing"
        else:
            yield from _of_type(schema, its_kind, field, value[name], fragments, f"{path}.{name}")


def _fields(
    schema: GraphQLSchema, kind: Any, selected: SelectionSetNode, fragments: Mapping[str, Any], value: Any
) -> Iterator[tuple[str, tuple[FieldNode, Any]]]:
    for one in selected.selections:
        if isinstance(one, FieldNode):
            alias = one.alias.value if one.alias else one.name.value
            yield alias, (one, kind.fields[one.name.value].type)
            continue
        inner = fragments[one.name.value] if hasattr(one, "name") else one
        on = schema.type_map[inner.type_condition.name.value]
        names = {name for name, _ in _fields(schema, on, inner.selection_set, fragments, value)}
        # An answer to something that may be of several types holds the fields of its own.
        if on is kind or (isinstance(value, dict) and names <= value.keys()):
            yield from _fields(schema, on, inner.selection_set, fragments, value)


def _of_type(
    schema: GraphQLSchema, kind: Any, field: FieldNode, value: Any, fragments: Mapping[str, Any], path: str
) -> Iterator[str]:
    if isinstance(kind, GraphQLNonNull):
        if value is None:
            yield f"{path}: null, which {kind} is not"
            return
        kind = kind.of_type
    if value is None:
        return
    if isinstance(kind, GraphQLList):
        if not isinstance(value, list):
            yield f"{path}: no list"
            return
        for position, item in enumerate(value):
            yield from _of_type(schema, kind.of_type, field, item, fragments, f"{path}[{position}]")
    elif is_composite_type(get_named_type(kind)):
        assert field.selection_set is not None
        yield from _of_object(schema, kind, field.selection_set, value, fragments, path)
    elif isinstance(kind, GraphQLEnumType):
        if value not in kind.values:
            yield f"{path}: {value} is no {kind}"
    elif not isinstance(value, _SCALARS.get(kind.name, (str,))):
        yield f"{path}: {value!r} is no {kind}"


_SCALARS: dict[str, tuple[type, ...]] = {
    "Int": (int,),
    "Float": (int, float),
    "Boolean": (bool,),
    "JSON": (object,),
    "ID": (str,),
}
