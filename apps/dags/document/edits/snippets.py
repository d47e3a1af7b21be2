"""What a new job starts as: everything that its operator needs, and nothing it could leave out."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from enum import StrEnum
from typing import TypeVar

import yaml

from operators.sdk.declaration import Declaration
from operators.sdk.words import Activation, Bundle, Runtime, SourceKind, Strategy

_SOURCES = {
    SourceKind.CRON: '{ kind: cron, schedule: "rate(1 hour)" }',
    SourceKind.WEBHOOK: "{ kind: webhook, path: my-path }",
    SourceKind.MANUAL: "{ kind: manual }",
    SourceKind.ALWAYS_ON: "{ kind: always_on }",
}

_NEAREST_FIRST = (Runtime.DISPATCHER, Runtime.ECS_PLATFORM, Runtime.LAMBDA)
W = TypeVar("W", bound=StrEnum)


def job_lines(operator: Declaration, *, taken: Collection[str | None], reads: str | None) -> list[str]:
    """Without indentation. `reads`: what stands behind `from`, where it is reactive."""
    reactive = Activation.REACTIVE in operator.activations and (
        reads is not None or Activation.SOURCE not in operator.activations
    )
    lines = [
        f"name: {_free(operator.name, taken)}",
        f"activation: {Activation.REACTIVE if reactive else Activation.SOURCE}",
        f"runtime: {_first(_NEAREST_FIRST, operator.runtimes)}",
        f"operator: {operator.name}",
        "outputs: 1",
    ]
    if reactive:
        lines += ["inputs:", f"  - from: {reads}"] if reads else ["inputs: []"]
        lines += [f"execution_strategy: {_first(Strategy, operator.strategies)}", "update_strategy: replace"]
    else:
        lines.append(f"source: {_SOURCES[_first(SourceKind, operator.source_kinds)]}")
    if operator.bundle is Bundle.REQUIRED:
        lines.append("udf: { bundle_id: the-id-of-an-uploaded-bundle }")
    config = config_lines(operator)
    lines += ["config:", *(f"  {line}" for line in config)] if config else []
    return [f"- {lines[0]}", *(f"  {line}" for line in lines[1:])]


def config_lines(operator: Declaration) -> list[str]:
    """Its smallest example."""
    example = dict(operator.examples[0])
    if not example:
        return []
    written = yaml.safe_dump(example, sort_keys=False, allow_unicode=True, width=100)
    return written.rstrip("\n").split("\n")


def _free(wanted: str, taken: Collection[str | None]) -> str:
    if wanted not in taken:
        return wanted
    return next(name for number in range(2, len(taken) + 3) if (name := f"{wanted}_{number}") not in taken)


def _first(order: Iterable[W], allowed: Collection[W]) -> W:
    return next(one for one in order if one in allowed)
