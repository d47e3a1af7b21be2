"""Values of one word, thousands at once: a matrix of 32 bytes a row, cut into columns without a look at each.

What the padding of a word says counts: an address with something before it is none. Where a word does not hold its type its row is told.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from operators.sdk.chain.decoding import Form

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

# ruff: noqa: PLC0415  pyarrow and numpy are imported where rows are there

WORD = 32
_ELEMENTARY = re.compile(r"(address|bool|function|bytes[0-9]+|u?int[0-9]*|u?fixed[0-9]+x[0-9]+)")


@dataclass(frozen=True)
class Kind:
    """Of a value that fills one word. `size`: its bits, or its bytes; `places`: its decimals."""

    name: str
    size: int = 0
    places: int = 0

    @classmethod
    def of(cls, text: str) -> Kind | None:
        """None of what has a length, or parts."""
        if not _ELEMENTARY.fullmatch(text):
            return None
        name = text.rstrip("0123456789x") if not text.startswith(("fixed", "ufixed")) else text.split("d", maxsplit=1)[0] + "d"
        sizes = [int(one) for one in re.findall("[0-9]+", text)]
        if name == "function":
            return cls("bytes", 24)
        return cls(name, *(sizes or [256]))

    @property
    def is_signed(self) -> bool:
        return self.name in {"int", "fixed"}


def column(kind: Kind, words: np.ndarray[Any, Any], form: Form) -> tuple[np.ndarray[Any, Any], pa.Array]:
    """Which rows hold one, and the values; of the other rows anything."""
    import pyarrow as pa

    if kind.name == "address":
        return _is_nothing(words[:, :12]), _fixed(words[:, 12:], 20)
    if kind.name == "bytes":
        return _is_nothing(words[:, kind.size :]), _fixed(words[:, : kind.size], kind.size)
    if kind.name == "bool":
        return _is_nothing(words[:, :31]) & (words[:, 31] <= 1), pa.array(words[:, 31] == 1)
    return _holds(kind, words), _numbers(kind, words, form)


def _holds(kind: Kind, words: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    head = WORD - kind.size // 8
    if not kind.is_signed or head == 0:
        return _is_nothing(words[:, :head])
    # Below zero all bits before it are set.
    sign = (words[:, head] >> 7) * 255
    return _is_nothing(words[:, :head] ^ sign[:, None])


def _is_nothing(part: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Row by row, whether all its bytes are zero."""
    found: np.ndarray[Any, Any] = part.max(axis=1, initial=0) == 0
    return found


def _numbers(kind: Kind, words: np.ndarray[Any, Any], form: Form) -> pa.Array:
    import numpy as np
    import pyarrow as pa

    if kind.name.endswith("fixed"):
        return pa.array([exact_text(one, kind.places) for one in _whole(words, kind)], pa.string())
    if kind.size > 64:
        return _fixed(words, WORD) if form is Form.FILE else _digits(words, kind)
    low = np.ascontiguousarray(words[:, 24:]).view(">i8" if kind.is_signed else ">u8").reshape(-1)
    return pa.array(low.astype(number_type(kind)))


def number_type(kind: Kind) -> str:
    """Of numbers that fit 64 bits, as pyarrow and numpy name it."""
    return f"{'int' if kind.is_signed else 'uint'}{32 if kind.size <= 32 else 64}"


def exact_text(value: int, places: int) -> str:
    # Written out rather than divided: a division rounds.
    return f"{Decimal((int(value < 0), tuple(map(int, str(abs(value)))), -places)):f}"


def _digits(words: np.ndarray[Any, Any], kind: Kind) -> pa.Array:
    import numpy as np
    import pyarrow as pa

    if not words[:, :24].any():
        return pa.array(np.ascontiguousarray(words[:, 24:]).view(">u8").reshape(-1).astype("uint64")).cast(pa.string())
    return pa.array([str(one) for one in _whole(words, kind)], pa.string())


def _whole(words: np.ndarray[Any, Any], kind: Kind) -> list[int]:
    data = words.tobytes()
    return [int.from_bytes(data[at : at + WORD], "big", signed=kind.is_signed) for at in range(0, len(data), WORD)]


def _fixed(part: np.ndarray[Any, Any], width: int) -> pa.Array:
    import numpy as np
    import pyarrow as pa

    return pa.Array.from_buffers(pa.binary(width), len(part), [None, pa.py_buffer(np.ascontiguousarray(part).tobytes())])


def words_of(values: pa.Array, place: int = 0) -> np.ndarray[Any, Any]:
    """The word in that place of each value; each must be long enough."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    cut = pc.binary_slice(values.cast(pa.large_binary()), place * WORD, (place + 1) * WORD)
    if not len(cut):
        return np.empty((0, WORD), np.uint8)
    _, offsets, data = cut.buffers()
    first = np.frombuffer(offsets, np.int64, 1, offset=cut.offset * 8)[0]
    return np.frombuffer(data, np.uint8, len(cut) * WORD, offset=int(first)).reshape(-1, WORD)
