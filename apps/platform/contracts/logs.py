"""Lines of an attempt."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from apps.platform.contracts.names import (
    LONGEST_LINE,
    MOST_LINES,
)
from apps.platform.contracts.parts import (
    Fenced,
    Part,
)


class LogLine(Part):
    at: datetime
    level: Literal["debug", "info", "warning", "error"] = "info"
    text: str = Field(max_length=LONGEST_LINE)


class LogBatch(Fenced):
    """`first_line` counts from 0 over the attempt: what came before is not written twice."""

    first_line: int = Field(ge=0, le=2**31 - 1)
    lines: list[LogLine] = Field(min_length=1, max_length=MOST_LINES)


class LogAnswer(Part):
    task_id: UUID
    next_line: int
    # Too much was said: from here on lines are counted and not kept.
    full: bool = False
