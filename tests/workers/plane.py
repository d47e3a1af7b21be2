"""A dispatcher in memory that speaks the contracts over real HTTP: claims once, fences, remembers, and fails on demand."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from uuid import UUID, uuid4

from pydantic import BaseModel, ValidationError

from apps.platform import contracts as c
from apps.platform import wiring
from apps.platform.config import Config
from apps.platform.contracts import reading, storing
from apps.platform.contracts.feeds import OPEN_FEED_PATH, FeedOpened, OpenFeed
from apps.platform.contracts.parts import Fenced
from apps.platform.layout import AttemptPlace
from workers.supervisor.servers.seaweedfs import ROLE_ARN

WORKER_TOKEN = "trace_wkr_token-of-the-plane-in-memory"
ORG = UUID(int=7)
DATASET, VERSION = UUID(int=1), UUID(int=2)


class Refused(Exception):
    def __init__(self, status: int, code: str, message: str = "") -> None:
        super().__init__(code)
        self.status, self.code, self.message = status, code, message

    @property
    def body(self) -> bytes:
        return json.dumps({"code": self.code, "message": self.message}).encode()


@dataclass
class Task:
    order: c.TaskOrder
    lease_seconds: int = 60
    id: UUID = field(default_factory=uuid4)
    status: str = "Queued"
    attempt: int = 0
    lease_token: UUID = field(default_factory=uuid4)
    is_canceled: bool = False
    completion: c.Completion | None = None
    events: list[c.ReportedEvent] = field(default_factory=list)
    lines: list[c.LogLine] = field(default_factory=list)
    lines_at_end: int = 0
    most_lines: int = 1_000_000
    beats: list[c.Heartbeat] = field(default_factory=list)
    state: Any = None
    revision: int = 0
    sequences: list[int | None] = field(default_factory=list)
    # A heartbeat is answered with another token, and the one before counts no more.
    renews_token: bool = False
    # What it reads by its first input, and how many of them make a page.
    pinned: list[reading.PinnedPartition] = field(default_factory=list)
    page: int = 2
    renewals: int = 0

    @property
    def token(self) -> str:
        return f"capability-{self.id}-{self.attempt}-{self.renewals}"

    def place(self, key: str, *, attempt: int | None = None) -> str:
        """Where it writes a partition: below the bucket."""
        return AttemptPlace(self.order.org_id, DATASET, VERSION, key, self.id, attempt or self.attempt).prefix

    @property
    def error(self) -> c.TaskError:
        assert self.completion and self.completion.error, f"it is {self.status}: {self.completion}"
        return self.completion.error

    @property
    def text(self) -> list[str]:
        return [line.text for line in self.lines]


class Plane:
    def __init__(self) -> None:
        self.tasks: dict[UUID, Task] = {}
        self.calls: Counter[str] = Counter()
        self.probes: list[str] = []
        # What the next calls to a path are answered with instead.
        self.faults: dict[str, list[int]] = {}
        self.is_down = False
        # Tasks whose completion breaks every call that it is in.
        self.poisoned: set[UUID] = set()
        # Codes of a 403 for completions, by task.
        self.forbidden: dict[UUID, str] = {}
        # Where tasks are told that the object store is; empty: where it is.
        self.store_endpoint = ""
        # What opens a feed; without it none is approved.
        self.opens_feed: Callable[[OpenFeed], FeedOpened] | None = None
        # Taken, but the answer gets lost.
        self.loses_answers_of: set[str] = set()
        # As the dispatcher does: what was handed back waits again, and its wake-up is sent anew.
        self.wake_again: Callable[[Task], object] | None = None
        self.news = threading.Condition()
        plane = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = 65_536

            def do_GET(self) -> None:
                self._answer(503 if plane.is_down else 200, b"ok")

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                try:
                    status, answer = 200, plane.answer(self.path, body, dict(self.headers))
                except Refused as refused:
                    status, answer = refused.status, refused.body
                except ValidationError as error:
                    status, answer = 400, json.dumps({"code": "bad_input", "message": str(error)}).encode()
                self._answer(status, answer)

            def _answer(self, status: int, body: bytes) -> None:
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)
                self.wfile.flush()

            def log_message(self, *args: object) -> None:
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True

        self.server = Server(("127.0.0.1", 0), Handler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}"

    def __enter__(self) -> Self:
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.server.server_close()

    def add(self, operator: str, config: Mapping[str, Any] | None = None, *, lease_seconds: int = 60, **order: Any) -> Task:
        slots = [c.OutputSlot(output=0, dataset_uuid=DATASET, dataset_version=VERSION)]
        order = {"org_id": ORG, "dag": "dag", "job": "job", "version": 1, "operator_version": "1.0", "outputs": slots} | order
        task = Task(c.TaskOrder(operator=operator, config=dict(config or {}), **order), lease_seconds)
        with self.news:
            self.tasks[task.id] = task
        return task

    def until(self, condition: Callable[[], object], *, seconds: float = 60) -> None:
        with self.news:
            assert self.news.wait_for(condition, timeout=seconds), "it did not come to pass"

    def until_ended(self, *tasks: Task) -> None:
        self.until(lambda: all(task.completion for task in tasks))

    # The calls

    def answer(self, path: str, body: bytes, headers: Mapping[str, str]) -> bytes:
        with self.news:
            self.calls[path] += 1
            if self.is_down:
                raise Refused(503, "down")
            if self.faults.get(path):
                raise Refused(self.faults[path].pop(0), "on_demand")
            if headers.get(c.WORKER_TOKEN_HEADER) != WORKER_TOKEN:
                raise Refused(401, "bad_worker_token")
            token = headers.get(c.CAPABILITY_HEADER, "")
            answer = _ROUTES[path](self, body, token)
            self.news.notify_all()
            if path in self.loses_answers_of:
                self.loses_answers_of.remove(path)
                raise Refused(502, "answer_lost")
            return answer

    def _probe(self, body: bytes, token: str) -> bytes:
        self.probes.append(json.loads(body)["probe_id"])
        return b""

    def _claims(self, body: bytes, token: str) -> bytes:
        request = c.ClaimsRequest.model_validate_json(body)
        results = [self._claim(task_id) for task_id in dict.fromkeys(request.task_ids)]
        return c.ClaimsAnswer(results=results).model_dump_json().encode()

    def _claim(self, task_id: UUID) -> c.Claimed | c.NotClaimed:
        task = self.tasks.get(task_id)
        if task is None:
            return c.NotClaimed(task_id=task_id, reason=c.WhyNot.NOT_FOUND)
        if task.status != "Queued":
            known = {"Running": c.WhyNot.ALREADY_RUNNING, "HandedBack": c.WhyNot.PAUSED}
            return c.NotClaimed(task_id=task_id, reason=known.get(task.status) or c.WhyNot(task.status))
        task.status, task.attempt, task.lease_token = "Running", task.attempt + 1, uuid4()
        order = task.order.model_copy(update={"state": c.StateRead(revision=task.revision, value=task.state)})
        return c.Claimed(
            task_id=task_id, attempt=task.attempt, lease_token=task.lease_token, lease_seconds=task.lease_seconds,
            lease_expires_at=datetime.now(UTC) + timedelta(seconds=task.lease_seconds), capability_token=task.token, task=order,
        )  # fmt: skip

    def _fenced(self, fence: Fenced, token: str) -> Task:
        task = self.tasks[fence.task_id]
        if token != task.token and fence.attempt == task.attempt:
            raise Refused(401, "bad_capability")
        if (fence.attempt, fence.lease_token) != (task.attempt, task.lease_token):
            raise Refused(409, "stale_fence")
        return task

    def _heartbeats(self, body: bytes, token: str) -> bytes:
        return self._batch(c.HeartbeatBatch.model_validate_json(body), self._heartbeat)

    def _heartbeat(self, beat: c.Heartbeat, token: str) -> BaseModel:
        task = self._fenced(beat, token)
        if task.status != "Running":
            raise Refused(409, "not_running")
        task.beats.append(beat)
        task.renewals += task.renews_token
        return c.HeartbeatAnswer(
            task_id=task.id, lease_expires_at=datetime.now(UTC), canceled=task.is_canceled,
            capability_token=task.token if task.renews_token else None,
        )  # fmt: skip

    def _events(self, body: bytes, token: str) -> bytes:
        report = c.EventsReport.model_validate_json(body)
        task = self._fenced(report, token)
        if task.is_canceled:
            raise Refused(409, "canceled")
        self._take(task, report)
        task.sequences.append(report.sequence)
        revision = task.revision if report.state else None
        answer = c.EventsAnswer(task_id=task.id, accepted=len(report.events), duplicates=0, state_revision=revision)
        return answer.model_dump_json().encode()

    def _take(self, task: Task, report: c.EventsReport) -> None:
        task.events += report.events
        if report.state:
            if report.state.revision != task.revision:
                raise Refused(409, c.STATE_MOVED, "Somebody else wrote the state.")
            task.state, task.revision = report.state.value, task.revision + 1

    def _completions(self, body: bytes, token: str) -> bytes:
        batch = c.CompletionBatch.model_validate_json(body)
        if self.poisoned & {item.body.task_id for item in batch.items}:
            raise Refused(500, "internal_error")
        return self._batch(batch, self._complete)

    def _complete(self, completion: c.Completion, token: str) -> BaseModel:
        task = self._fenced(completion, token)
        if task.completion == completion:
            return c.CompletionAnswer(task_id=task.id, status=task.status, replayed=True)
        if task.is_canceled and completion.status is not c.Ending.CANCELED:
            raise Refused(409, "canceled")
        if task.status != "Running":
            raise Refused(409, "not_running")
        if task.id in self.forbidden and completion.status is c.Ending.COMPLETED:
            raise Refused(403, self.forbidden[task.id], "That is no output of this task.")
        self._take(task, completion)
        task.status, task.completion, task.lines_at_end = str(completion.status), completion, len(task.lines)
        if self.wake_again and completion.status is c.Ending.HANDED_BACK:
            task.status, task.completion = "Queued", None
            self.wake_again(task)
        return c.CompletionAnswer(task_id=task.id, status=task.status)

    def _credentials(self, body: bytes, token: str) -> bytes:
        asked = storing.CredentialsRequest.model_validate_json(body)
        task = self._fenced(asked, token)
        if task.is_canceled:
            raise Refused(409, "canceled")
        config = replace(Config.from_env(), s3_role_arn=ROLE_ARN)
        prefixes = [f"s3://{config.data_bucket}/{task.place(one.key)}" for one in asked.partitions]
        read = [one.prefix for one in task.pinned[:3]] if asked.reads else []
        keys = wiring.minter(config).mint(read=read, write=prefixes, seconds=900, session=f"{task.id}-{task.attempt}")
        return storing.CredentialsAnswer(
            endpoint=self.store_endpoint or config.s3_endpoint, region=config.aws_region, access_key_id=keys.access_key_id,
            secret_access_key=keys.secret_access_key, session_token=keys.session_token, expires_at=keys.expires_at, prefixes=prefixes,
        ).model_dump_json().encode()  # fmt: skip

    def _inputs(self, body: bytes, token: str) -> bytes:
        asked = reading.InputsRequest.model_validate_json(body)
        task = self._fenced(asked, token)
        first = next((number + 1 for number, one in enumerate(task.pinned) if one.pin == asked.after), 0)
        page = task.pinned[first : first + task.page]
        following = page[-1].pin if first + task.page < len(task.pinned) else None
        return reading.InputsAnswer(partitions=page, next=following).model_dump_json().encode()

    def _feed(self, body: bytes, token: str) -> bytes:
        asked = OpenFeed.model_validate_json(body)
        self._fenced(asked, token)
        if self.opens_feed is None:
            raise Refused(403, "host_not_approved", "an admin of the org approves the host")
        return self.opens_feed(asked).model_dump_json().encode()

    def _logs(self, body: bytes, token: str) -> bytes:
        batch = c.LogBatch.model_validate_json(body)
        task = self._fenced(batch, token)
        task.lines[batch.first_line :] = batch.lines
        full = len(task.lines) > task.most_lines
        return c.LogAnswer(task_id=task.id, next_line=len(task.lines), full=full).model_dump_json().encode()

    def _batch(self, batch: Any, one: Callable[[Any, str], BaseModel]) -> bytes:
        results = []
        for item in batch.items:
            try:
                answer = one(item.body, item.capability_token)
                results.append(c.ItemResult(task_id=item.body.task_id, status=200, answer=answer.model_dump(mode="json")))
            except Refused as refused:
                told = {"status": refused.status, "code": refused.code, "message": refused.message}
                results.append(c.ItemResult.model_validate({"task_id": item.body.task_id, **told}))
        return c.BatchAnswer(results=results).model_dump_json().encode()


_ROUTES: dict[str, Callable[[Plane, bytes, str], bytes]] = {
    OPEN_FEED_PATH: Plane._feed,
    c.PROBE_RECEIPT_PATH: Plane._probe,
    c.CLAIMS_PATH: Plane._claims,
    c.HEARTBEATS_PATH: Plane._heartbeats,
    c.EVENTS_PATH: Plane._events,
    c.COMPLETIONS_PATH: Plane._completions,
    c.LOGS_PATH: Plane._logs,
    storing.CREDENTIALS_PATH: Plane._credentials,
    reading.INPUTS_PATH: Plane._inputs,
}
