"""The first steps in a new org: see Trace work, connect a chain, deploy a DAG, query it, be alerted."""

from __future__ import annotations

from dataclasses import dataclass

from apps.console.sections import ALERTS, DAGS, SQL, Section


@dataclass(frozen=True)
class Step:
    """`section` is where it is done; None for what is seen on the health page. `later`: that section is there, this part is not."""

    title: str
    text: str
    section: Section | None = None
    later: bool = False


SEE_IT_WORK = Step(
    "See Trace work", "A message goes through outbox, queue and worker and back, every few seconds. Watch it on Platform health."
)
DEPLOY = Step("Deploy a DAG", "A YAML document: jobs, what they read, what they publish. Start from a template.", DAGS)
FIRST_STEPS = (
    SEE_IT_WORK,
    Step(
        "Connect a chain", "Name its RPC providers. Trace checks them against each other and follows the tip.", DAGS, later=True
    ),
    DEPLOY,
    Step("Ask a question", "Query the dataset in a notebook, chart the answer, share it.", SQL),
    Step("Be alerted", "Make a rule of a query, or of a dataset that must not be late.", ALERTS),
)
