"""What the editor knows of operators and datasets, to complete and explain."""

from __future__ import annotations

from collections.abc import Mapping

from apps.dags.document.edits.snippets import config_lines
from apps.datasets.selectors import datasets_of
from apps.orgs.models import Org
from operators.sdk.declaration import Declaration


def operators_told(operators: Mapping[str, Declaration]) -> dict[str, dict[str, object]]:
    return {
        name: {
            "summary": one.summary, "version": one.version, "available": bool(one.implementation),
            "activations": sorted(one.activations), "runtimes": sorted(one.runtimes), "strategies": sorted(one.strategies),
            "outputs": [{"name": output.name, "summary": output.summary} for output in one.outputs],
            "config_example": "\n".join(config_lines(one)),
        }
        for name, one in sorted(operators.items())
    }  # fmt: skip


def datasets_told(org: Org) -> list[dict[str, str]]:
    """Names alone are no secret inside an org: what is in a dataset is."""
    return [{"name": dataset.name, "summary": dataset.description} for dataset in datasets_of(org)]
