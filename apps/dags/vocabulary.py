"""What the editor knows of operators and datasets, to complete and explain."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils import timezone

from apps.dags.document.edits.snippets import config_lines
from apps.dags.document.rules.activation import ONLY_REACTIVE, ONLY_SOURCES
from apps.dags.starters import all_starters
from apps.datasets.selectors import datasets_of
from apps.orgs import policy
from apps.orgs.models import Org
from apps.orgs.policy import Principal
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


def activations_told() -> dict[str, list[str]]:
    """By the activation of a job the keys that it cannot have."""
    return {"reactive": list(ONLY_SOURCES), "source": ["inputs", *ONLY_REACTIVE]}


def starters_told() -> list[dict[str, str]]:
    return [{"title": one.title, "summary": one.summary, "text": one.text} for one in all_starters()]


def datasets_told(org: Org, who: Principal) -> list[dict[str, str]]:
    """Names alone are no secret inside an org: what is in a dataset is."""
    seen = policy.visible(datasets_of(org), who, now=timezone.now()).values_list("name", "description")
    summaries = dict(seen)
    names = datasets_of(org).values_list("name", flat=True)
    return [{"name": name, "summary": summaries.get(name, "")} for name in names]
