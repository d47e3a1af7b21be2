"""Which keys a mapping may have, asked of the schema that the models generate: the one that editors are given."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from pydantic import BaseModel

from apps.dags.document.problems import Path


def known_keys(model: type[BaseModel], path: Path, data: Any) -> dict[str, str]:
    """The keys at the path with what they mean."""
    root = schema_of(model)
    parts = [root]
    for part in path:
        parts = [below for schema in parts for below in _below(root, schema, part, data)]
        data = child(data, part)
    return {
        key: str(described.get("description", ""))
        for schema in parts
        for one in _alternatives(root, schema, data)
        for key, described in one.get("properties", {}).items()
    }


@cache
def schema_of(model: type[BaseModel]) -> Mapping[str, Any]:
    return model.model_json_schema(by_alias=True)


def _below(root: Mapping[str, Any], schema: Mapping[str, Any], part: str | int, data: object) -> list[Mapping[str, Any]]:
    found = []
    for one in _alternatives(root, schema, data):
        if isinstance(part, int) and "items" in one:
            found.append(one["items"])
        elif part in one.get("properties", {}):
            found.append(one["properties"][part])
        elif isinstance(one.get("additionalProperties"), Mapping):
            found.append(one["additionalProperties"])
        elif "patternProperties" in one:
            found += one["patternProperties"].values()
    return found


def _alternatives(root: Mapping[str, Any], schema: Mapping[str, Any], data: object) -> list[Mapping[str, Any]]:
    """References resolved; of several kinds the one that the data names, or all."""
    if "$ref" in schema:
        return _alternatives(root, root["$defs"][schema["$ref"].rsplit("/", 1)[1]], data)
    if "discriminator" in schema and isinstance(data, Mapping):
        named = schema["discriminator"]["mapping"].get(str(data.get(schema["discriminator"]["propertyName"])))
        if named:
            return _alternatives(root, {"$ref": named}, data)
    several = schema.get("anyOf") or schema.get("oneOf")
    if several:
        return [one for alternative in several for one in _alternatives(root, alternative, data)]
    return [schema]


def child(data: Any, part: str | int) -> Any:
    return data[part] if holds(data, part) else None


def holds(data: object, part: str | int) -> bool:
    if isinstance(data, list):
        return isinstance(part, int) and part < len(data)
    return isinstance(data, Mapping) and part in data
