"""What an unquoted word means: YAML 1.2's core schema, in which `on`, `yes` and `12:30` are text.

One difference: `010` is text as well. It is ten to YAML 1.2 and eight to 1.1, and nobody shall have to guess.
"""

from __future__ import annotations

import re

_INT = re.compile(r"[-+]?(0|[1-9][0-9]*)")
_ZERO_FIRST = re.compile(r"[-+]?0+[0-9]+")
_OTHER_INT = re.compile(r"0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_WORDS: dict[str, object] = {
    "": None, "~": None, "null": None, "Null": None, "NULL": None,
    "true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False,
    ".inf": float("inf"), "-.inf": float("-inf"), ".nan": float("nan"),
}  # fmt: skip
# 2^256 has 78 digits; Python refuses to read thousands, and a rule says better what is wrong with text.
LONGEST_NUMBER = 100


def value_of(text: str) -> object:
    if text in _WORDS:
        return _WORDS[text]
    if len(text) > LONGEST_NUMBER or text[0] not in "+-.0123456789":
        return text
    if _INT.fullmatch(text):
        return int(text)
    if _OTHER_INT.fullmatch(text):
        return int(text, 0)
    return float(text) if _FLOAT.fullmatch(text) and not _ZERO_FIRST.fullmatch(text) else text


def readings_of(text: str) -> list[str]:
    """Of digits behind a zero: what YAML 1.2 reads, and what 1.1 does where it reads something else. Empty of all else."""
    if len(text) > LONGEST_NUMBER or not _ZERO_FIRST.fullmatch(text):
        return []
    octal = [str(int(text, 8))] if not set(text) & {"8", "9"} else []
    return list(dict.fromkeys([str(int(text)), *octal]))


def digits_of(text: str) -> int:
    """Of a whole number that is too long to be read as one; 0 of all else."""
    digits = text.lstrip("+-")
    return len(digits) if len(text) > LONGEST_NUMBER and digits.isascii() and digits.isdigit() else 0
