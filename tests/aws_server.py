"""An API server that speaks as SQS, Secrets Manager, KMS, ECS and Lambda do. AWS itself cannot run here."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from workers.supervisor.ports import LOOPBACK, Ports

START_SECONDS = 60


@contextmanager
def aws_server(directory: Path) -> Iterator[str]:
    """Its address, while it runs on loopback with nothing of the outside environment."""
    ports = Ports()
    port = ports.any()
    env = {
        "PATH": os.environ["PATH"], "HOME": str(directory), "TMPDIR": str(directory), "BIND_HOST": LOOPBACK,
        "GATEWAY_PORT": str(port), "SERVICES": "sqs,secretsmanager,kms,sts,ecs,ec2,lambda,iam", "LOG_LEVEL": "WARNING",
    }  # fmt: skip
    with (directory / "aws.log").open("wb") as log:
        process = subprocess.Popen([sys.executable, "-m", "ministack"], env=env, cwd=directory, stdout=log, stderr=log)
        try:
            url = f"http://{LOOPBACK}:{port}"
            _wait(url, process, directory / "aws.log")
            yield url
        finally:
            process.kill()  # it keeps nothing
            process.wait()


def _wait(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            urllib.request.urlopen(f"{url}/_ministack/health", timeout=2).read()
        except (urllib.error.URLError, ConnectionError) as error:
            if isinstance(error, urllib.error.HTTPError):
                return
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(log.read_text()[-2000:]) from error
            time.sleep(0.05)
        else:
            return
