"""What the OpenAPI document says of errors: one shape, for every call."""

from __future__ import annotations

from typing import Any

_TEXT = {"type": "string"}
ERROR = {
    "type": "object",
    "required": ["code", "message", "request_id"],
    "properties": {
        "code": {**_TEXT, "description": "Stable; what a program decides by."},
        "message": {**_TEXT, "description": "A sentence for people; its words may change."},
        "detail": {"type": "object", "additionalProperties": {}, "description": "What the sentence is about, if there is more to say."},
        "errors": {
            "type": "array",
            "description": "Where a body or a query is wrong, one for each place.",
            "items": {
                "type": "object",
                "required": ["path", "code", "message"],
                "properties": {"path": {**_TEXT, "description": "The field, like `preferences.theme`."}, "code": _TEXT, "message": _TEXT},
                "additionalProperties": {},
            },
        },
        "request_id": {**_TEXT, "description": "Also in the header X-Request-Id and in our logs."},
    },
}  # fmt: skip
_MEANING = (
    "Refused or failed. 400: it cannot be read; 401: nobody is signed in; 403: not allowed; 404: not there, or not yours to see; "
    "409: it does not fit what is; 422: a value is wrong; 429: too many calls, `Retry-After` says when to come back; "
    "503: a server that Trace needs is away."
)


def describe_errors(result: dict[str, Any], **_: object) -> dict[str, Any]:
    """A hook of drf-spectacular: the answer that every operation may give beside its own."""
    components = result.setdefault("components", {})
    components.setdefault("schemas", {})["Error"] = ERROR
    shape = {"schema": {"$ref": "#/components/schemas/Error"}}
    components["responses"] = {"Error": {"description": _MEANING, "content": {"application/json": shape}}}
    for operations in result["paths"].values():
        for operation in operations.values():
            operation["responses"].setdefault("default", {"$ref": "#/components/responses/Error"})
    return result
