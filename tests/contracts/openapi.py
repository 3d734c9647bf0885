"""Holding requests and responses to a vendor's published contract, OpenAPI 2 or 3."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import yaml
from jsonschema import Draft4Validator

# What is said of a document as a whole and refers to no schema.
_SCHEMAS = ("definitions", "components", "parameters", "responses")


@dataclass(frozen=True)
class Operation:
    """One verb at one address of a contract."""

    contract: Contract
    said: Mapping[str, Any]
    parameters: tuple[Mapping[str, Any], ...]

    def request_problems(self, query: Mapping[str, str], body: Any) -> list[str]:
        known = {one["name"]: one for one in self.parameters if one["in"] == "query"}
        problems = [f"{name} is no parameter" for name in query if name not in known]
        problems += [f"{name} is missing" for name, one in known.items() if one.get("required") and name not in query]
        for name, text in query.items():
            problems += [f"{name}: {word} is none of its values" for word in _strangers(known.get(name, {}), text)]
        schema = self._body_schema()
        return problems + ([] if schema is None else self.contract.problems(schema, body))

    def response_problems(self, status: int, body: Any) -> list[str]:
        responses = self.said["responses"]
        found = self.contract.whole(responses.get(str(status)) or responses.get("default") or {})
        if not found:
            return [f"status {status} is not in the contract"]
        schema = found.get("schema") or _json_of(found)
        return [] if schema is None else self.contract.problems(schema, body)

    def _body_schema(self) -> Mapping[str, Any] | None:
        in_body = [one for one in self.parameters if one["in"] == "body"]
        if in_body:
            schema: Mapping[str, Any] = in_body[0]["schema"]
            return schema
        return _json_of(self.contract.whole(self.said.get("requestBody") or {}))


class Contract:
    def __init__(self, document: Mapping[str, Any]) -> None:
        self._document = document
        servers = document.get("servers") or [{}]
        variables = servers[0].get("variables") or {}
        base = document.get("basePath") or variables.get("basePath", {}).get("default") or ""
        self._paths = [(_pattern(base.rstrip("/") + path), path) for path in document["paths"]]

    def operation(self, method: str, path: str) -> Operation | None:
        """That of the verb at the address; an address without placeholders goes first."""
        found = [name for pattern, name in self._paths if pattern.fullmatch(path)]
        for name in sorted(found, key=lambda name: name.count("{")):
            item = self._document["paths"][name]
            said = item.get(method.lower())
            if said is not None:
                given = (*item.get("parameters", ()), *said.get("parameters", ()))
                return Operation(self, said, tuple(self.whole(one) for one in given))
        return None

    def whole(self, part: Mapping[str, Any]) -> Mapping[str, Any]:
        """What is referred to."""
        while "$ref" in part:
            found: Any = self._document
            for step in part["$ref"].removeprefix("#/").split("/"):
                found = found[unquote(step).replace("~1", "/").replace("~0", "~")]
            part = found
        return part

    def problems(self, schema: Mapping[str, Any], value: Any) -> list[str]:
        around = {name: self._document[name] for name in _SCHEMAS if name in self._document}
        return [
            f"{'.'.join(map(str, error.path))}: {error.message}"
            for error in Draft4Validator({**schema, **around}).iter_errors(value)
            if not (error.instance is None and error.schema.get("nullable"))
        ]

    def fields(self, schema: Mapping[str, Any], value: Any, path: str = "") -> Iterator[str]:
        """Fields of the value that its schema does not know: what a vendor never sends or reads."""
        schema = self.whole(schema)
        if isinstance(value, list):
            for item in value:
                yield from self.fields(schema.get("items") or {}, item, f"{path}[]")
        properties = schema.get("properties")
        if isinstance(value, dict) and properties:
            for name, inner in value.items():
                if name in properties:
                    yield from self.fields(properties[name], inner, f"{path}.{name}")
                else:
                    yield f"{path}.{name} is not in the contract"


@cache
def contract_at(path: Path) -> Contract:
    text = path.read_text(encoding="utf-8")
    return Contract(json.loads(text) if path.suffix == ".json" else yaml.safe_load(text))


def exchange_problems(
    contracts: list[Contract], method: str, path: str, query: Mapping[str, str], body: Any, status: int, answer: Any
) -> list[str]:
    """What of one exchange is not as the contracts say: of the request, and of what was answered."""
    operation = next((found for one in contracts if (found := one.operation(method, path)) is not None), None)
    if operation is None:
        return [f"{method} {path} is in no contract"]
    problems = [*operation.request_problems(query, body), *operation.response_problems(status, answer)]
    schema = operation._body_schema()
    if schema is not None:
        problems += operation.contract.fields(schema, body)
    return [f"{method} {path}: {problem}" for problem in problems]


def _pattern(path: str) -> re.Pattern[str]:
    return re.compile(
        "".join("[^/]+" if part.startswith("{") else re.escape(part) for part in re.split(r"(\{[^}]+\})", path))
    )


def _json_of(part: Mapping[str, Any]) -> Mapping[str, Any] | None:
    content = part.get("content") or {}
    form = content.get("application/x-www-form-urlencoded") or {}
    media: Mapping[str, Any] = content.get("application/json") or form
    return media.get("schema")


def _strangers(parameter: Mapping[str, Any], text: str) -> list[str]:
    schema = parameter.get("schema") or parameter
    words = (schema.get("items") or schema).get("enum")
    asked = text.split(",") if schema.get("type") == "array" else [text]
    return [word for word in asked if words and word not in words]
