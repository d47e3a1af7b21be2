"""Types of Arrow by their names, as manifests and footers have them: which of them a declared column may be."""

from __future__ import annotations

import re
from collections.abc import Mapping

from operators.sdk.words import ColumnType as Type

_BINARY = r"(large_)?binary|fixed_size_binary\[\d+\]"
_TEXT = r"(large_)?string|dictionary<.*>"
_NAMES: Mapping[Type, str] = {
    Type.TEXT: _TEXT, Type.JSON: _TEXT, Type.BOOLEAN: "bool", Type.INT32: "int32", Type.INT64: "int64", Type.UINT32: "uint32",
    Type.UINT64: "uint64", Type.UINT256: _BINARY, Type.INT256: _BINARY, Type.FLOAT64: "double", Type.DECIMAL: r"decimal\d+\(.*\)",
    Type.TIMESTAMP: r"timestamp\[.*\]", Type.DATE: r"date32\[day\]", Type.BYTES: _BINARY, Type.ADDRESS: _BINARY, Type.HASH: _BINARY,
    Type.UUID: _BINARY,
}  # fmt: skip


def fits(declared: str, name: str) -> bool:
    """`declared` is a word of `ColumnType`."""
    return re.fullmatch(_NAMES[Type(declared)], name) is not None
