"""DAGs of tests, deployed through the services that the product uses."""

from __future__ import annotations

from datetime import datetime

from apps.dags import services
from apps.dags.models import Dag, DagVersion
from apps.dags.services import Deployed, Sent, Wanted
from tests.factories import NOON, Persona, acting, principal

# For `extra`.
HOURLY = """  - name: tick
    activation: source
    runtime: dispatcher
    operator: trigger_cron
    outputs: 1
    source: { kind: cron, schedule: "0 * * * *" }
"""


def manual(name: str = "ranges", *, chunk: int = 1000, publish: str = "", extra: str = "") -> str:
    """A trigger and a splitter, which run in this version; with `publish` also a dataset, of an operator that does not."""
    text = f"""name: {name}
jobs:
  - name: start
    activation: source
    runtime: dispatcher
    operator: trigger_manual
    outputs: 1
    source: {{ kind: manual }}
  - name: chunks
    activation: reactive
    runtime: ecs_platform
    operator: range_splitter
    outputs: 1
    inputs: [{{ from: {{ job: start }} }}]
    execution_strategy: PerPartition
    update_strategy: replace
    config: {{ chunk_size: {chunk} }}
{extra}"""
    if publish:
        text += f"""  - name: blocks
    activation: reactive
    runtime: ecs_platform
    operator: cryo_ingest
    outputs: 1
    inputs: [{{ from: {{ job: chunks }} }}]
    execution_strategy: PerPartition
    update_strategy: replace
    config: {{ chain_id: 1, rpc_pool: standard, cryo_dataset_name: blocks }}
publish:
  {publish}: {{ from: {{ job: blocks }} }}
"""
    return text


def sending(persona: Persona, sent: Sent, *, now: datetime = NOON) -> Deployed:
    return services.deploy(persona.org, sent, who=principal(persona), by=acting(persona), now=now)


def deploy(persona: Persona, text: str, *, name: str = "ranges") -> DagVersion:
    return sending(persona, Sent(name, text)).version


def activate(persona: Persona, version: DagVersion | None, *, dag: Dag | None = None) -> Dag:
    of = dag or (version.dag if version else None)
    assert of
    return services.activate(of, Wanted(version), who=principal(persona), by=acting(persona), now=NOON)
