"""JSON pointers, by the examples of RFC 6901."""

from __future__ import annotations

from typing import Any

import pytest

from operators.sdk.errors import InputError
from operators.sdk.pointer import value_at

DOCUMENT = {"foo": ["bar", "baz"], "": 0, "a/b": 1, "m~n": 8, "~1": 9}


@pytest.mark.parametrize(
    ("pointer", "value"),
    [("", DOCUMENT), ("/foo", ["bar", "baz"]), ("/foo/1", "baz"), ("/", 0), ("/a~1b", 1), ("/m~0n", 8), ("/~01", 9)],
)
def test_it_finds_what_it_points_to(pointer: str, value: object) -> None:
    assert value_at(DOCUMENT, pointer) == value


@pytest.mark.parametrize("pointer", ["/bar", "/foo/2", "/foo/-1", "/foo/x", "/foo/²", "/foo/01", "/foo/0/0"])
def test_it_says_that_there_is_nothing(pointer: str) -> None:
    with pytest.raises(InputError, match=f"nothing at {pointer};"):
        value_at(DOCUMENT, pointer)


def test_a_document_may_be_a_list() -> None:
    document: Any = [{"a": 1}]

    assert value_at(document, "/0/a") == 1
