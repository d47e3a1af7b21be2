"""The first steps in a new org: connect a chain, deploy a DAG, query it, be alerted."""

from __future__ import annotations

from dataclasses import dataclass

from apps.console.sections import ADMIN, ALERTS, DAGS, SQL, Section


@dataclass(frozen=True)
class Step:
    title: str
    text: str
    section: Section

    @property
    def is_possible(self) -> bool:
        """Whether this version of Trace has the part that the step is done in."""
        return self.section.is_built


FIRST_STEPS = (
    Step("Connect a chain", "Name its RPC providers. Trace checks them against each other and follows the tip.", ADMIN),
    Step("Deploy a DAG", "A YAML document that follows the chain and publishes a dataset.", DAGS),
    Step("Ask a question", "Query the dataset in a notebook, chart the answer, share it.", SQL),
    Step("Be alerted", "Make a rule of a query, or of a dataset that must not be late.", ALERTS),
)
