"""The operators of this installation, found by entry point: ours, and those of packages that others ship."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import EntryPoint, entry_points

from operators.sdk.declaration import Declaration

GROUP = "trace.operators"
OURS = "trace"


@dataclass(frozen=True)
class Catalogue:
    """`broken` says of each operator that could not be taken why; the others are there all the same."""

    operators: Mapping[str, Declaration]
    broken: Mapping[str, str]


@cache
def catalogue() -> Catalogue:
    """What is installed does not change while a process runs."""
    return collect(entry_points(group=GROUP))


def find(name: str) -> Declaration:
    """One operator, without loading the others. Raises LookupError when it is not installed, and whatever its package raises."""
    points = sorted(entry_points(group=GROUP, name=name), key=_ours_first)
    if not points:
        raise LookupError(f"There is no operator {name} here; install the package that ships it on the workers.")
    return _load(points[0], taken={})


def collect(found: Iterable[EntryPoint]) -> Catalogue:
    operators: dict[str, Declaration] = {}
    broken: dict[str, str] = {}
    for point in sorted(found, key=_ours_first):
        try:
            operators.setdefault(point.name, _load(point, taken=operators))
        except Exception as error:  # noqa: BLE001  somebody else's package must not take ours along
            broken[point.value] = f"{type(error).__name__}: {error}"
    return Catalogue(operators, broken)


def _load(point: EntryPoint, *, taken: Mapping[str, Declaration]) -> Declaration:
    if point.name in taken:
        raise ValueError(f"there is an operator {point.name} already")
    declared = point.load()
    if not isinstance(declared, Declaration):
        raise TypeError(f"it is a {type(declared).__name__}, not a Declaration")
    if declared.name != point.name:
        raise ValueError(f"it declares itself as {declared.name}, its entry point says {point.name}")
    return declared


def _ours_first(point: EntryPoint) -> tuple[bool, str]:
    return (point.dist is None or point.dist.name != OURS, point.value)
