"""The JSON Schema of a DAG, for editors and other programs: made from the models that the validator uses.

`python -m apps.dags.document.json_schema` prints the one that is kept in docs/reference/dag-schema.json.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from copy import deepcopy
from functools import cache
from importlib.metadata import entry_points
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from apps.dags.document.shape import Document
from operators.sdk.catalogue import GROUP, OURS, catalogue, collect
from operators.sdk.declaration import Declaration

DIALECT = "https://json-schema.org/draft/2020-12/schema"


@cache
def installed_schema() -> Mapping[str, Any]:
    """With the operators of this installation, which do not change while a process runs."""
    return document_schema(catalogue().operators)


def document_schema(operators: Mapping[str, Declaration]) -> dict[str, Any]:
    """What a rule says beyond shape (references, cycles, fits) no schema can: the validator has the last word."""
    configs = [operator.config for operator in operators.values()]
    models: list[type[BaseModel]] = [Document, *configs]
    names, made = models_json_schema([(model, "validation") for model in models], by_alias=True)
    definitions = _without_nulls(deepcopy(made["$defs"]))
    document = definitions.pop("Document")
    job = definitions["Job"]
    job["properties"]["operator"]["enum"] = sorted(operators)
    job["allOf"] = [_when(operators[name], names[(operators[name].config, "validation")]) for name in sorted(operators)]
    return {"$schema": DIALECT, "title": "A DAG of Trace", **document, "$defs": definitions}


def _when(operator: Declaration, config: Mapping[str, Any]) -> dict[str, Any]:
    then: dict[str, Any] = {"properties": {"config": dict(config)}}
    if any(field.is_required() for field in operator.config.model_fields.values()):
        then["required"] = ["config"]
    return {"if": {"properties": {"operator": {"const": operator.name}}, "required": ["operator"]}, "then": then}


def _without_nulls(value: Any) -> Any:
    """A key that may be left out is left out; nobody writes `null`, though the validator bears it."""
    if isinstance(value, list):
        return [_without_nulls(one) for one in value]
    if not isinstance(value, dict):
        return value
    if "anyOf" in value and {"type": "null"} in value["anyOf"]:
        others = [one for one in value["anyOf"] if one != {"type": "null"}]
        rest = {key: one for key, one in value.items() if key != "anyOf" and not (key == "default" and one is None)}
        value = {**(others[0] if len(others) == 1 else {"anyOf": others}), **rest}
    return {key: _without_nulls(one) for key, one in value.items()}


def page() -> str:
    """With our own operators alone, whatever else is installed here."""
    ours = collect(point for point in entry_points(group=GROUP) if point.dist is not None and point.dist.name == OURS)
    return json.dumps(document_schema(ours.operators), indent=1, ensure_ascii=False)


if __name__ == "__main__":
    print(page())
