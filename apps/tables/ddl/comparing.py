"""From what a table is to what it should be: it only ever widens, so that going back to an earlier version is never refused. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from apps.platform.tables import Column, Shape


@dataclass(frozen=True)
class Widening:
    """What has to be done. `becomes` is the shape afterwards: also what nobody writes any more."""

    becomes: Shape
    add: Sequence[Column] = ()
    let_be_missing: Sequence[str] = ()
    index: Sequence[Sequence[str]] = ()
    unindex: Sequence[Sequence[str]] = ()


def widen(built: Shape, wanted: Shape) -> Widening:
    """Of two shapes between which there is no `obstacle`."""
    there, wants = built.by_name, wanted.by_name
    add = [column for name, column in wants.items() if name not in there]
    loose = [
        name for name, column in there.items() if not column.nullable and (name not in wants or wants[name].nullable)
    ]  # fmt: skip
    kept = [replace(column, nullable=column.nullable or column.name in loose) for column in built.columns]
    becomes = replace(wanted, columns=(*kept, *add))
    return Widening(
        becomes, add, loose,
        [one for one in wanted.indexes if one not in built.indexes], [one for one in built.indexes if one not in wanted.indexes],
    )  # fmt: skip


@dataclass(frozen=True)
class Obstacle:
    """Why a table cannot become what is wanted. `column` is empty where it is about the key."""

    column: str
    message: str
    hint: str


def obstacles(built: Shape, wanted: Shape) -> Iterator[Obstacle]:
    there = built.by_name
    for column in wanted.columns:
        if column.name not in there:
            if not column.nullable:
                yield Obstacle(
                    column.name, f"`{column.name}` is new and never missing; the rows that are there have no value of it.",
                    "Write `nullable: true`, or publish under another name.",
                )  # fmt: skip
        elif (known := there[column.name]).type != column.type:
            yield Obstacle(
                column.name, f"`{column.name}` is kept as `{known.type}` and cannot become `{column.type}`.",
                f"Write `type: {known.type}`, add a column of another name, or publish under another name.",
            )  # fmt: skip
    if frozenset(built.unique) != frozenset(wanted.unique):
        yield Obstacle(
            "", f"The rows that are there are unique by {_listed(built.unique)}, not by {_listed(wanted.unique)}.",
            "Leave `unique` as it is, or publish under another name.",
        )  # fmt: skip


def _listed(columns: Sequence[str]) -> str:
    return ", ".join(f"`{name}`" for name in sorted(columns)) or "nothing"
