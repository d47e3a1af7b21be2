"""Somebody at a terminal: commands run in this process, with streams, settings and a network of the test's own."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from apps.cli.main import main
from apps.cli.outside import Outside

URL, TOKEN = "http://127.0.0.1:9", "trace_pat_of-the-tests"
Handler = Callable[[httpx.Request], httpx.Response]


class Stream(io.StringIO):
    def __init__(self, text: str = "", *, is_terminal: bool = False) -> None:
        super().__init__(text)
        self.is_terminal = is_terminal

    def isatty(self) -> bool:
        return self.is_terminal


@dataclass(frozen=True)
class Run:
    code: int
    out: str
    err: str


@dataclass
class Terminal:
    """`sleeps` are what the command waited for; `on_sleep` happens meanwhile."""

    directory: Path
    environ: dict[str, str] = field(default_factory=dict)
    handler: Handler | None = None
    is_terminal: bool = False
    secret: str = ""
    sleeps: list[float] = field(default_factory=list)
    on_sleep: Callable[[], None] = lambda: None

    def run(self, *arguments: str, stdin: str = "") -> Run:
        out, err = Stream(is_terminal=self.is_terminal), Stream(is_terminal=self.is_terminal)
        outside = Outside(
            stdin=Stream(stdin, is_terminal=self.is_terminal), stdout=out, stderr=err, directory=self.directory,
            sleep=self._sleep, ask_secret=lambda _: self.secret, environ=self.environ,
            transport=httpx.MockTransport(self.handler) if self.handler else None,
        )  # fmt: skip
        return Run(main(arguments, outside), out.getvalue(), err.getvalue())

    def write(self, name: str, text: str) -> Path:
        file = self.directory / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        return file

    def _sleep(self, seconds: float) -> None:
        self.sleeps.append(seconds)
        self.on_sleep()


def answers(*bodies: Any, status: int = 200, **options: Any) -> Handler:
    """One after the other; the last for ever."""
    left = list(bodies)

    def handle(request: httpx.Request) -> httpx.Response:
        body = left.pop(0) if len(left) > 1 else left[0]
        if isinstance(body, httpx.Response | Exception):
            if isinstance(body, Exception):
                raise body
            return body
        return httpx.Response(status, json=body, **options)

    return handle
