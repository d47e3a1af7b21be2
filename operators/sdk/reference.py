"""`python -m operators.sdk.reference` prints the page that is kept in docs/reference/operators.md."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import entry_points

import yaml

from operators.sdk.catalogue import GROUP, OURS, collect
from operators.sdk.declaration import Declaration, Output, Reads
from operators.sdk.fields import Row, rows_of
from operators.sdk.words import Activation, Bundle, Trust

_INTRODUCTION = """\
# Operators

What a job may be, made by `python -m operators.sdk.reference` from what the operators declare of themselves. A config is checked
before a version is stored: a key that is not listed here is an error, and so is a value of another type.
"""


def page() -> str:
    ours = collect(point for point in entry_points(group=GROUP) if point.dist is not None and point.dist.name == OURS)
    operators = [ours.operators[name] for name in sorted(ours.operators)]
    return "\n".join([_INTRODUCTION, *_index(operators), *(line for declared in operators for line in _section(declared))])


def _index(operators: list[Declaration]) -> Iterator[str]:
    yield "| operator | what it does |\n|---|---|"
    for declared in operators:
        yield f"| [`{declared.name}`](#{declared.name}) | {declared.summary} |"


def _section(declared: Declaration) -> Iterator[str]:
    yield f"\n## {declared.name}\n\n{declared.summary}\n"
    yield from (f"- {line}" for line in _facts(declared))
    if declared.config.model_fields:
        yield "\n| config | type | default | meaning |\n|---|---|---|---|"
        yield from (_table_row(row) for row in rows_of(declared.config))
        yield f"\n```yaml\n{_example(declared)}```"
    else:
        yield "- It takes no config."


def _facts(declared: Declaration) -> Iterator[str]:
    yield f"Version {declared.version}; {_activation(declared)}; runs in {_words(declared.runtimes)}{_trust(declared)}."
    yield f"Unless the job says otherwise: {_resources(declared)}."
    for number, output in enumerate(declared.outputs):
        yield f"Output {number}, `{output.name}` ({_storage(output)}): {output.summary}{_columns(output)}"
    if declared.most_outputs > len(declared.outputs):
        yield f"Up to {declared.most_outputs} outputs, each like the last one."
    if declared.where:
        yield f"Consumers may filter by {', '.join(f'`{name}` ({kind})' for name, kind in declared.where.items())}."
    if not declared.implementation:
        yield "Declared and not built yet: no version that uses it can be activated."


def _activation(declared: Declaration) -> str:
    source = f"a source, started by {_words(declared.source_kinds)}" if Activation.SOURCE in declared.activations else ""
    reactive = f"reactive, {_words(declared.strategies)}" if Activation.REACTIVE in declared.activations else ""
    return " or ".join(filter(None, (source, reactive)))


def _words(words: frozenset[str]) -> str:
    *others, last = (f"`{word}`" for word in sorted(words))
    return f"{', '.join(others)} or {last}" if others else last


def _trust(declared: Declaration) -> str:
    bundle = {Bundle.NONE: "", Bundle.OPTIONAL: ", from a bundle if the job names one", Bundle.REQUIRED: ", from a bundle"}
    return f", as code that is not trusted{bundle[declared.bundle]}" if declared.trust is Trust.UNTRUSTED else ""


def _resources(declared: Declaration) -> str:
    given = declared.resources
    ends = f"{given.timeout_seconds} s" if given.timeout_seconds else "no end"
    return f"{given.cpu_millis / 1000:g} CPU, {given.memory_mb} MB, {ends}"


def _storage(output: Output) -> str:
    if output.either_storage:
        return f"`postgres` or `s3`, as `publish` says; without a word `{output.storage}`"
    return f"`{output.storage}`" if output.storage else "events alone"


def _columns(output: Output) -> str:
    columns = f" Columns: {', '.join(f'`{column.name}`' for column in output.columns)}." if output.columns else ""
    return columns + "".join(f" It has every column of {_read(one)}, as it is." for one in output.passes)


def _read(reads: Reads) -> str:
    return f"the dataset that `{reads.config}` names" if reads.config else f"input {reads.input}"


def _table_row(row: Row) -> str:
    cells = (f"`{row.name}`", row.type, row.default, row.description)
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def _example(declared: Declaration) -> str:
    """The last example shows the most."""
    return yaml.safe_dump({"config": dict(declared.examples[-1])}, sort_keys=False, allow_unicode=True, width=120)


if __name__ == "__main__":
    print(page())
