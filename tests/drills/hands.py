"""A person who asks over HTTP, and asks again until there is an answer."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Any

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
        version = self._ask("POST", "/v1/dags/drill/versions", {"yaml": document}, key="deploy")
        self._ask("PUT", "/v1/dags/drill/active", {"version_id": version["id"], "cutover": "auto"}, key="activate")

    def start(self, key: str, first: int, last: int) -> str:
        """The task's id. However often it was asked for, it is one run."""
        asked = {"range": {"start": first, "end": last}}
        return str(self._ask("POST", "/v1/dags/drill/jobs/start/runs", asked, key=key)["tasks"][0]["id"])

    def pause(self, job: str) -> None:
        self._ask("PUT", f"/v1/dags/drill/jobs/{job}/paused", {"paused": True}, key=f"pause-{job}")

    def give_up(self) -> None:
        self._given_up.set()

    def _ask(self, method: str, path: str, body: Mapping[str, object], *, key: str) -> Any:
        while not self._given_up.is_set():
            answer = self._answer(method, path, body, key)
            if answer is not None and answer.status_code not in _LATER:
                return answer.raise_for_status().json()
            self._given_up.wait(_PAUSE_SECONDS)
        raise AssertionError(f"nobody answered {method} {path}")

    def _answer(self, method: str, path: str, body: Mapping[str, object], key: str) -> httpx.Response | None:
        try:
            facts = self._stack().facts
            token = facts["demo"]["people"]["admin"]["token"]
            headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": key}
            return httpx.request(method, facts["urls"]["public"] + path, json=body, headers=headers, timeout=30)
        except (httpx.HTTPError, OSError, ValueError, KeyError):
            return None
