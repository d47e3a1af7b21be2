"""A stack of its own for every drill: what one breaks the next does not see."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.drills.records import Records
from tests.drills.scene import Scene
from tests.journeys.stack import end_stack

_records = Records()


@pytest.fixture
def scene(request: pytest.FixtureRequest) -> Iterator[Scene]:
    directory = Path(tempfile.mkdtemp(prefix="trace-drill-"))
    # As root Postgres runs as `nobody`, who must be able to pass.
    directory.chmod(0o755)
    scene = Scene(directory / "data", int(os.environ.get("SEED", "1")))
    try:
        scene.begin()
        yield scene
        if scene.ended_well:
            _records.add(_name(request.node), scene)
    finally:
        scene.end()
        end_stack(directory / "data")
        if os.environ.get("KEEP"):
            print(f"{request.node.name}: its logs are in {directory}")
        else:
            shutil.rmtree(directory, ignore_errors=True)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    yield
    if call.excinfo and call.when != "teardown":
        _records.failures[_name(item)] = next(iter(str(call.excinfo.value).splitlines()), repr(call.excinfo.value))[:300]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if _records.drills or _records.failures:
        terminalreporter.write_line(_records.tell())


def _name(drill: pytest.Item) -> str:
    return drill.name.removeprefix("test_").replace("_", " ")
