"""A config's JSON Schema as rows that a person reads: name, type, default, description."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from operators.sdk.config import Config

Schema = Mapping[str, Any]
_BEYOND_INTEREST = 2**53
# As people call them.
_NAMES = {"string": "text", "object": "map"}


@dataclass(frozen=True)
class Row:
    name: str
    type: str
    default: str
    description: str


def rows_of(config: type[Config]) -> list[Row]:
    schema = config.model_json_schema()
    return list(_rows(schema, schema.get("$defs", {}), prefix="", inside=frozenset()))


def _rows(schema: Schema, parts: Schema, *, prefix: str, inside: frozenset[str]) -> Iterator[Row]:
    for name, field in schema.get("properties", {}).items():
        required = name in schema.get("required", ())
        yield Row(prefix + name, type_of(field), "required" if required else _default(field), field.get("description", ""))
        yield from _nested(field, parts, prefix=prefix + name, inside=inside)


def _nested(field: Schema, parts: Schema, *, prefix: str, inside: frozenset[str]) -> Iterator[Row]:
    found: dict[str, Row] = {}
    for ref, suffix in _refs(field):
        if ref in inside:
            continue
        for row in _rows(parts[ref], parts, prefix=f"{prefix}{suffix}.", inside=inside | {ref}):
            found[row.name] = _either(found.get(row.name), row)
    yield from found.values()


def _either(one: Row | None, other: Row) -> Row:
    """A key that several kinds of the same object have."""
    if one is None:
        return other
    return replace(one, type=f"{one.type} or {other.type}", description=f"{one.description} {other.description}")


def _refs(field: Schema, suffix: str = "") -> Iterator[tuple[str, str]]:
    if "$ref" in field:
        yield field["$ref"].rpartition("/")[2], suffix
    for choice in (*field.get("anyOf", ()), *field.get("oneOf", ())):
        yield from _refs(choice, suffix)
    if isinstance(field.get("items"), dict):
        yield from _refs(field["items"], "[]")


def type_of(field: Schema) -> str:
    if choices := [choice for choice in (*field.get("anyOf", ()), *field.get("oneOf", ())) if choice.get("type") != "null"]:
        return " or ".join(dict.fromkeys(type_of(choice) for choice in choices))
    if "const" in field or "enum" in field:
        # Without the quotes, but with escapes: a tab among the choices must be seen.
        return ", ".join(f"`{json.dumps(value).strip(chr(34))}`" for value in field.get("enum", [field.get("const")]))
    kind: str = field.get("type", "object" if "$ref" in field else "anything")
    if kind == "array":
        return f"list of {type_of(field['items'])}"
    return _NAMES.get(kind, kind) + _bounds(field)


def _bounds(field: Schema) -> str:
    least, most = field.get("minimum", field.get("exclusiveMinimum")), field.get("maximum", _BEYOND_INTEREST)
    if least is None:
        return ""
    above = "above " if "exclusiveMinimum" in field else ""
    return f" ({above}{least:,} {'or more' if most >= _BEYOND_INTEREST else f'to {most:,}'})"


def _default(field: Schema) -> str:
    if field.get("default") is None or any(True for _ in _refs(field)):
        return ""
    return f"`{json.dumps(field['default'])}`"
