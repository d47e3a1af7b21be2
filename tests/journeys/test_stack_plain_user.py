"""As root the stack gives its databases to another user; here everything runs as one who is not root."""

from __future__ import annotations

import os
import pwd
import subprocess
import sys
from pathlib import Path

import httpx
import psutil
import pytest

from tests.journeys.stack import ROOT, StackProcess, members_of
from workers.supervisor.program import Account, run_as

pytestmark = [
    pytest.mark.journey,
    pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another; without root every journey is a plain user's"),
]


@pytest.fixture
def account() -> Account:
    nobody = pwd.getpwnam("nobody")
    found = Account(nobody.pw_uid, nobody.pw_gid)
    try:
        tried = subprocess.run(
            [sys.executable, "-c", "import workers.supervisor.stack, manage"],
            cwd=ROOT, env={"PATH": os.environ["PATH"]}, capture_output=True, text=True, check=False, **run_as(found),
        )  # fmt: skip
    except PermissionError:
        pytest.skip(f"{ROOT} or its Python cannot be read by a plain user")
    if tried.returncode:
        pytest.skip(f"{ROOT} or its Python cannot be read by a plain user: {tried.stderr.strip().splitlines()[-1]}")
    return found


def test_a_plain_user_starts_signs_in_and_stops(data_dir: Path, account: Account) -> None:
    data_dir.mkdir()
    os.chown(data_dir, account.uid, account.gid)

    stack = StackProcess(data_dir, account, HOME=str(data_dir.parent)).wait_ready()

    assert {psutil.Process(pid).uids().real for pid in stack.facts["pids"].values()} == {account.uid}
    assert httpx.get(f"{stack.url}/sign-in").status_code == 200
    assert stack.stop() == 0
    assert members_of(data_dir) == []
