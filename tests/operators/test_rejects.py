"""Each operator refuses what it must, points to it, and says what to do."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import ValidationError

from operators.alert_evaluate.config import AlertEvaluateConfig
from operators.http_ingest.config import HttpIngestConfig
from operators.log_decode.config import LogDecodeConfig
from operators.sdk.catalogue import catalogue
from tests.operators.rejects import EVENT, REJECTS, SQL, Loc
from tests.operators.table import TABLE


def cases() -> Iterator[Any]:
    for name, rejects in REJECTS.items():
        for number, (changes, place) in enumerate(rejects):
            yield pytest.param(name, changes, place, id=f"{name}-{number}")


def refusal(name: str, changes: dict[str, Any]) -> ValidationError:
    declared = catalogue().operators[name]
    with pytest.raises(ValidationError) as refused:
        declared.config.model_validate({**declared.examples[0], **changes})
    return refused.value


def test_every_operator_refuses_at_least_three_things() -> None:
    assert set(REJECTS) == set(TABLE)
    assert min(len(rejects) for rejects in REJECTS.values()) >= 3


@pytest.mark.parametrize(("name", "changes", "place"), list(cases()))
def test_it_is_refused_at_its_place_and_nowhere_else(name: str, changes: dict[str, Any], place: Loc) -> None:
    assert [error["loc"] for error in refusal(name, changes).errors()] == [place]


def test_rules_across_keys_say_what_to_do() -> None:
    (error,) = refusal("block_follower", {"emit_strategy": "threshold"}).errors()

    assert error["msg"] == "Value error, emit_strategy threshold needs threshold_blocks: say how many blocks make an event"


def test_a_refused_secret_is_told_where_to_go_and_not_repeated() -> None:
    (error,) = refusal("http_ingest", {"headers": {"authorization": "Bearer hunter2"}}).errors()

    assert "put the secret into the vault" in error["msg"]
    assert "hunter2" not in error["msg"]


def test_a_start_is_a_number_or_the_word() -> None:
    places = {error["loc"][0] for error in refusal("block_follower", {"start_block": "newest"}).errors()}

    assert places == {"start_block"}


def test_a_feed_may_be_asked_with_a_secret_of_the_vault() -> None:
    config = HttpIngestConfig.model_validate(
        {"url": "https://a.example/", "columns": [{"name": "a", "type": "text"}], "auth": {"secret": "FEED_KEY"}}
    )

    assert config.auth and (config.auth.header, config.auth.scheme) == ("Authorization", "bearer")


def test_a_fragment_is_taken_as_compilers_write_it() -> None:
    order = {
        "name": "order",
        "type": "tuple[2]",
        "indexed": False,
        "internalType": "struct Book.Order[2]",
        "components": [{"name": "maker", "type": "address"}, {"name": "amounts", "type": "uint[]"}],
    }

    config = LogDecodeConfig.model_validate(
        {"abi": [EVENT | {"anonymous": False, "inputs": [order, {"type": "bytes32", "indexed": True}]}]}
    )

    assert config.abi[0].signature == "Sent((address,uint256[])[2],bytes32)"


def test_braces_of_a_message_can_be_written_out() -> None:
    message = "{{block}} {block_number}"

    config = AlertEvaluateConfig.model_validate({"condition": SQL, "message": message})

    assert config.message == message
