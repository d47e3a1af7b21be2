"""Embedded SeaweedFS: a real S3 API with STS, for the data and scratch buckets."""

from __future__ import annotations

import asyncio
import base64
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from apps.platform.privatefile import write_private
from workers.supervisor.ports import GRPC_ABOVE, LOOPBACK, Ports
from workers.supervisor.program import Program
from workers.supervisor.servers.binaries import script

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

REGION = "us-east-1"
ACCESS_KEY = "TRACEADMIN0000000000"
ACCOUNT_ID = "000000000000"
ROLE_ARN = f"arn:aws:iam::{ACCOUNT_ID}:role/TraceTask"
BUCKETS = ("trace-data", "trace-scratch")


@dataclass(frozen=True)
class SeaweedFS:
    data_dir: Path
    run_dir: Path
    log_file: Path
    secret_key: str
    s3_port: int
    master_port: int
    volume_port: int
    filer_port: int
    s3_grpc_port: int
    buckets: tuple[str, ...] = field(default=BUCKETS)

    @classmethod
    def in_data_dir(cls, data_dir: Path, *, ports: Ports, secret_key: str) -> SeaweedFS:
        return cls(
            data_dir / "seaweedfs", data_dir / "run", data_dir / "logs" / "seaweedfs.log", secret_key,
            s3_port=ports.any(with_grpc=True), master_port=ports.any(with_grpc=True),
            volume_port=ports.any(with_grpc=True), filer_port=ports.any(with_grpc=True), s3_grpc_port=ports.any(),
        )  # fmt: skip

    @property
    def endpoint(self) -> str:
        return f"http://{LOOPBACK}:{self.s3_port}"

    def program(self, env: Mapping[str, str]) -> Program:
        self.data_dir.mkdir(mode=0o700, exist_ok=True)
        identities = self.run_dir / "seaweedfs-iam.json"
        write_private(identities, json.dumps(self._identities()))
        return Program(
            name="seaweedfs",
            command=[str(script("weed")), "-logtostderr=true", "server", *self._options(identities)],
            env={**env, "TMPDIR": str(self.run_dir)},
            is_ready=self._buckets_exist,
            is_alive=self._accepts,
            cwd=self.run_dir,
            log_file=self.log_file,
            # It drains for 17 s that nobody needs: what it acknowledged is on disk.
            stop_seconds=1.0,
            leaves=self._grpc_sockets(),
        )

    def _options(self, identities: Path) -> list[str]:
        options = {
            "dir": self.data_dir, "ip": LOOPBACK, "ip.bind": LOOPBACK,
            "master.port": self.master_port, "master.telemetry": "false", "master.volumeSizeLimitMB": 256,
            "master.electionTimeout": "1s", "master.raftHashicorp": "false",
            "volume.port": self.volume_port, "volume.max": 0, "volume.preStopSeconds": 0,
            "filer.port": self.filer_port, "filer.localSocket": self._socket("filer"),
            "s3.port": self.s3_port, "s3.port.grpc": self.s3_grpc_port, "s3.port.iceberg": 0, "s3.port.lance": 0,
            "s3.config": identities, "s3.iam.config": identities, "s3.localSocket": self._socket("s3"),
        }  # fmt: skip
        return ["-filer", "-s3", *(f"-{name}={value}" for name, value in options.items())]

    def _grpc_sockets(self) -> list[Path]:
        """It makes them in /tmp whatever TMPDIR says, for its owner only."""
        above = {"master": self.master_port, "volume": self.volume_port, "filer": self.filer_port}
        ports = {name: port + GRPC_ABOVE for name, port in above.items()} | {"s3": self.s3_grpc_port}
        return [Path(f"/tmp/seaweedfs-{name}-grpc-{port}.sock") for name, port in ports.items()]  # noqa: S108  its choice, not ours

    def _socket(self, name: str) -> Path:
        """Socket paths end at 107 bytes; a deep data directory would go past that."""
        inside = self.run_dir / f"{name}.sock"
        return inside if len(os.fsencode(inside)) < 100 else Path(f"/tmp/trace-{name}-{self.s3_port}.sock")  # noqa: S108

    def _identities(self) -> dict[str, object]:
        everything = {"Effect": "Allow", "Action": "s3:*", "Resource": [r for b in self.buckets for r in _arns(b)]}
        # The admin alone may assume the role: with "*" a session could assume it again without its own policy.
        trust = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT_ID}:user/admin"}, "Action": ["sts:AssumeRole"]}
        keys = [{"accessKey": ACCESS_KEY, "secretKey": self.secret_key}]
        version = "2012-10-17"
        return {
            "identities": [{"name": "admin", "credentials": keys, "actions": ["Admin", "Read", "List", "Tagging", "Write"]}],
            "sts": {
                "tokenDuration": "1h", "maxSessionLength": "12h", "issuer": "trace-sts",
                "signingKey": base64.b64encode(self.secret_key.encode()).decode(),
            },
            "policy": {"defaultEffect": "Deny"},
            "roles": [
                {
                    "roleName": ROLE_ARN.rsplit("/", 1)[1], "roleArn": ROLE_ARN, "attachedPolicies": ["TraceBuckets"],
                    "trustPolicy": {"Version": version, "Statement": [trust]},
                }
            ],
            "policies": [{"name": "TraceBuckets", "document": {"Version": version, "Statement": [everything]}}],
        }  # fmt: skip

    async def _buckets_exist(self) -> None:
        await self._accepts()  # boto3 waits far longer for a server that is not there yet
        await asyncio.to_thread(self._make_buckets)

    async def _accepts(self) -> None:
        _, writer = await asyncio.open_connection(LOOPBACK, self.s3_port)
        writer.close()

    def _make_buckets(self) -> None:
        client = self._client()
        there = {bucket["Name"] for bucket in client.list_buckets()["Buckets"]}
        for bucket in self.buckets:
            if bucket not in there:
                client.create_bucket(Bucket=bucket)
            # A bucket in the list says that the filer answers; a written object says that a volume does.
            client.put_object(Bucket=bucket, Key=".ready", Body=b"")

    def _client(self) -> S3Client:
        import boto3  # noqa: PLC0415  0.3 s in which the other servers start already
        from botocore.config import Config  # noqa: PLC0415

        return boto3.client(
            "s3", endpoint_url=self.endpoint, region_name=REGION,
            aws_access_key_id=ACCESS_KEY, aws_secret_access_key=self.secret_key,
            config=Config(retries={"max_attempts": 1}, connect_timeout=2, read_timeout=10, signature_version="s3v4", s3={"addressing_style": "path"}),
        )  # fmt: skip


def _arns(bucket: str) -> tuple[str, str]:
    return f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"
