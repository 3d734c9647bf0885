"""The API's own description (OpenAPI 3.1), made from the same models that parse and answer."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, TypeVar

from drf_spectacular.contrib.pydantic import PydanticExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import ResolvedComponent
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, extend_schema
from pydantic import BaseModel
from pydantic.json_schema import model_json_schema

from apps.core.api.pagination import DEFAULT_LIMIT, MAX_LIMIT
from apps.core.api.problems import MEDIA_TYPE

Method = TypeVar("Method", bound=Callable[..., Any])
_REF = "#/components/schemas/{model}"
IDEMPOTENCY_KEY = "Idempotency-Key"
IF_MATCH = "If-Match"


class ModelSchema(PydanticExtension):  # type: ignore[no-untyped-call]
    """Bodies are described as they are read (defaults may be left out), answers as they are written."""

    priority = 1

    def map_serializer(self, auto_schema: AutoSchema, direction: str) -> dict[str, Any]:
        mode = "validation" if direction == "request" else "serialization"
        schema = model_json_schema(self.target, ref_template=_REF, mode=mode)  # type: ignore[arg-type]
        for name, part in schema.pop("$defs", {}).items():
            component = ResolvedComponent(name, ResolvedComponent.SCHEMA, part, name)  # type: ignore[no-untyped-call]
            auto_schema.registry.register_on_missing(component)
        return schema


class Schema(AutoSchema):
    """Knows what a list offers from its ``filters``, ``sorts`` and ``page``, and what parts of an address are from ``address_parts``."""

    view: Any

    def get_override_parameters(self) -> list[Any]:
        if not self._lists:
            return []
        sorts = [name for key in self.view.sorts for name in (key, _turned(key))]
        return [*_filter_parameters(self.view.filters), *_page_parameters(sorts)]

    def get_response_serializers(self) -> Any:
        return {200: self.view.page} if self._lists else None

    def get_request_serializer(self) -> Any:
        return None

    def get_operation_id(self) -> str:
        return (
            f"list_{'_'.join(self._tokenize_path()).replace('-', '_')}" if self._lists else super().get_operation_id()
        )

    def get_summary(self) -> str:
        return f"List {' '.join(self._tokenize_path()).replace('-', ' ')}" if self._lists else ""

    def get_description(self) -> str:  # type: ignore[override]
        return inspect.getdoc(self.view.page) or "" if self._lists else ""

    def get_tags(self) -> list[str]:
        return self._tokenize_path()[:1]

    def _resolve_path_parameters(self, variables: list[str]) -> list[dict[str, Any]]:
        """The address's parts, with what the view says of them."""
        found: list[dict[str, Any]] = super()._resolve_path_parameters(variables)  # type: ignore[no-untyped-call]
        said = getattr(self.view, "address_parts", {})
        return [{**one, "description": said[one["name"]]} if one["name"] in said else one for one in found]

    @property
    def _lists(self) -> bool:
        return self.method == "GET" and hasattr(self.view, "page")

    def _get_request_for_media_type(self, serializer: Any, direction: str = "request") -> tuple[Any, bool]:
        if inspect.isclass(serializer) and issubclass(serializer, BaseModel):
            described_as: Any = serializer
            component = self.resolve_serializer(described_as, "request")
            return component.ref, bool(component.schema.get("required"))
        found: tuple[Any, bool] = super()._get_request_for_media_type(serializer, direction)  # type: ignore[no-untyped-call]
        return found


def described(
    operation: str,
    *,
    body: type[BaseModel] | None = None,
    responses: Mapping[int, type[BaseModel]],
    key: bool | None = None,
    match: bool | None = None,
    query: Sequence[OpenApiParameter] = (),
    examples: Sequence[OpenApiExample] = (),
    refusals: Mapping[int, str] = MappingProxyType({}),
) -> Callable[[Method], Method]:
    """Describe one method of a view; its summary and description are its docstring.

    ``key``: the Idempotency-Key is required (True), taken (False) or no matter (None); ``match``: the same of If-Match.
    ``refusals``: statuses that such a method does not end in as a rule, with when this one does.
    """

    def describe(method: Method) -> Method:
        summary, _, rest = inspect.cleandoc(method.__doc__ or "").partition("\n")
        decorate = extend_schema(
            operation_id=operation,
            summary=summary,
            description=rest.strip(),
            request=body,
            responses={**responses, **refused(refusals)},
            parameters=[*query, *_headers(key, match)],
            examples=list(examples),
        )
        decorated: Method = decorate(method)
        return decorated

    return describe


def refused(refusals: Mapping[int, str]) -> dict[tuple[int, str], OpenApiResponse]:
    """Problem documents as responses, by status."""
    return {(status, MEDIA_TYPE): OpenApiResponse(_PROBLEM_REF, said) for status, said in refusals.items()}


def _headers(key: bool | None, match: bool | None) -> list[OpenApiParameter]:
    text = {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"}
    found = []
    if key is not None:
        said = "A fresh unique text per request, the same on a retry; a repeat gets the first answer."
        said += " Without it: 400 `idempotency_key_missing`." if key else ""
        found.append(OpenApiParameter(IDEMPOTENCY_KEY, text, "header", required=key, description=said))
    if match is not None:
        said = "The ETag you read; a change since then is answered 412."
        tag = {"type": "string", "examples": ['"3"']}
        found.append(OpenApiParameter(IF_MATCH, tag, "header", required=match, description=said))
    return found


def _filter_parameters(filters: Any) -> list[OpenApiParameter]:
    return [
        OpenApiParameter(
            name,
            one.schema,
            description=str(one.extra.get("help_text", "")),
            explode=False if one.schema["type"] == "array" else None,
            style="form" if one.schema["type"] == "array" else None,
        )
        for name, one in filters.base_filters.items()
    ]


def _page_parameters(sorts: Sequence[str]) -> list[OpenApiParameter]:
    limit = {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT}
    return [
        OpenApiParameter("sort", {"type": "string", "enum": list(sorts), "default": sorts[0]}),
        OpenApiParameter("limit", limit),
        OpenApiParameter("cursor", str, description="`next_cursor` of the page before"),
    ]


def _turned(sort: str) -> str:
    return sort[1:] if sort.startswith("-") else f"-{sort}"


_PROBLEM: dict[str, Any] = {
    "type": "object",
    "description": "RFC 9457. `code` is stable; `detail` says what to do.",
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string"},
        "detail": {"type": "string"},
        "errors": {"type": "array", "items": {"type": "object"}, "description": "pointer or parameter, detail, code"},
        "allowed_transitions": {"type": "array", "items": {"type": "string"}},
    },
    "required": ["type", "title", "status", "code", "detail"],
}
_PROBLEM_REF = {"$ref": "#/components/schemas/Problem"}
_ALWAYS = {
    400: "The request can't be read",
    401: "No key, or an unknown, revoked or expired one",
    403: "The key may not do this",
    404: "There is no such thing, or it is not yours to see",
    429: "Over the key's quota; see Retry-After",
    503: "The database can't be reached; see Retry-After",
}
_WRITING = {
    409: "Not possible in the present state; see `allowed_transitions`",
    413: "The body is too large",
    415: "Not application/json",
    422: "The body is not valid; `errors` point at what is wrong",
}
_MATCHING = {412: "Changed since you read it; ETag is the current version", 428: "If-Match is missing"}


def add_problems(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:
    """Every operation may end in a problem document; which ones depends on what it takes."""
    result["components"].setdefault("schemas", {})["Problem"] = _PROBLEM
    for path in result["paths"].values():
        for method, operation in path.items():
            for response in operation["responses"].values():
                response["description"] = response["description"] or "Done"
            for status, said in _problems_of(method, operation).items():
                operation["responses"].setdefault(str(status), _problem_response(said))
    return result


def _problems_of(method: str, operation: Mapping[str, Any]) -> dict[int, str]:
    headers = {one["name"] for one in operation.get("parameters", ()) if one["in"] == "header"}
    return {**_ALWAYS, **(_WRITING if method != "get" else {}), **(_MATCHING if IF_MATCH in headers else {})}


def _problem_response(said: str) -> dict[str, Any]:
    return {"description": said, "content": {MEDIA_TYPE: {"schema": _PROBLEM_REF}}}
