"""The first steps in a new org: see Trace work, connect a chain, deploy a DAG, query it, be alerted."""

from __future__ import annotations

from dataclasses import dataclass

from apps.console.sections import ALERTS, DAGS, SQL, Section


@dataclass(frozen=True)
class Step:
    """`section` is where it is done; None for what belongs to the platform and to no org."""

    title: str
    text: str
    section: Section | None = None


SEE_IT_WORK = Step(
    "See Trace work", "A message goes through outbox, queue and worker and back, every few seconds. Watch it on Platform health."
)
CONNECT = Step(
    "Connect a chain", "Platform staff name its RPC providers: Trace checks them against each other, and DAGs follow the tip."
)
DEPLOY = Step("Deploy a DAG", "A YAML document: jobs, what they read, what they publish. Start from a template.", DAGS)
FIRST_STEPS = (
    SEE_IT_WORK,
    CONNECT,
    DEPLOY,
    Step("Ask a question", "Query the dataset in a notebook, chart the answer, share it.", SQL),
    Step("Be alerted", "Make a rule of a query, or of a dataset that must not be late.", ALERTS),
)
