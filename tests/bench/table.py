"""The report as text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tests.bench.report import Figure, Report, Row

_HEAD = ("figure", "value", "unit", "baseline", "ratio", "aim", "met", "the baseline is")
_MET = {True: "yes", False: "NO", None: ""}


def text_of(report: Report) -> str:
    parts = [_table([_HEAD, *map(_cells, report.figures)])] if report.figures else []
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
    return [tuple(rows[0]), *(tuple(_number(v) if isinstance(v, float) else str(v) for v in row.values()) for row in rows)]


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.2f}"


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
