"""One smallest document for every code: `wrong/<code>.yaml`, whose first line says `<code> <line>:<column> <path>`, whose second what it means."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from apps.dags.document.codes import Code
from apps.dags.document.problems import Problem
from apps.dags.document.reading import LONGEST_BYTES
from apps.dags.document.validating import check
from tests.apps.dags.known import KNOWN

_FOLDER = Path(__file__).parent / "wrong"


# They forbid an activation, and no deployment.
WARNINGS = frozenset({Code.UNKNOWN_POOL, Code.WRONG_CHAIN, Code.WRONG_POOL_KIND, Code.POOL_DISABLED})


@dataclass(frozen=True)
class Example:
    code: Code
    line: int
    column: int
    path: str
    meaning: str
    text: str

    def problems(self, text: str | None = None) -> list[Problem]:
        """All that is said of it: of the one kind, or of the other."""
        checked = check(self.text if text is None else text, KNOWN)
        assert not (checked.problems and checked.warnings)
        return checked.warnings if self.code in WARNINGS else checked.problems


# What a file cannot show: it would be a megabyte, or hold what editors and diffs choke on.
BUILT = (
    Example(
        Code.DOCUMENT_TOO_LARGE, 1, 1, "", "The text has more than 1 MiB.",
        "# " + "x" * LONGEST_BYTES,
    ),
    Example(
        Code.BAD_TEXT, 2, 14, "", "A character stands there that YAML does not take, such as a control character.",
        "name: example\ndescription: \x07\n",
    ),
)  # fmt: skip


def examples() -> Iterator[Example]:
    yield from (_read(file) for file in sorted(_FOLDER.glob("*.yaml")))
    yield from BUILT


def _read(file: Path) -> Example:
    text = file.read_text(encoding="utf-8")
    head, meaning, _ = text.split("\n", 2)
    _, code, place, *path = head.split(" ")
    line, column = place.split(":")
    return Example(Code(code), int(line), int(column), "".join(path), meaning.removeprefix("# "), text)
