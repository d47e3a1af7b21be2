"""What became of each document of a run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from apps.cli.documents import Document
from apps.cli.exits import Exit, Refused
from apps.cli.rendering import count


class Result(StrEnum):
    VALID = "valid"
    PROBLEMS = "problems"
    DEPLOYED = "deployed"
    UNCHANGED = "unchanged"
    ACTIVATED = "activated"  # a version that was there
    REFUSED = "refused"
    WOULD_DEPLOY = "would_deploy"
    WOULD_ACTIVATE = "would_activate"
    WOULD_BE_REFUSED = "would_be_refused"


_WORDS = {
    Result.PROBLEMS: "with problems", Result.VALID: "valid", Result.DEPLOYED: "deployed", Result.UNCHANGED: "unchanged",
    Result.ACTIVATED: "activated", Result.WOULD_DEPLOY: "to deploy", Result.WOULD_ACTIVATE: "to activate",
    Result.WOULD_BE_REFUSED: "to be refused", Result.REFUSED: "refused",
}  # fmt: skip


@dataclass(frozen=True)
class Problem:
    code: str
    message: str
    line: int
    column: int
    hint: str = ""
    path: str = ""

    @classmethod
    def of(cls, told: dict[str, Any]) -> Problem:
        return cls(
            str(told["code"]), str(told["message"]), int(told["line"]), int(told["column"]), str(told["hint"]), str(told["path"])
        )


@dataclass
class Outcome:
    document: Document
    result: Result
    name: str = ""
    problems: list[Problem] = field(default_factory=list)
    # Operators that Trace cannot run yet: it can be deployed, not activated.
    not_built: list[str] = field(default_factory=list)
    # What else forbids to activate it, such as a pool that is not there yet.
    warnings: list[Problem] = field(default_factory=list)
    version: int | None = None
    is_active: bool = False
    # It is to be active, and makes first what readers have.
    is_building: bool = False
    # Of a text that was deployed before: the newest version of its DAG, and the one that was active.
    latest: int | None = None
    active: int | None = None
    refusal: Refused | None = None

    @property
    def can_be_activated(self) -> bool:
        return not (self.not_built or self.warnings)

    def has_problems(self, problems: Sequence[Problem]) -> None:
        self.result, self.problems = Result.PROBLEMS, list(problems)


def exit_of(outcomes: Sequence[Outcome]) -> Exit:
    results = {outcome.result for outcome in outcomes}
    if results & {Result.REFUSED, Result.WOULD_BE_REFUSED}:
        return Exit.REFUSED
    return Exit.PROBLEMS if Result.PROBLEMS in results else Exit.FINE


def summary(outcomes: Sequence[Outcome], *, switched_off: int = 0, is_plan: bool = False) -> str:
    """`switched_off`: DAGs without a document."""
    results = Counter(outcome.result for outcome in outcomes)
    parts = [f"{results[result]} {words}" for result, words in _WORDS.items() if results[result]]
    total = sum(len(outcome.problems) for outcome in outcomes)
    in_all = f" ({count(total, 'problem')})" if total else ""
    off = f" {count(switched_off, 'DAG')} {'to switch' if is_plan else 'switched'} off." if switched_off else ""
    return f"{count(len(outcomes), 'document')}: {', '.join(parts)}{in_all}.{off}"
