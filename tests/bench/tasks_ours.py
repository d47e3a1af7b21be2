"""DAGs of the benches, run on a whole stack through its public API, and what its tables say of it afterwards."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import httpx
import psycopg

from tests.journeys.stack import StackProcess, wait_until

FAN, CHAIN = "bench-fan", "bench-chain"
HOPS = 20
_NOOP = """
  - name: {name}
    activation: reactive
    runtime: ecs_platform
    operator: noop
    outputs: 1
    inputs: [{{ from: {{ job: {source} }} }}]
    execution_strategy: {strategy}
    update_strategy: replace"""
_START = """
  - name: start
    activation: source
    runtime: dispatcher
    operator: trigger_manual
    outputs: 1
    source: { kind: manual }"""
_SPLIT = """
  - name: split
    activation: reactive
    runtime: ecs_platform
    operator: range_splitter
    outputs: 1
    inputs: [{ from: { job: start } }]
    execution_strategy: PerPartition
    update_strategy: replace
    config: { chunk_size: 1 }"""
_OF_RUN = "FROM dispatch_task AS t JOIN dispatch_livejob AS j ON j.id = t.job_id WHERE t.root_id = %(root)s AND j.name = %(job)s"
_DONE = f"SELECT count(*) FILTER (WHERE t.status = 'completed'), count(*) {_OF_RUN}"
# What the specification asks to be seen of every task: its claim, the process it ran in, its end, and its event routed.
_FAN = """
SELECT extract(epoch FROM max(e.routed_at) - min(t.created_at))::float8, count(DISTINCT a.task_id), count(a.metrics ->> 'trace.pid'),
    count(DISTINCT a.metrics ->> 'trace.pid'), count(a.ended_at), count(e.routed_at)
FROM dispatch_task AS t JOIN dispatch_livejob AS j ON j.id = t.job_id
JOIN dispatch_attempt AS a ON a.task_id = t.id LEFT JOIN dispatch_event AS e ON e.task_id = t.id
WHERE t.root_id = %(root)s AND j.name = %(job)s
"""
_CLAIMS = """
SELECT extract(epoch FROM t.claimed_at - lag(t.claimed_at) OVER (ORDER BY t.claimed_at))::float8 * 1000 FROM dispatch_task AS t
JOIN dispatch_livejob AS j ON j.id = t.job_id WHERE t.root_id = %(root)s AND j.name LIKE 'hop%%' ORDER BY t.claimed_at
"""
_UNROUTED = "SELECT count(*) FROM dispatch_event WHERE root_id = %(root)s AND routed_at IS NULL"


@dataclass(frozen=True)
class Fan:
    """What became of the leaves of a fan-out. `processes`: how many children ran them."""

    seconds: float
    claimed: int
    in_a_child: int
    processes: int
    ended: int
    routed: int


class Ours:
    def __init__(self, stack: StackProcess) -> None:
        self._state: psycopg.Connection = stack.connect("state")
        self._state.autocommit = True
        admin = stack.facts["demo"]["people"]["admin"]["token"]
        self._http = httpx.Client(
            base_url=stack.facts["urls"]["public"], headers={"Authorization": f"Bearer {admin}"}, timeout=60
        )

    def close(self) -> None:
        self._http.close()
        self._state.close()

    def deploy(self, strategy: str = "PerPartition") -> None:
        leaf = _NOOP.format(name="leaf", source="split", strategy=strategy)
        self._activate(FAN, f"name: {FAN}\njobs:{_START}{_SPLIT}{leaf}\n", routes=2)
        sources = ["start", *(f"hop{number}" for number in range(1, HOPS))]
        hops = [_NOOP.format(name=f"hop{number + 1}", source=source, strategy=strategy) for number, source in enumerate(sources)]
        self._activate(CHAIN, f"name: {CHAIN}\njobs:{_START}{''.join(hops)}\n", routes=HOPS)

    def fan(self, leaves: int) -> Fan:
        root = self._start(FAN, {"range": {"start": 0, "end": leaves - 1}})
        self._wait(root, "leaf", leaves)
        (row,) = self._state.execute(_FAN, {"root": root, "job": "leaf"}).fetchall()
        return Fan(*row)

    def chain(self) -> list[float]:
        """Milliseconds from the claim of a task to the claim of the next: run, complete, route, hand over, claim."""
        root = self._start(CHAIN, {"range": {"start": 0, "end": 9}})
        self._wait(root, f"hop{HOPS}", 1)
        return [hop for (hop,) in self._state.execute(_CLAIMS, {"root": root}) if hop is not None]

    def _activate(self, name: str, text: str, *, routes: int) -> None:
        deployed = self._post(f"/v1/dags/{name}/versions", {"yaml": text})
        answer = self._http.put(f"/v1/dags/{name}/active", json={"version_id": deployed["id"], "cutover": "auto"})
        answer.raise_for_status()
        count = "SELECT count(*) FROM dispatch_route AS r JOIN dispatch_livejob AS j ON j.id = r.consumer_id JOIN dags_dag AS d ON d.id = j.dag_id WHERE d.name = %s"
        wait_until(lambda: self._state.execute(count, [name]).fetchone() == (routes,), what=f"{name} was not armed")

    def _start(self, dag: str, body: dict[str, Any]) -> str:
        return str(self._post(f"/v1/dags/{dag}/jobs/start/runs", body)["tasks"][0]["id"])

    def _post(self, path: str, body: dict[str, Any]) -> Any:
        answer = self._http.post(path, json=body)
        assert answer.is_success, answer.text
        return answer.json()

    def _wait(self, root: str, job: str, tasks: int) -> None:
        def is_done() -> bool:
            return self._state.execute(_DONE, {"root": root, "job": job}).fetchone() == (tasks, tasks) and self._state.execute(
                _UNROUTED, {"root": root}
            ).fetchone() == (0,)

        wait_until(is_done, seconds=300, what=f"{job} did not end")
