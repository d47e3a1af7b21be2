"""What eth-abi encodes is decoded again: every type, both ways, and nothing else passes as one."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from eth_abi.abi import decode, encode
from eth_abi.exceptions import DecodingError
from eth_abi.tools._strategies import get_abi_strategy
from eth_hash.auto import keccak
from eth_utils.address import is_address
from hypothesis import given, settings
from hypothesis import strategies as st

from operators.log_decode.abi import EventFragment
from operators.log_decode.config import LogDecodeConfig
from operators.log_decode.decoder import Decoder
from operators.log_decode.parts import arrow_type
from operators.log_decode.words import Kind
from operators.sdk.chain.decoding import Form
from tests.operators.log_decode.making import CONTRACT, OF_ONE, OTHER, TRANSFER, batch, decoded, decoder, event, log, log_of

SIZES = list(range(8, 257, 8))
ELEMENTARY = [
    "address", "bool", "function", "uint", "int", *(f"uint{size}" for size in SIZES), *(f"int{size}" for size in SIZES),
    *(f"bytes{size}" for size in range(1, 33)), "fixed128x18", "ufixed64x3", "fixed256x80",
]  # fmt: skip
DYNAMIC = ["string", "bytes", "uint256[]", "address[2]", "bytes4[][]", "string[]"]
both_forms = pytest.mark.parametrize("form", list(Form))


def kept(type_: str, value: Any, form: Form) -> Any:
    """Of what fills a word, as it should be in a row."""
    kind = Kind.of(type_)
    if type_ == "string" or kind is None:
        return value
    if kind.name == "address":
        return bytes.fromhex(value[2:])
    if isinstance(value, Decimal):
        return f"{value:.{kind.places}f}"
    if kind.name in {"bool", "bytes"} or kind.size <= 64:
        return value
    return value.to_bytes(32, "big", signed=kind.is_signed) if form is Form.FILE else str(value)


@st.composite
def events(draw: st.DrawFn, types: list[str]) -> tuple[EventFragment, list[Any]]:
    chosen = draw(st.lists(st.sampled_from(types), min_size=1, max_size=6))
    indexed = draw(st.sets(st.integers(0, len(chosen) - 1), max_size=3))
    made = event("Made", *((f"a{n}", one, True) if n in indexed else (f"a{n}", one) for n, one in enumerate(chosen)))
    return made, [draw(get_abi_strategy(argument.canonical)) for argument in made.inputs]


@both_forms
@settings(deadline=None, max_examples=200)
@given(data=st.data())
def test_values_of_one_word_come_back_as_they_went(form: Form, data: st.DataObject) -> None:
    made, values = data.draw(events(ELEMENTARY))

    (row,) = decoded(made, log_of(made, values), form=form)

    assert row == {
        f"a{n}": kept(one.canonical, value, form) for n, (one, value) in enumerate(zip(made.inputs, values, strict=True))
    }


@settings(deadline=None, max_examples=200)
@given(data=st.data())
def test_values_with_a_length_come_back_as_they_went_and_their_hash_where_they_are_indexed(data: st.DataObject) -> None:
    made, values = data.draw(events([*DYNAMIC, "uint64", "int256", "address"]))

    (row,) = decoded(made, log_of(made, values))

    for name, argument, value in zip(made.columns, made.inputs, values, strict=True):
        if Kind.of(argument.type) is None and argument.indexed:
            assert row[name] == keccak(encode([argument.canonical], [value]))
        elif argument.type.endswith("]"):
            assert json.loads(row[name]) == in_json(value)
        else:
            assert row[name] == kept(argument.canonical, value, Form.FILE)


def in_json(value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        return [in_json(one) for one in value]
    if isinstance(value, bytes):
        return f"0x{value.hex()}"
    return value.lower() if isinstance(value, str) and is_address(value) else str(value)


@settings(deadline=None, max_examples=300)
@given(kind=st.sampled_from(ELEMENTARY), word=st.one_of(
    st.binary(min_size=32, max_size=32), st.integers(0, 300).map(lambda one: one.to_bytes(32, "big")),
    st.integers(1, 300).map(lambda one: (2**256 - one).to_bytes(32, "big")), st.binary(min_size=4, max_size=4).map(lambda one: one.ljust(32, b"\0")),
))  # fmt: skip
def test_a_word_decodes_where_eth_abi_says_so_and_nowhere_else(kind: str, word: bytes) -> None:
    made = event("Made", ("plain", kind), ("topic", kind, True))
    one = log([keccak(made.signature.encode()), word], word)
    try:
        (value,) = decode([made.inputs[0].canonical], word)
        wanted = [{"plain": kept(made.inputs[0].canonical, value, Form.FILE)} for _ in "1"]
    except DecodingError:
        wanted = []

    found = decoded(made, one)

    assert [{"plain": row["plain"]} for row in found] == wanted
    assert all(row["plain"] == row["topic"] for row in found)


def test_all_256_bits_of_a_number_are_kept() -> None:
    most = 2**256 - 1

    for form, wanted in ((Form.FILE, b"\xff" * 32), (Form.TABLE, str(most))):
        small, large = (log_of(TRANSFER, ["0x" + "11" * 20, "0x" + "22" * 20, value]) for value in (5, most))
        assert [row["value"] for row in decoded(TRANSFER, small, large, form=form)][1] == wanted


def test_tuples_are_json_with_numbers_in_digits() -> None:
    part = [{"name": "who", "type": "address"}, {"name": "amounts", "type": "uint256[]"}, {"name": "ok", "type": "bool"}]
    made = EventFragment.model_validate({"type": "event", "name": "Filled", "inputs": [
        {"name": "orders", "type": "tuple[]", "components": part},
        {"name": "nameless", "type": "tuple", "components": [{"type": "int8"}, {"type": "bytes2"}]},
        {"name": "note", "type": "string"},
    ]})  # fmt: skip
    assert made.signature == "Filled((address,uint256[],bool)[],(int8,bytes2),string)"

    (row,) = decoded(made, log_of(made, [[("0x" + "ab" * 20, [2**255, 1], True)], (-3, b"\x01\x02"), 'a "note" — 🙂']))

    assert json.loads(row["orders"]) == [{"who": "0x" + "ab" * 20, "amounts": [str(2**255), "1"], "ok": True}]
    assert json.loads(row["nameless"]) == ["-3", "0x0102"]
    assert row["note"] == 'a "note" — 🙂'


def test_two_standards_with_one_signature_are_told_apart_by_what_is_indexed() -> None:
    sender, receiver = "0x" + "11" * 20, "0x" + "22" * 20
    both = decoder(TRANSFER, OF_ONE)

    found = both.decode(batch(log_of(TRANSFER, [sender, receiver, 5]), log_of(OF_ONE, [sender, receiver, 9])))

    assert found[0].column("value").to_pylist() == [(5).to_bytes(32, "big")]
    assert found[1].column("tokenId").to_pylist() == [(9).to_bytes(32, "big")]
    assert (both.count.decoded, both.count.unknown, both.count.broken) == (2, 0, 0)


def test_an_anonymous_log_is_none_of_the_events() -> None:
    one = decoder(TRANSFER)

    assert one.decode(batch(log([], b"\x01" * 32))) == {}
    assert (one.count.unknown, one.count.first) == (1, "log 3 of block 7 is none of the events of `abi`")


@pytest.mark.parametrize("data", [b"", b"\x01" * 31, b"\x00" * 16])
def test_data_that_is_too_short_is_counted(data: bytes) -> None:
    good = log_of(TRANSFER, ["0x" + "11" * 20, "0x" + "22" * 20, 5])
    one = decoder(TRANSFER)

    found = one.decode(batch(good, good | {"data": data, "log_index": 4}))

    assert found[0].num_rows == 1
    assert (one.count.decoded, one.count.broken) == (1, 1)
    assert one.count.first == "log 4 of block 7 does not decode as Transfer(address,address,uint256)"


def test_data_that_goes_on_after_its_values_decodes() -> None:
    longer = log_of(TRANSFER, ["0x" + "11" * 20, "0x" + "22" * 20, 5])
    longer["data"] += b"\xee" * 7

    assert decoded(TRANSFER, longer)[0]["value"] == (5).to_bytes(32, "big")


@pytest.mark.parametrize(
    "data",
    [b"", b"\xff" * 32, (32).to_bytes(32, "big") + b"\xff" * 32, (32).to_bytes(32, "big") + (1).to_bytes(32, "big") + b"\xfe" + bytes(31)],
    ids=["nothing", "a pointer to nowhere", "endless", "no UTF-8"],
)  # fmt: skip
def test_a_text_that_is_none_is_counted(data: bytes) -> None:
    made = event("Said", ("text", "string"))
    one = decoder(made)

    assert one.decode(batch(log([keccak(made.signature.encode())], data))) == {}
    assert one.count.broken == 1


def test_pointers_that_lead_to_one_place_a_million_times_cost_nothing() -> None:
    made = event("Bomb", ("a", "uint8[][][][]"))
    fan = 100
    # Each floor points that often to the next, which is right behind it.
    floor = fan.to_bytes(32, "big") + (fan * 32).to_bytes(32, "big") * fan
    data = (32).to_bytes(32, "big") + floor * 3 + fan.to_bytes(32, "big") + bytes(32 * fan)
    one = decoder(made)

    assert one.decode(batch(log([keccak(made.signature.encode())], data))) == {}
    assert one.count.broken == 1


def test_a_text_with_a_nul_goes_into_files_and_not_into_tables() -> None:
    made = event("Said", ("text", "string"))
    one = log_of(made, ["a\x00b"])

    assert decoded(made, one, form=Form.FILE) == [{"text": "a\x00b"}]
    assert decoded(made, one, form=Form.TABLE) == []
    assert decoded(made, log_of(made, ["a\\u0000b"]), form=Form.TABLE) == [{"text": "a\\u0000b"}]


def test_a_nul_inside_of_a_list_goes_into_files_and_not_into_tables() -> None:
    made = event("Said", ("texts", "string[]"))
    nul, written_out = log_of(made, [["a\x00"]]), log_of(made, [["a\\u0000"]])

    assert [json.loads(row["texts"]) for row in decoded(made, nul, written_out, form=Form.FILE)] == [["a\x00"], ["a\\u0000"]]
    assert [json.loads(row["texts"]) for row in decoded(made, nul, written_out, form=Form.TABLE)] == [["a\\u0000"]]


def test_only_logs_of_the_contracts_are_looked_at() -> None:
    mine = log_of(TRANSFER, ["0x" + "11" * 20, "0x" + "22" * 20, 5])
    one = decoder(TRANSFER, contracts=["0x" + CONTRACT.hex().upper()])

    found = one.decode(batch(mine, mine | {"address": OTHER}, log([], b"", address=OTHER)))

    assert found[0].num_rows == 1
    assert one.count.unknown == 0


def test_a_place_is_kept_as_the_log_has_it_in_any_binary_type() -> None:
    one = log_of(TRANSFER, ["0x" + "11" * 20, "0x" + "22" * 20, 5])
    logs = batch(one)
    fixed = pa.RecordBatch.from_arrays(
        [column.cast(pa.binary(32)) if name.endswith("hash") or (name.startswith("topic") and column.null_count == 0) else column
         for name, column in zip(logs.schema.names, logs.columns, strict=True)], logs.schema.names,
    )  # fmt: skip

    for some in (logs, fixed, logs.slice(0)):
        row = Decoder([TRANSFER], [], {0: Form.FILE}).decode(some)[0].to_pylist()[0]
        assert {name: row[name] for name in ("chain_id", "block_number", "block_hash", "log_index", "address")} == {
            name: one[name] for name in ("chain_id", "block_number", "block_hash", "log_index", "address")
        }


WRITTEN = {
    "address": pa.binary(20), "hash": pa.binary(32), "boolean": pa.bool_(),
    **dict.fromkeys(("text", "json", "uint256", "int256"), pa.string()), "bytes": pa.binary(),
}  # fmt: skip


@pytest.mark.parametrize(
    ("type_", "is_indexed", "expected"),
    [
        ("address", False, "address"), ("address", True, "address"), ("bool", False, "boolean"), ("string", False, "text"),
        ("string", True, "hash"), ("bytes", False, "bytes"), ("bytes", True, "hash"), ("bytes4", False, "bytes"),
        ("bytes32", True, "hash"), ("function", False, "bytes"), ("uint8", False, "uint32"), ("int32", True, "int32"),
        ("uint40", False, "uint64"), ("int64", False, "int64"), ("uint", False, "uint256"), ("int", True, "int256"),
        ("uint256", False, "uint256"), ("int72", False, "int256"), ("fixed128x18", False, "text"), ("uint256[]", False, "json"),
        ("address[2]", True, "hash"),
    ],
)  # fmt: skip
def test_a_table_has_a_column_of_the_type_that_is_written(type_: str, is_indexed: bool, expected: str) -> None:
    made = event("Made", *[("it", type_, True)] if is_indexed else [("it", type_)])
    config = LogDecodeConfig(abi=[made])

    column = config.made_columns(0)[-1]

    assert (column.name, column.type) == ("it", expected)
    assert (WRITTEN.get(expected) or pa.type_for_alias(expected)) == arrow_type(made.inputs[0], Form.TABLE) or expected == "bytes"
