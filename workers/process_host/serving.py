"""The host's HTTP: on loopback, for whoever shows a worker's token."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

from pydantic import BaseModel, ValidationError

from apps.platform.contracts import WORKER_TOKEN_HEADER
from apps.platform.contracts.processes import (
    MOST_BODY_BYTES,
    RUN_PATH,
    STATES_PATH,
    STOP_PATH,
    HandleState,
    RunAnswer,
    RunRequest,
    StatesAnswer,
    StatesRequest,
    StopAnswer,
    StopRequest,
)
from apps.platform.errors import ConfigError
from apps.platform.worker_tokens import is_worker
from workers.process_host.host import Closing, Full, Host

Call = Callable[[Host, bytes], BaseModel]


def _run(host: Host, body: bytes) -> RunAnswer:
    asked = RunRequest.model_validate_json(body)
    return RunAnswer(handle=host.run(asked.task_id, asked.token))


def _stop(host: Host, body: bytes) -> StopAnswer:
    asked = StopRequest.model_validate_json(body)
    return StopAnswer(known=host.stop(asked.handle, reason=asked.reason))


def _states(host: Host, body: bytes) -> StatesAnswer:
    found = [host.state(handle) for handle in StatesRequest.model_validate_json(body).handles]
    return StatesAnswer(states=[HandleState(phase=s.phase, exit_code=s.exit_code, reason=s.reason) for s in found])


_CALLS: dict[str, Call] = {RUN_PATH: _run, STOP_PATH: _stop, STATES_PATH: _states}


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, port: int, host: Host, tokens: Sequence[str]) -> None:
        self.host, self.tokens = host, tokens
        try:
            super().__init__(("127.0.0.1", port), _Handler)
        except OSError as error:
            words = f"TRACE_PROCESS_HOST_PORT: 127.0.0.1:{port} cannot be listened on: {error.strerror}."
            raise ConfigError([words]) from error


class _Handler(BaseHTTPRequestHandler):
    server: Server
    # Whoever connects and says nothing does not hold a thread for ever.
    timeout: ClassVar[float] = 10

    def do_POST(self) -> None:
        if not is_worker(self.headers.get(WORKER_TOKEN_HEADER, ""), self.server.tokens):
            self._refuse(401, "bad_worker_token", f"This host is for the dispatcher: send a valid {WORKER_TOKEN_HEADER}.")
        elif (call := _CALLS.get(self.path)) is None:
            self._refuse(404, "not_found", "There is no such call.")
        elif (length := self._length()) is None:
            self._refuse(400, "bad_request", f"The body has a Content-Length of at most {MOST_BODY_BYTES:,} bytes.")
        else:
            self._do(call, self.rfile.read(length))

    def _do(self, call: Call, body: bytes) -> None:
        try:
            self._answer(200, call(self.server.host, body).model_dump_json().encode())
        except ValidationError as error:
            first = error.errors(include_url=False, include_context=False, include_input=False)[0]
            where = ".".join(str(part) for part in first["loc"])
            self._refuse(400, "bad_request", f"The body is not what this call takes: `{where}`: {first['msg']}.")
        except Full as full:
            self._refuse(429, "host_full", f"The host is full: {full} (TRACE_PROCESS_HOST_MOST).")
        except Closing:
            self._refuse(503, "host_stops", "The host stops, and starts nothing more.")

    def _length(self) -> int | None:
        said = self.headers.get("Content-Length", "")
        return int(said) if said.isascii() and said.isdigit() and len(said) < 10 and int(said) <= MOST_BODY_BYTES else None

    def _refuse(self, status: int, code: str, message: str) -> None:
        self._answer(status, json.dumps({"code": code, "message": message}).encode())

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the base class names it
        """Silent: what is started and what ends is logged by the host."""
