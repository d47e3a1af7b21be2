"""What every config schema promises to the validator and the editor."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Annotated, Any

import jsonschema
import pytest
from pydantic import Field, ValidationError

from operators.sdk.config import Config, DatasetName
from operators.sdk.declaration import Declaration
from tests.operators.test_declarations import every_operator


def objects_of(schema: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield from (part for part in (schema, *schema.get("$defs", {}).values()) if "properties" in part)


@every_operator
def test_its_json_schema_is_one(declared: Declaration) -> None:
    jsonschema.Draft202012Validator.check_schema(declared.config.model_json_schema())


@every_operator
def test_no_object_takes_keys_that_it_does_not_know(declared: Declaration) -> None:
    assert all(part["additionalProperties"] is False for part in objects_of(declared.config.model_json_schema()))


@every_operator
def test_every_field_has_a_description(declared: Declaration) -> None:
    for part in objects_of(declared.config.model_json_schema()):
        for name, field in part["properties"].items():
            assert field.get("description", "").endswith("."), f"{part['title']}.{name}"


@every_operator
def test_an_unknown_key_is_an_error_with_its_place(declared: Declaration) -> None:
    with pytest.raises(ValidationError) as refused:
        declared.config.model_validate({**declared.examples[0], "surprise": 1})

    assert [error["loc"] for error in refused.value.errors()] == [("surprise",)]


@every_operator
def test_every_example_is_taken_as_yaml_reads_it_and_as_json(declared: Declaration) -> None:
    for example in declared.examples:
        assert declared.config.model_validate(example) == declared.config.model_validate_json(json.dumps(example))
        jsonschema.validate(example, declared.config.model_json_schema())


@every_operator
def test_the_first_example_is_the_smallest(declared: Declaration) -> None:
    required = {name for name, field in declared.config.model_fields.items() if field.is_required()}

    assert set(declared.examples[0]) == required
    assert 2 <= len(declared.examples) <= 4 or not declared.config.model_fields


@every_operator
def test_its_defaults_are_among_what_it_takes(declared: Declaration) -> None:
    config = declared.config.model_validate(declared.examples[0])

    assert declared.config.model_validate_json(config.model_dump_json(by_alias=True)) == config


class Naming(Config):
    one: DatasetName
    perhaps: DatasetName | None = None
    several: Annotated[list[DatasetName], Field(max_length=3)] = Field(default=[])
    other: str = ""


def test_a_config_names_the_datasets_of_its_fields() -> None:
    config = Naming(one="a", several=["b", "c"], other="d")

    assert config.named_datasets == {("one",): "a", ("several", 0): "b", ("several", 1): "c"}
    assert Naming(one="a", perhaps="b").named_datasets == {("one",): "a", ("perhaps",): "b"}


@every_operator
def test_a_field_that_is_called_a_dataset_is_one(declared: Declaration) -> None:
    """By its type Trace knows that it must be there, and who reads it."""
    for example in declared.examples:
        called = {field for field in example if field.endswith(("dataset", "datasets"))}
        assert {place[0] for place in declared.config.model_validate(dict(example)).named_datasets} == called
