"""How long the validator takes for a document of many jobs, of all operators with configs, beside reading the same text as bare YAML."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

import yaml

from apps.dags.document.comparing import compare
from apps.dags.document.graph import graph_of
from apps.dags.document.meaning import meaning_of
from apps.dags.document.validating import check
from tests.apps.dags.documents import some_dag
from tests.apps.dags.known import KNOWN
from tests.apps.dags.writing import written
from tests.bench.percentiles import p50
from tests.bench.report import Report
from tests.bench.stage import Stage, seconds_of

ROUNDS = {200: 30, 1000: 8}
# The editor asks while somebody types.
MOST_MS = {200: 50}
BARE = "yaml.load with CSafeLoader of the same text"


def run(report: Report, stage: Stage) -> None:
    for jobs in ROUNDS:
        took = _measure(jobs)
        bare = (BARE, took.pop("bare"))
        report.add(f"validator.check_{jobs}", took.pop("check"), "ms", baseline=bare, aim=_aim(jobs))
        for name, value in took.items():
            report.add(f"validator.{name}_{jobs}", value, "ms")


def _aim(jobs: int) -> tuple[str, float] | None:
    return ("≤", MOST_MS[jobs]) if jobs in MOST_MS else None


def _measure(jobs: int) -> dict[str, float]:
    """In turn, so that all meet the same moments of the machine."""
    text = written(some_dag(Random(7), jobs), Random(7), flow=0.2)
    checked = check(text, KNOWN)
    assert checked.facts, "the document of this bench can be read"
    assert checked.valid, checked.problems[:3]
    facts, meaning = checked.facts, meaning_of(checked.facts)
    acts: dict[str, Callable[[], object]] = {
        "check": lambda: check(text, KNOWN),
        "bare": lambda: yaml.load(text, Loader=yaml.CSafeLoader),
        "graph": lambda: graph_of(checked),
        "meaning_and_compare": lambda: compare(meaning, meaning_of(facts)),
    }
    rounds = [{name: seconds_of(act) * 1000 for name, act in acts.items()} for _ in range(ROUNDS[jobs])]
    return {name: p50([took[name] for took in rounds]) for name in acts}
