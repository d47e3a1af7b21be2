"""How answers of nodes are read: whichever way they are written, and never what they are not."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.rpc_gateway.envelopes import Malformed, read_answers

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20) | st.just('},{"jsonrpc":"2.0","id":2,"result":'),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(max_size=8) | st.sampled_from(["id", "jsonrpc", "result"]), inner, max_size=4)
    ),
    max_leaves=12,
)


def written(results: list[Any], *, spaces: bool) -> str:
    whole = [{"jsonrpc": "2.0", "id": number, "result": result} for number, result in enumerate(results, 1)]
    separators = (", ", ": ") if spaces else (",", ":")
    return json.dumps(whole if len(whole) > 1 else whole[0], separators=separators)


@given(st.lists(values, min_size=1, max_size=5), st.booleans())
def test_results_are_read_as_they_were_written(results: list[Any], spaces: bool) -> None:
    answers = read_answers(written(results, spaces=spaces), len(results))

    assert [answer.value for answer in answers] == results
    assert [json.loads(answer.raw) for answer in answers] == results


@given(st.lists(values, min_size=1, max_size=3), st.integers(min_value=1, max_value=400))
def test_half_an_answer_is_none(results: list[Any], cut: int) -> None:
    whole = written(results, spaces=False)
    with pytest.raises(Malformed):
        read_answers(whole[: max(0, len(whole) - cut)], len(results))


def test_a_result_that_looks_like_the_next_answer_is_a_result() -> None:
    nested = {"a": [{"jsonrpc": "2.0", "id": 2, "result": 1}, {"jsonrpc": "2.0", "id": 2, "result": 2}]}

    answers = read_answers(written([nested, "last"], spaces=False), 2)

    assert [answer.value for answer in answers] == [nested, "last"]


@pytest.mark.parametrize(
    ("text", "count"),
    [("", 1), ("[]", 1), ("{}", 1), ('{"jsonrpc":"2.0","id":1,"result":1,"result":2', 1), ('{"jsonrpc":"2.0","id":1,"result":}', 1),
     ('{"jsonrpc":"2.0","id":1,"result":NaN}', 1), ('{"jsonrpc":"2.0","id":1,"result":1}x', 1), ('[{"jsonrpc":"2.0","id":1,"result":1}]', 2),
     ('[{"jsonrpc":"2.0","id":1,"result":1},{"jsonrpc":"2.0","id":1,"result":1}]', 2), ('{"jsonrpc":"2.0","id":1,"error":null}', 1), ("[1,2]", 2)],
)  # fmt: skip
def test_what_is_no_answer_is_said_to_be_none(text: str, count: int) -> None:
    with pytest.raises(Malformed):
        read_answers(text, count)


def test_answers_in_another_order_are_put_in_order() -> None:
    said = '[{"id":2,"result":"b","jsonrpc":"2.0"},{"jsonrpc":"2.0","result":"a","id":1}]'

    assert [answer.value for answer in read_answers(said, 2)] == ["a", "b"]
