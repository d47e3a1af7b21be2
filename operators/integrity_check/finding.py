from __future__ import annotations

from dataclasses import dataclass

# Of one partition: what is wrong everywhere is told well enough by so many rows.
MOST_FINDINGS = 1_000


@dataclass(frozen=True)
class Finding:
    check: str
    block: int | None
    expected: str
    found: str | None


class Findings(list[Finding]):
    """Of one partition. Beyond so many nothing is added; `total` goes on."""

    total: int = 0

    def say(self, check: str, block: int | None, expected: object, found: object | None) -> None:
        self.total += 1
        if len(self) < MOST_FINDINGS:
            self.append(Finding(check, block, str(expected)[:500], None if found is None else str(found)[:500]))
