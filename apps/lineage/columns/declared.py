"""Where the columns of a job's outputs come from: as its operator declares it, or as its SQL says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from apps.lineage.columns.apart import Parser
from apps.lineage.domain import Columns, Source, Traced
from operators.sdk.config import Config
from operators.sdk.declaration import EVERY, Column, Declaration, Output, Reads
from operators.sdk.words import Activation, Derivation, Trust

_QUERY = "query"


class Reading:
    """What a job reads: by place."""

    def __init__(self, edges: Sequence[tuple[int, Source]]) -> None:
        self._edges = edges

    def at(self, reads: Reads, config: Config) -> list[Source]:
        """A dataset of the same DAG that is a union of two is one of that name."""
        name = getattr(config, reads.config, None) if reads.config else None
        found = [one for number, one in self._edges if (one.dataset == name if reads.config else number == reads.input)]
        return list(dict.fromkeys(found))[:1] if found and found[0].dataset else found

    @property
    def is_empty(self) -> bool:
        return not self._edges


def trace_output(
    job: str,
    number: int,
    declared: Declaration | None,
    spec: Mapping[str, Any],
    reading: Reading,
    parser: Parser,
) -> Columns:
    output = declared.output(number) if declared else None
    if declared is None or output is None:
        return Columns(job, number, reason="Its operator is not installed here, so nobody can say.")
    try:
        config = declared.config.model_validate(spec.get("config") or {})
    except ValidationError:
        return Columns(job, number, reason="Its operator does not take its config any more, so nobody can say.")
    if declared.name == _QUERY:
        parsed = parser.parse(getattr(config, "sql", ""))
        return Columns(job, number, tuple(_of_query(parsed.columns)), parsed.reason)
    edges = tuple(dict.fromkeys(_declared(output, config, number, reading)))
    return Columns(job, number, edges, "" if edges else _reason(declared, output, reading))


def _of_query(columns: Mapping[str, Sequence[tuple[str, str, Derivation]]]) -> Iterator[Traced]:
    for name, found in columns.items():
        for table, column, how in found:
            yield Traced(name, Source(column, dataset=table), how)


def _declared(output: Output, config: Config, number: int, reading: Reading) -> Iterator[Traced]:
    for reads in output.passes:
        for source in reading.at(reads, config):
            yield Traced(EVERY, Source(EVERY, source.dataset, source.job, source.output), Derivation.IDENTITY)
    by_config = config.columns_come_from(number)
    columns: Sequence[Column] = output.columns
    said = {column.name: column.comes_from for column in columns} | dict(by_config)
    for name, origins in said.items():
        for one in origins:
            for source in reading.at(one.of, config):
                yield Traced(name, Source(one.column, source.dataset, source.job, source.output), one.how)


def _reason(declared: Declaration, output: Output, reading: Reading) -> str:
    if output.is_origin or reading.is_empty or Activation.REACTIVE not in declared.activations:
        return "Its values come from outside of Trace: no column of what the job reads is in them."
    if declared.trust is Trust.UNTRUSTED:
        return "It runs code that a user wrote, which does not say what its columns are made of."
    return f"The operator `{declared.name}` does not say what its columns are made of."
