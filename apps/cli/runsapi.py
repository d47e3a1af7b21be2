"""The part of the API that is about tasks, call by call."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote

from apps.cli.client import Api
from apps.cli.told import Json


class RunsApi(Api):
    def start(self, dag: str, job: str, blocks: tuple[int, int] | None, *, key: str | None) -> list[str]:
        """The ids of the tasks that it is."""
        body = {"range": {"start": blocks[0], "end": blocks[1]}} if blocks else {}
        path = f"/v1/dags/{quote(dag, safe='')}/jobs/{quote(job, safe='')}/runs"
        headers = {"Idempotency-Key": key} if key else {}
        return [str(one["id"]) for one in self._client.call("POST", path, body=body, headers=headers).body["tasks"]]

    def syncs(self, dag: str) -> list[Json]:
        """The streams of its chain_sync entrypoints."""
        return list(self._client.call("GET", f"/v1/dags/{quote(dag, safe='')}/syncs").body["streams"])

    def hold_sync(self, verb: str, dag: str, stream: str) -> list[Json]:
        """`pause` or `resume`; how all of them stand then."""
        path = f"/v1/dags/{quote(dag, safe='')}/syncs/{quote(stream, safe='')}/{verb}"
        return list(self._client.call("POST", path).body["streams"])

    def task(self, task_id: str) -> Json:
        return self._client.call("GET", _task(task_id)).body

    def tasks(self, query: Mapping[str, str]) -> Json:
        """The newest page."""
        return self._client.call("GET", "/v1/tasks", query=dict(query)).body

    def logs(self, task_id: str, *, start: int, attempt: int | None) -> Json:
        query = {"from": str(start), "limit": "5000"} | ({"attempt": str(attempt)} if attempt else {})
        return self._client.call("GET", f"{_task(task_id)}/logs", query=query).body

    def act(self, verb: str, task_id: str) -> Json:
        return self._client.call("POST", f"{_task(task_id)}/{verb}").body

    def rerun(self, task_id: str, *, alone: bool, key: str) -> str:
        """The id of the task that does it anew."""
        headers = {"Idempotency-Key": key}
        done = self._client.call("POST", f"{_task(task_id)}/rerun", body={"alone": alone}, headers=headers).body
        return str(done["tasks"][0]["id"])

    def act_on_matching(self, verb: str, wanted: Mapping[str, str]) -> int:
        """How many, a few thousand at a time until all that match are done."""
        count, cursor = 0, None
        while True:
            body = {**wanted, **({"cursor": cursor} if cursor else {})}
            done = self._client.call("POST", f"/v1/tasks/{verb}", body=body).body
            count, cursor = count + int(done["count"]), done["next"]
            if not cursor:
                return count


def _task(task_id: str) -> str:
    return f"/v1/tasks/{quote(task_id, safe='')}"
