from __future__ import annotations

from operators.liveliness_monitor.config import LivelinessMonitorConfig
from operators.liveliness_monitor.judging import Memory, Status, Verdict, judge
from operators.liveliness_monitor.looking import Look, look
from operators.sdk.errors import ConfigurationError
from operators.sdk.putting import put_rows
from operators.sdk.task import Event, TaskContext


class LivelinessMonitor:
    def run(self, task: TaskContext[LivelinessMonitorConfig]) -> None:
        if task.fired is None:
            raise ConfigurationError("No tick started this task; give the job a source of kind cron.")
        at, config = task.fired.at, task.config
        found = look(task.rpc(config.rpc_pool), chain_id=config.chain_id)
        verdict = judge(found, Memory.read(task.state.get()), config, at=at)
        # By whole seconds: ticks are in order, and another attempt says the same.
        event = Event(0, cursor=int(at.timestamp()), data={"chain_id": config.chain_id, "status": verdict.status.value})
        put_rows(task, [verdict.row(config.chain_id, at)], event=event)
        _tell(task, found, verdict)
        if verdict.memory:
            task.state.set(verdict.memory.written())


def _tell(task: TaskContext[LivelinessMonitorConfig], found: Look, verdict: Verdict) -> None:
    if verdict.status is not Status.OK:
        task.log.warning("the chain is not well", status=verdict.status.value, reason=verdict.reason)
    for name, reason in found.silent.items():
        task.log.warning("a provider did not answer", provider=name, why=reason)
    if verdict.seconds_since is not None:
        task.metric("seconds_since", verdict.seconds_since)
    task.metric("providers_silent", len(found.silent))
    task.metric("most_blocks_behind", max(found.behind.values(), default=0))
