from __future__ import annotations

from typing import Protocol


class Column(Protocol):
    """As a table has it: `type` is a word of a `publish` schema."""

    @property
    def name(self) -> str: ...
    @property
    def type(self) -> str: ...
    @property
    def nullable(self) -> bool: ...
