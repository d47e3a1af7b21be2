"""The stack as a whole: bring up in order, follow, take down in order."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from apps.platform.config import Config
from apps.platform.privatefile import write_private
from workers.supervisor import people, programs, roles, stackfile
from workers.supervisor.console import Console
from workers.supervisor.datadir import DataDir
from workers.supervisor.environment import ROOT, base_env, passed_on
from workers.supervisor.errands import Errands
from workers.supervisor.errors import StackError
from workers.supervisor.health import watch_health
from workers.supervisor.leftovers import MARK, mark_of
from workers.supervisor.ports import LOOPBACK, Ports
from workers.supervisor.process import Supervised, stop_in_order
from workers.supervisor.program import Program, State
from workers.supervisor.servers import oidc
from workers.supervisor.servers.anvil import DEMO_PORT, DemoNode
from workers.supervisor.servers.postgres import Postgres
from workers.supervisor.servers.seaweedfs import ACCESS_KEY, BUCKETS, REGION, ROLE_ARN, SeaweedFS
from workers.supervisor.servers.valkey import Valkey

SECRET_NAMES = (
    "postgres", "valkey", "s3", "django", "worker-token", "gateway-token",
    *roles.ROLE_NAMES, *people.SECRET_NAMES, *oidc.SECRET_NAMES,
)  # fmt: skip

# Ours first, all at once; then the servers they speak to; Postgres last.
_ASKED_TO_THE_END = ("web", "internal", "rpc_gateway")
ORDER_OF_THE_STOP = (
    # What works hands its tasks back, and needs somebody to tell: a lease that nobody gave up runs on into the next start.
    [process.name for process in programs.PROCESSES if process.name not in _ASKED_TO_THE_END],
    _ASKED_TO_THE_END,
    ["valkey", "seaweedfs", "sso", "traffic"],
    ["postgres", "anvil"],
)


@dataclass(frozen=True)
class Servers:
    postgres: Postgres
    valkey: Valkey
    seaweedfs: SeaweedFS


class Stack:
    def __init__(self, config: Config, data_dir: DataDir, console: Console) -> None:
        self.config = config
        self.data_dir = data_dir
        self.console = console
        self.supervised: dict[str, Supervised] = {}
        self._errands = Errands()
        self._is_up = False
        self._passwords = data_dir.passwords(SECRET_NAMES)
        self._ports = ports = Ports()  # kept: they are ours as long as we run
        self.public_port = self._near(ports, config.public_port)
        self.internal_port = self._near(ports, config.internal_port)
        self.rpc_gateway_port = self._near(ports, config.rpc_gateway_port)
        self._process_host_port = ports.any()
        self.ops_ports = programs.ops_ports(ports)
        # For the demo people; whoever names providers of their own wants those.
        wants_provider = config.demo and not config.oidc_providers_file
        self.sso = (
            oidc.DemoProvider.in_data_dir(data_dir.path, port=ports.any(), secrets=self._passwords) if wants_provider else None
        )
        self.demo_node = DemoNode.in_data_dir(data_dir.path, port=ports.near(DEMO_PORT)) if config.demo else None
        self.servers = Servers(
            Postgres.in_data_dir(data_dir.path, port=ports.any(), password=self._passwords["postgres"]),
            Valkey.in_data_dir(data_dir.path, port=ports.any(), password=self._passwords["valkey"]),
            SeaweedFS.in_data_dir(data_dir.path, ports=ports, secret_key=self._passwords["s3"]),
        )

    @property
    def public_url(self) -> str:
        return f"http://{LOOPBACK}:{self.public_port}"

    @property
    def internal_url(self) -> str:
        return f"http://{LOOPBACK}:{self.internal_port}"

    @property
    def rpc_gateway_url(self) -> str:
        return f"http://{LOOPBACK}:{self.rpc_gateway_port}"

    def _near(self, ports: Ports, wanted: int) -> int:
        port = ports.near(wanted)
        if wanted and port != wanted:
            self.console.say(f"port {wanted} is taken; using {port}", colour=33)
        return port

    async def up(self) -> None:
        """Return when everything is ready. The slow object store starts beside the databases, not after them."""
        self._forget_state()  # of a supervisor that was killed: nobody must take it for ours
        async with asyncio.TaskGroup() as group:
            group.create_task(self._run(self.servers.seaweedfs.program(self._env())))
            if self.sso:
                group.create_task(self._run(self._sso_program(self.sso)))
            if self.demo_node:
                group.create_task(self._run_chain(self.demo_node))
            broker = group.create_task(self._run(self.servers.valkey.program(self._env())))
            await self._databases()
            await broker
            for process in programs.PROCESSES:
                group.create_task(self._run(self._program(process)))
        self._is_up = True
        self._write_state()

    async def follow(self, stop: asyncio.Event) -> None:
        """Until told to stop: restarts happen by themselves; what hangs is ended so that it restarts."""
        health = asyncio.create_task(watch_health(self.supervised, self.console))
        try:
            while not stop.is_set():
                self.console.refresh()
                try:
                    await asyncio.wait_for(stop.wait(), timeout=5)
                except TimeoutError:
                    continue
        finally:
            health.cancel()

    async def down(self) -> None:
        self._is_up = False
        with contextlib.suppress(OSError):  # the processes come first; a file that stays is removed by the next start
            self._forget_state()
        await asyncio.to_thread(self._errands.end)
        await stop_in_order(self.supervised, ORDER_OF_THE_STOP)

    async def _databases(self) -> None:
        postgres = self.servers.postgres
        # With our mark: a killed supervisor's initdb is found by the next one.
        await asyncio.to_thread(postgres.prepare, env=self._mark, errands=self._errands)
        await self._run(postgres.program(self._env()))
        await asyncio.to_thread(roles.provision, postgres.dsn("postgres"), self._passwords)
        await self._prepare()

    async def _prepare(self) -> None:
        """Migrations and seeds, with the owner's role, in a process of its own that ends."""
        file = self.data_dir / "run" / "people.json"
        write_private(file, json.dumps(self._seeds()))
        command = [sys.executable, "manage.py", "prepare", "--people", str(file)]
        env = (
            self._env()
            | self._common()
            | self._database_settings(roles.OWNER)
            | self._needs("django", "queue", "vault", "signing")
        )
        ended = await asyncio.to_thread(self._errands.run, command, env=env, cwd=ROOT)
        log = self.data_dir / "logs" / "prepare.log"
        log.write_text(ended.stdout + ended.stderr)
        if ended.returncode:
            last = (ended.stderr.strip().splitlines() or ["no message"])[-1]
            raise StackError(f"The databases could not be prepared: {last}", remedy=f"See {log}. Nothing was started on them.")

    def _seeds(self) -> dict[str, object]:
        node = self.demo_node
        pools = people.pool_document(node.anvil.url, chain_id=node.anvil.chain_id) if node else []
        return {"people": people.seed_document(self._passwords, demo=self.config.demo), "pools": pools}

    async def _run_chain(self, node: DemoNode) -> None:
        await self._run(node.anvil.program(self._env()))
        await asyncio.to_thread(node.compile_token)
        await self._run(node.traffic(self._env(), seconds=self.config.demo_block_ms / 1000, most=self.config.demo_transactions))

    async def _run(self, program: Program) -> None:
        supervised = Supervised(program, self.console, on_change=self._write_state)
        self.supervised[program.name] = supervised
        started = time.monotonic()
        await supervised.start()
        self.console.say(f"ready in {time.monotonic() - started:.1f} s", name=program.name, colour=32)

    def _program(self, process: programs.Trace) -> Program:
        env = self._env() | self._common() | self._needs(*process.needs) | self._database_settings(process.role)
        return programs.program(
            process, env, ops_port=self.ops_ports[process.name],
            run_dir=self.data_dir / "run", log_dir=self.data_dir / "logs",
        )  # fmt: skip

    def _sso_program(self, sso: oidc.DemoProvider) -> Program:
        return sso.program(self._env(), people=oidc.people_of(people.PEOPLE, self._passwords), public_port=self.public_port)

    # What the processes are told

    def _env(self) -> dict[str, str]:
        return base_env() | self._mark

    @property
    def _mark(self) -> dict[str, str]:
        return {MARK: mark_of(self.data_dir.path)}

    def _common(self) -> dict[str, str]:
        return passed_on(self.config) | {
            "TRACE_PROFILE": self.config.profile,
            "TRACE_DATA_DIR": str(self.data_dir.path),
            "TRACE_PUBLIC_PORT": str(self.public_port),
            "TRACE_INTERNAL_PORT": str(self.internal_port),
            "TRACE_PUBLIC_URL": self.public_url,
            "TRACE_INTERNAL_URL": self.internal_url,
            "TRACE_LOG_LEVEL": self.config.log_level,
            "TRACE_OTLP_ENDPOINT": self.config.otlp_endpoint,
            "TRACE_OPENLINEAGE_URL": self.config.openlineage_url,
            "TRACE_DEMO": str(int(self.config.demo)),
            "TRACE_DEBUG": str(int(self.config.debug)),
            "TRACE_PROBE_INTERVAL_SECONDS": str(self.config.probe_interval_seconds),
        }

    def _needs(self, *needs: str) -> dict[str, str]:
        settings: dict[str, Mapping[str, str]] = {
            "django": {
                "TRACE_DJANGO_SECRET_KEY": self._passwords["django"],
                "TRACE_BROKER_URL": self.servers.valkey.url,
                "TRACE_LOCAL_LOGIN": "1",
                "TRACE_PROCESSES_FILE": str(self._processes_file),
            },
            "queue": {},
            "s3": {
                "TRACE_S3_ENDPOINT": self.servers.seaweedfs.endpoint,
                "TRACE_S3_ACCESS_KEY": ACCESS_KEY,
                "TRACE_S3_SECRET_KEY": self._passwords["s3"],
                "TRACE_S3_ROLE_ARN": ROLE_ARN,
            },
            "vault": {"TRACE_VAULT_KEY_FILE": str(self.data_dir / "keys" / "vault.json")},
            "signing": {"TRACE_SIGNING_KEY_DIR": str(self.data_dir / "keys" / "signing")},
            "workers": {"TRACE_WORKER_TOKENS": self._worker_token},
            "gateway": {"TRACE_GATEWAY_TOKEN": self._passwords["gateway-token"], "TRACE_RPC_GATEWAY_URL": self.rpc_gateway_url},
            # The chain of the demo is on this machine.
            "providers": {"TRACE_RPC_GATEWAY_PORT": str(self.rpc_gateway_port), "TRACE_RPC_GATEWAY_LOOPBACK": "1"},
            "openlineage": {"TRACE_OPENLINEAGE_KEY": self.config.openlineage_key},
            "tables": {"TRACE_TABLES_DSN": self._dsn(roles.DATA, "trace_tables")},
            "host": {"TRACE_PROCESS_HOST_PORT": str(self._process_host_port)},
            "sso": {
                "TRACE_OIDC_PROVIDERS_FILE": str(self.sso.providers_file if self.sso else self.config.oidc_providers_file),
                "TRACE_OIDC_RECHECK_MINUTES": str(self.config.oidc_recheck_minutes),
            },
        }
        return {name: value for need in needs for name, value in settings[need].items()}

    def _database_settings(self, role: str) -> dict[str, str]:
        """Only the databases that the role may enter; Django wants *data* named even where a process never goes there."""
        enters = next((r.enters for r in roles.ROLES if r.name == role), frozenset())
        settings: dict[str, str] = {}
        if roles.STATE in enters:
            settings["TRACE_STATE_DSN"] = self._dsn(roles.STATE, role)
        if enters & {roles.STATE, roles.DATA}:
            settings["TRACE_DATA_DSN"] = self._dsn(roles.DATA, role)
        if roles.QUEUE in enters:
            settings["TRACE_QUEUE_DSN"] = self._dsn(roles.QUEUE, role)
        return settings

    def _dsn(self, database: str, role: str) -> str:
        return self.servers.postgres.dsn(database, role=role, password=self._passwords[role])

    @property
    def _worker_token(self) -> str:
        return "trace_wkr_" + self._passwords["worker-token"]

    # What others may read

    @property
    def _processes_file(self) -> Path:
        return self.data_dir / "run" / "processes.json"

    def _forget_state(self) -> None:
        (self.data_dir / "stack.json").unlink(missing_ok=True)

    def _write_state(self) -> None:
        self.console.status = self._status
        try:
            stackfile.write_processes(self._processes_file, self.supervised)
            # Again at every restart: its process ids must be today's.
            if self._is_up:
                write_private(self.data_dir / "stack.json", json.dumps(self._stack(), indent=2) + "\n")
        except OSError as error:
            # Called from where a process is followed: that must go on without the files.
            self.console.say(f"the state of the processes could not be written: {error.strerror}", colour=31)

    def _stack(self) -> dict[str, object]:
        return {
            "urls": {"public": self.public_url, "internal": self.internal_url, "query": None, "rpc_gateway": self.rpc_gateway_url, "sso": self.sso and self.sso.issuer},
            "dsn": {
                "state": self._dsn(roles.STATE, roles.OWNER),
                "data": self._dsn(roles.DATA, roles.OWNER),
                "queue": self._dsn(roles.QUEUE, "trace_worker"),
                "query": self._dsn(roles.DATA, "trace_query"),
            },
            "s3": {
                "endpoint": self.servers.seaweedfs.endpoint, "region": REGION, "access_key": ACCESS_KEY,
                "secret_key": self._passwords["s3"], "data_bucket": BUCKETS[0], "scratch_bucket": BUCKETS[1],
                "role_arn": ROLE_ARN,
            },
            "broker": self.servers.valkey.url,
            "worker_token": self._worker_token,
            "ops": {name: f"http://{LOOPBACK}:{port}" for name, port in self.ops_ports.items()},
            "pids": {name: process.pid for name, process in self.supervised.items()},
            "demo": {
                "org": people.ORG, "chain_rpc": self.demo_node and self.demo_node.anvil.url,
                "people": people.stack_entry(self._passwords, demo=self.config.demo),
            },
        }  # fmt: skip

    def _status(self) -> str:
        ready = sum(process.state is State.READY for process in self.supervised.values())
        late = [name for name, process in self.supervised.items() if process.state is not State.READY]
        tail = f" · waiting for {', '.join(late)}" if late else f" · {self.public_url} · Ctrl-C stops"
        return f"{ready}/{len(self.supervised)} ready{tail}"
