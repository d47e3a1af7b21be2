"""The report as text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tests.bench.report import Figure, Report, Row

_HEAD = ("figure", "value", "unit", "baseline", "ratio", "aim", "met", "the baseline is")
_NOTE = "\nratio: value / baseline; the higher the better where the unit is a rate, the lower the better elsewhere"
_MET = {True: "yes", False: "NO", None: ""}


def text_of(report: Report) -> str:
    parts = [_table([_HEAD, *map(_cells, report.figures)]) + _NOTE] if report.figures else []
    parts += [f"{title}\n{_table(_with_head(rows))}" for title, rows in report.tables.items()]
    parts += [f"{name} FAILED: {reason}" for name, reason in report.failures.items()]
    return "\n\n".join(parts)


def _cells(figure: Figure) -> tuple[str, ...]:
    baseline = figure.baseline
    return (
        figure.name, _number(figure.value), figure.unit,
        _number(baseline.value) if baseline else "",
        f"{figure.ratio:.2f} ×" if figure.ratio is not None else "",
        str(figure.aim or ""), _MET[figure.met], baseline.name if baseline else "",
    )  # fmt: skip


def _with_head(rows: Sequence[Row]) -> list[tuple[str, ...]]:
    return [tuple(rows[0]), *(tuple(map(_cell, row.values())) for row in rows)]


def _cell(value: object) -> str:
    return _number(value) if isinstance(value, float) else "" if value is None else str(value)


def _number(value: float) -> str:
    digits = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2
    return f"{value:,.{digits}f}"


def _table(rows: Sequence[Sequence[str]]) -> str:
    return "\n".join(_lines(rows))


def _lines(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    is_right = [all(_is_numeric(cell) for cell in column[1:]) for column in zip(*rows, strict=True)]
    for number, row in enumerate(rows):
        cells = (
            cell.rjust(width) if right else cell.ljust(width) for cell, width, right in zip(row, widths, is_right, strict=True)
        )
        yield "  ".join(cells).rstrip()
        if number == 0:
            yield "  ".join("─" * width for width in widths)


def _is_numeric(cell: str) -> bool:
    return not cell or cell[0].isdigit()
