"""A person who asks over HTTP, and asks again until there is an answer."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Any
from uuid import uuid4

import httpx

from tests.journeys.stack import StackProcess

_PAUSE_SECONDS = 0.2
# Of a process that is just starting, or whose database is away.
_LATER = frozenset({429, 500, 502, 503, 504})


class Hands:
    """`stack` is asked again and again: after a fault it may be another one."""

    def __init__(self, stack: Callable[[], StackProcess]) -> None:
        self._stack = stack
        self._given_up = threading.Event()

    def deploy(self, document: str) -> None:
        self.activate("drill", self.send("drill", document))

    def send(self, dag: str, document: str) -> str:
        """The id of the version."""
        return str(self._ask("POST", f"/v1/dags/{dag}/versions", {"yaml": document}, key=str(uuid4()))["id"])

    def activate(self, dag: str, version_id: str | None) -> None:
        """None: nothing of it runs any more."""
        self._ask("PUT", f"/v1/dags/{dag}/active", {"version_id": version_id, "cutover": "auto"}, key=str(uuid4()))

    def start(self, key: str, first: int, last: int, *, dag: str = "drill") -> str:
        """The task's id. However often it was asked for, it is one run."""
        asked = {"range": {"start": first, "end": last}}
        return str(self._ask("POST", f"/v1/dags/{dag}/jobs/start/runs", asked, key=key)["tasks"][0]["id"])

    def invalidate(self, dataset: str, first: int, last: int) -> None:
        asked = {"range": {"start": first, "end": last}, "reason": "correction"}
        self._ask("POST", f"/v1/datasets/{dataset}/invalidations", asked, key=str(uuid4()))

    def pause(self, job: str) -> None:
        self._ask("PUT", f"/v1/dags/drill/jobs/{job}/paused", {"paused": True}, key=f"pause-{job}")

    def cancel(self, task_id: str) -> None:
        self._ask("POST", f"/v1/tasks/{task_id}/cancel", {}, key=f"cancel-{task_id}")

    def replay(self, dataset: str, batch_id: str) -> None:
        self._ask("POST", f"/v1/datasets/{dataset}/dead-letters/{batch_id}/replay", {}, key=f"replay-{batch_id}")

    def repair(self, dataset: str, batch_id: str, rows: bytes) -> None:
        self._ask("POST", f"/v1/datasets/{dataset}/dead-letters/{batch_id}/repair", rows, key=f"repair-{batch_id}")

    def letters(self, dataset: str) -> list[Any]:
        found: list[Any] = self._ask("GET", f"/v1/datasets/{dataset}/dead-letters", {}, key="letters")["results"]
        return found

    def give_up(self) -> None:
        self._given_up.set()

    def _ask(self, method: str, path: str, body: Mapping[str, object] | bytes, *, key: str) -> Any:
        while not self._given_up.is_set():
            answer = self._answer(method, path, body, key)
            if answer is not None and answer.status_code not in _LATER:
                return answer.raise_for_status().json()
            self._given_up.wait(_PAUSE_SECONDS)
        raise AssertionError(f"nobody answered {method} {path}")

    def _answer(self, method: str, path: str, body: Mapping[str, object] | bytes, key: str) -> httpx.Response | None:
        try:
            facts = self._stack().facts
            token = facts["demo"]["people"]["admin"]["token"]
            headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": key}
            if isinstance(body, bytes):
                headers["Content-Type"] = "application/x-ndjson"
            said: Any = {"content": body} if isinstance(body, bytes) else {"json": body} if method != "GET" else {}
            return httpx.request(method, facts["urls"]["public"] + path, headers=headers, timeout=30, **said)
        except (httpx.HTTPError, OSError, ValueError, KeyError):
            return None
