"""A call of the API may name what its view declares in the OpenAPI document, and nothing else.

A name that nobody knows would be taken for silence: `own_role` for no roles, a misspelt filter for the whole list.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from typing import Any

from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request
from rest_framework.serializers import Field, Serializer
from rest_framework.views import APIView

from apps.platform.errors import BadInput


def refuse_unknown_names(view: APIView, request: Request) -> None:
    method = "GET" if request.method == "HEAD" else request.method or ""
    schema = _schema_of(view, method)
    if schema is None:
        return
    declared = [one.name for one in schema.get_override_parameters() if one.location == OpenApiParameter.QUERY]
    _refuse(((name, declared) for name in request.query_params if name not in declared), "parameter")
    body = schema.get_request_serializer() if method in {"POST", "PUT", "PATCH"} else None
    if isinstance(body, type) and issubclass(body, Serializer):
        _refuse(_unknown_fields(request.data, body()), "field")


def _schema_of(view: APIView, method: str) -> Any:
    """What `extend_schema` says of the method; the library makes one anew for every document as well."""
    made = getattr(getattr(view, method.lower(), None), "kwargs", {}).get("schema")
    if made is None:
        return None
    schema = made()
    schema.view, schema.method = view, method
    return schema


def _unknown_fields(data: Any, body: Field[Any, Any, Any, Any], path: str = "") -> Iterator[tuple[str, list[str]]]:
    """What is no object is refused when its values are read."""
    if not (isinstance(data, Mapping) and isinstance(body, Serializer)):
        return
    fields = {name: field for name, field in body.fields.items() if not field.read_only}
    for name, value in data.items():
        if name not in fields:
            yield path + name, [path + known for known in fields]
        elif isinstance(fields[name], Serializer):
            yield from _unknown_fields(value, fields[name], f"{path}{name}.")


def _refuse(unknown: Iterable[tuple[str, list[str]]], what: str) -> None:
    errors = [
        {"path": name[:200], "code": f"unknown_{what}", "message": _sentence(name[:200], known, what)} for name, known in unknown
    ]
    if errors:
        raise BadInput(" ".join(error["message"] for error in errors[:5]), code=f"unknown_{what}", errors=errors[:20])


def _sentence(name: str, known: list[str], what: str) -> str:
    close = get_close_matches(name, known, n=1)
    if close:
        return f"This call has no {what} `{name}`: did you mean `{close[0]}`?"
    return f"This call has no {what} `{name}`; " + (f"it has {', '.join(known)}." if known else "it has none.")
