"""What was measured: figures beside their baselines and aims, and tables that explain them."""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

Row = dict[str, Any]
_COMPARE: dict[str, Callable[[float, float], bool]] = {"<": operator.lt, "≤": operator.le, "≥": operator.ge}


@dataclass(frozen=True)
class Aim:
    sign: str
    limit: float

    def __str__(self) -> str:
        return f"{self.sign} {self.limit:,g}"

    def is_met_by(self, value: float) -> bool:
        return _COMPARE[self.sign](value, self.limit)


@dataclass(frozen=True)
class Baseline:
    """The least that the same work could cost here, in the unit of its figure."""

    name: str
    value: float


@dataclass(frozen=True)
class Figure:
    name: str
    value: float
    unit: str
    baseline: Baseline | None = None
    aim: Aim | None = None

    @property
    def ratio(self) -> float | None:
        return self.value / self.baseline.value if self.baseline and self.baseline.value else None

    @property
    def met(self) -> bool | None:
        return self.aim.is_met_by(self.value) if self.aim else None

    def to_json(self) -> Row:
        return {
            "name": self.name,
            "value": self.value,
            "unit": self.unit,
            "baseline": {"name": self.baseline.name, "value": self.baseline.value} if self.baseline else None,
            "ratio": self.ratio,
            "aim": str(self.aim) if self.aim else None,
            "met": self.met,
        }


@dataclass
class Report:
    figures: list[Figure] = field(default_factory=list)
    tables: dict[str, list[Row]] = field(default_factory=dict)
    failures: dict[str, str] = field(default_factory=dict)

    def add(
        self,
        name: str,
        value: float,
        unit: str,
        *,
        baseline: tuple[str, float] | None = None,
        aim: tuple[str, float] | None = None,
    ) -> None:
        self.figures.append(Figure(name, value, unit, Baseline(*baseline) if baseline else None, Aim(*aim) if aim else None))

    def to_json(self) -> Row:
        return {"figures": [figure.to_json() for figure in self.figures], "tables": self.tables, "failures": self.failures}
