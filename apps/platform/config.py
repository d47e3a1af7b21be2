"""Every environment variable of Trace's processes. Beside the command line's (client_config.py), nothing else reads the environment.

`python -m apps.platform.config` prints the reference page that is kept in docs/reference/configuration.md.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Self

from apps.platform import parsers as p
from apps.platform.client_config import CLIENT_VARIABLES
from apps.platform.environment import read, reference, variable, variables
from apps.platform.errors import ConfigError
from apps.platform.gateway_config import GatewayConfig


class Profile(StrEnum):
    LAPTOP = "laptop"
    AWS = "aws"


class QueueDriver(StrEnum):
    POSTGRES = "postgres"
    SQS = "sqs"


class SecretsDriver(StrEnum):
    DATABASE = "database"
    AWS = "aws"


class SigningDriver(StrEnum):
    LOCAL = "local"
    KMS = "kms"


class ContainersDriver(StrEnum):
    PROCESSES = "processes"
    ECS = "ecs"


class LaunchType(StrEnum):
    FARGATE = "FARGATE"
    EC2 = "EC2"


class FunctionsDriver(StrEnum):
    NONE = "none"
    LAMBDA = "lambda"


class LogFormat(StrEnum):
    JSON = "json"
    CONSOLE = "console"


_port = p.whole(0, 65_535)
_http = p.url("http", "https")
_postgres = p.url("postgresql", "postgres")


@dataclass(frozen=True, kw_only=True)
class Config(GatewayConfig):
    # The machine
    profile: Profile = variable(
        "TRACE_PROFILE",
        p.one_of(Profile),
        default=Profile.LAPTOP,
        doc="`laptop`: embedded servers, local login. `aws`: managed services, single sign-on only.",
    )
    environment: str = variable(
        "TRACE_ENVIRONMENT", p.slug, default="laptop", doc="Name of this installation; the first part of every secret's path."
    )
    data_dir: Path = variable(
        "TRACE_DATA_DIR",
        p.path,
        default=Path(".trace"),
        doc="Where the one-machine stack keeps its databases, objects, keys, logs and stack.json.",
    )
    demo: bool = variable(
        "TRACE_DEMO",
        p.boolean,
        default=True,
        doc="Seed the demo people and a stranger's org; `make up DEMO=0` makes the admin only.",
    )
    min_free_disk_mb: int = variable(
        "TRACE_MIN_FREE_DISK_MB",
        p.whole(0, 100_000_000),
        default=512,
        unit="MB",
        doc="The one-machine stack refuses to start with less free space than this in the data directory.",
    )
    verbose: bool = variable(
        "TRACE_VERBOSE", p.boolean, default=False, doc="Show every line of every process in the terminal, not only what matters."
    )

    demo_block_ms: int = variable(
        "TRACE_DEMO_BLOCK_MS",
        p.whole(100, 3_600_000),
        default=4_000,
        unit="ms",
        doc="From one block of the demo's chain to the next, about. A day of the default takes some 100 MB.",
    )
    demo_transactions: int = variable(
        "TRACE_DEMO_TRANSACTIONS",
        p.whole(0, 500),
        default=5,
        unit="transactions",
        doc="The most transactions of a block of the demo's chain.",
    )

    # Addresses
    public_port: int = variable(
        "TRACE_PUBLIC_PORT", _port, default=8000, doc="Public plane: pages and /v1. The supervisor moves on if it is taken."
    )
    internal_port: int = variable(
        "TRACE_INTERNAL_PORT", _port, default=8001, doc="Internal plane: workers and user code. Never routed publicly."
    )
    ops_port: int = variable(
        "TRACE_OPS_PORT", _port, default=0, doc="Health and metrics of this process on loopback; 0 switches them off."
    )
    public_url: str = variable(
        "TRACE_PUBLIC_URL",
        _http,
        default="http://127.0.0.1:8000",
        doc="The address people type; https turns on HSTS and secure cookies.",
    )
    internal_url: str = variable(
        "TRACE_INTERNAL_URL", _http, default="http://127.0.0.1:8001", doc="Where workers find the internal plane."
    )
    trusted_proxies: int = variable(
        "TRACE_TRUSTED_PROXIES",
        p.whole(0, 5),
        default=0,
        unit="proxies",
        doc="Proxies of ours in front of the planes: which entry of X-Forwarded-For to believe. 0: none.",
    )
    allowed_hosts: tuple[str, ...] = variable(
        "TRACE_ALLOWED_HOSTS",
        p.words,
        default=("127.0.0.1", "localhost", "[::1]"),
        doc="Host names the planes answer to, comma-separated.",
    )

    # Databases
    state_dsn: str = variable(
        "TRACE_STATE_DSN", _postgres, default="", secret=True, doc="State database: what people defined and what happened."
    )
    data_dsn: str = variable("TRACE_DATA_DSN", _postgres, default="", secret=True, doc="Data database: hot dataset tables.")
    tables_dsn: str = variable(
        "TRACE_TABLES_DSN",
        _postgres,
        default="",
        secret=True,
        doc="Data database, with the role that makes the tables of datasets; the dispatcher's alone.",
    )
    queue_dsn: str = variable(
        "TRACE_QUEUE_DSN", _postgres, default="", secret=True, doc="Queue database, for the `postgres` queue driver."
    )
    database_pool_size: int = variable(
        "TRACE_DATABASE_POOL_SIZE",
        p.whole(2, 200),
        default=8,
        unit="connections",
        doc="Largest pool per process and database, 2 at least: in the dispatcher one is the publisher's.",
    )

    # Broker and queues
    broker_url: str = variable(
        "TRACE_BROKER_URL",
        p.url("redis", "rediss"),
        default="redis://127.0.0.1:6379/0",
        secret=True,
        doc="Valkey: Celery's broker, and the counters of the rate limits.",
    )
    queue_driver: QueueDriver = variable(
        "TRACE_QUEUE_DRIVER", p.one_of(QueueDriver), default=QueueDriver.POSTGRES, doc="Task and buffer queues."
    )
    queue_prefix: str = variable(
        "TRACE_QUEUE_PREFIX", p.text, default="trace-", doc="Put before every SQS queue name, one prefix per environment."
    )
    queue_max_receives: int = variable(
        "TRACE_QUEUE_MAX_RECEIVES",
        p.whole(1, 1_000),
        default=10,
        unit="deliveries",
        doc="Then a message moves to the dead-letter queue.",
    )

    # Object store and AWS
    s3_endpoint: str = variable("TRACE_S3_ENDPOINT", _http, default="", doc="S3 API address; empty means AWS.")
    s3_access_key: str = variable("TRACE_S3_ACCESS_KEY", p.text, default="", secret=True, doc="Empty: the ambient AWS identity.")
    s3_secret_key: str = variable("TRACE_S3_SECRET_KEY", p.text, default="", secret=True, doc="Secret of the access key.")
    s3_role_arn: str = variable(
        "TRACE_S3_ROLE_ARN", p.text, default="", doc="Role whose sessions tasks get, narrowed to their prefixes."
    )
    data_bucket: str = variable("TRACE_DATA_BUCKET", p.text, default="trace-data", doc="Committed partitions and bundles.")
    scratch_bucket: str = variable(
        "TRACE_SCRATCH_BUCKET", p.text, default="trace-scratch", doc="Staging, exports, spill; expires."
    )
    aws_region: str = variable("TRACE_AWS_REGION", p.text, default="us-east-1", doc="Region of every AWS driver.")
    aws_endpoint: str = variable(
        "TRACE_AWS_ENDPOINT", _http, default="", doc="Another API address for SQS, KMS, Secrets Manager, ECS and Lambda."
    )

    # Runtimes: where tasks run that have a container or a function to themselves
    containers_driver: ContainersDriver = variable(
        "TRACE_CONTAINERS_DRIVER",
        p.one_of(ContainersDriver),
        default=ContainersDriver.PROCESSES,
        doc="`processes`: processes of a host on this machine. `ecs`: tasks of ECS.",
    )
    process_host_port: int = variable(
        "TRACE_PROCESS_HOST_PORT", _port, default=8002, doc="Where the host of processes listens, on loopback only."
    )
    process_host_most: int = variable(
        "TRACE_PROCESS_HOST_MOST",
        p.whole(1, 1_000),
        default=16,
        unit="processes",
        doc="Processes that the host runs at once; one more is refused, and tried again later.",
    )
    process_host_grace_seconds: int = variable(
        "TRACE_PROCESS_HOST_GRACE_SECONDS",
        p.whole(0, 3_600),
        default=15,
        unit="s",
        doc="A process that was told to stop is killed after this; longer than TRACE_WORKER_CANCEL_GRACE_SECONDS.",
    )
    container_cancel_seconds: int = variable(
        "TRACE_CONTAINER_CANCEL_SECONDS",
        p.whole(1, 3_600),
        default=60,
        unit="s",
        doc="A container whose task was canceled and that runs on is stopped after this.",
    )
    ecs_cluster: str = variable("TRACE_ECS_CLUSTER", p.text, default="", doc="Cluster in which the `ecs` driver starts tasks.")
    ecs_task_definition: str = variable(
        "TRACE_ECS_TASK_DEFINITION", p.text, default="", doc="Task definition of jobs that name none of their own."
    )
    ecs_container: str = variable(
        "TRACE_ECS_CONTAINER", p.text, default="trace", doc="Name of the container, in every task definition, that runs the task."
    )
    ecs_launch_type: LaunchType = variable(
        "TRACE_ECS_LAUNCH_TYPE",
        p.one_of(LaunchType),
        default=LaunchType.FARGATE,
        doc="`FARGATE`, or `EC2` for machines of your own.",
    )
    ecs_capacity_provider: str = variable(
        "TRACE_ECS_CAPACITY_PROVIDER", p.text, default="", doc="Used in place of the launch type, such as `FARGATE_SPOT`."
    )
    ecs_subnets: tuple[str, ...] = variable(
        "TRACE_ECS_SUBNETS", p.words, default=(), doc="Subnets of the tasks, comma-separated."
    )
    ecs_security_groups: tuple[str, ...] = variable(
        "TRACE_ECS_SECURITY_GROUPS", p.words, default=(), doc="Security groups of the tasks, comma-separated."
    )
    functions_driver: FunctionsDriver = variable(
        "TRACE_FUNCTIONS_DRIVER",
        p.one_of(FunctionsDriver),
        default=FunctionsDriver.NONE,
        doc="What runs tasks of the runtime `lambda`. `lambda`: AWS Lambda.",
    )
    function_prefix: str = variable(
        "TRACE_FUNCTION_PREFIX", p.text, default="trace-", doc="Put before the operator's name: the function that runs it."
    )

    # Keys and secrets
    django_secret_key: str = variable(
        "TRACE_DJANGO_SECRET_KEY", p.text, default="", secret=True, doc="Signs sessions and CSRF tokens."
    )
    secrets_driver: SecretsDriver = variable(
        "TRACE_SECRETS_DRIVER",
        p.one_of(SecretsDriver),
        default=SecretsDriver.DATABASE,
        doc="`database`: envelope-encrypted rows. `aws`: Secrets Manager.",
    )
    vault_key_file: Path = variable(
        "TRACE_VAULT_KEY_FILE",
        p.path,
        default=Path(".trace/keys/vault.json"),
        doc="Key-encryption keys of the `database` secrets driver.",
    )
    signing_driver: SigningDriver = variable(
        "TRACE_SIGNING_DRIVER",
        p.one_of(SigningDriver),
        default=SigningDriver.LOCAL,
        doc="Who signs capability tokens and tickets.",
    )
    signing_key_dir: Path = variable(
        "TRACE_SIGNING_KEY_DIR", p.path, default=Path(".trace/keys/signing"), doc="ES256 keys of the `local` signing driver."
    )
    kms_key_ids: tuple[str, ...] = variable(
        "TRACE_KMS_KEY_IDS", p.words, default=(), doc="KMS keys of the `kms` driver: the first signs, all verify."
    )
    worker_tokens: tuple[str, ...] = variable(
        "TRACE_WORKER_TOKENS",
        p.words,
        default=(),
        secret=True,
        doc="Tokens workers prove themselves with; two are valid during a rotation.",
    )
    local_login: bool = variable(
        "TRACE_LOCAL_LOGIN", p.boolean, default=False, doc="Password login. Accepted with the `laptop` profile only."
    )
    oidc_providers_file: str = variable(
        "TRACE_OIDC_PROVIDERS_FILE",
        p.text,
        default="",
        doc="JSON list of the OpenID Connect providers people sign in at, mode 0600; empty: no single sign-on.",
    )
    oidc_recheck_minutes: int = variable(
        "TRACE_OIDC_RECHECK_MINUTES",
        p.whole(1, 1_440),
        default=15,
        unit="min",
        doc="How long a sign-in holds before its provider is asked again, silently.",
    )

    # Behaviour
    debug: bool = variable(
        "TRACE_DEBUG", p.boolean, default=False, doc="Django debug pages and the component gallery. Refused with `aws`."
    )
    log_format: LogFormat = variable(
        "TRACE_LOG_FORMAT", p.one_of(LogFormat), default=LogFormat.JSON, doc="Structured lines, or lines for eyes."
    )
    log_level: str = variable("TRACE_LOG_LEVEL", p.log_level, default="INFO", doc="DEBUG, INFO, WARNING or ERROR.")
    otlp_endpoint: str = variable(
        "TRACE_OTLP_ENDPOINT", _http, default="", doc="OpenTelemetry collector (OTLP over HTTP); empty: off."
    )
    openlineage_url: str = variable(
        "TRACE_OPENLINEAGE_URL",
        _http,
        default="",
        doc="Where OpenLineage run events are posted, the whole address, such as https://lineage.example.com/api/v1/lineage; empty: nowhere.",
    )
    openlineage_key: str = variable(
        "TRACE_OPENLINEAGE_KEY", p.text, default="", secret=True, doc="Sent there as a bearer token; empty: without."
    )
    metrics_dir: str = variable(
        "PROMETHEUS_MULTIPROC_DIR",
        p.text,
        default="",
        doc="Where the processes of one command share their counters; read by the library.",
    )
    outbox_batch: int = variable(
        "TRACE_OUTBOX_BATCH", p.whole(1, 5_000), default=500, unit="rows", doc="Rows the publisher takes at once."
    )
    outbox_claim_seconds: int = variable(
        "TRACE_OUTBOX_CLAIM_SECONDS",
        p.whole(5, 3_600),
        default=60,
        unit="s",
        doc="A publisher that died gives its rows back after this.",
    )
    outbox_max_attempts: int = variable(
        "TRACE_OUTBOX_MAX_ATTEMPTS",
        p.whole(1, 1_000),
        default=20,
        unit="attempts",
        doc="Then a row is Failed and waits for a replay.",
    )
    outbox_keep_hours: int = variable(
        "TRACE_OUTBOX_KEEP_HOURS", p.whole(1, 8_760), default=24, unit="h", doc="Published rows are kept this long."
    )
    rate_per_person: int = variable(
        "TRACE_RATE_PER_PERSON",
        p.whole(0, 10_000_000),
        default=600,
        unit="calls/min",
        doc="Calls of the API that a person's tokens may make; 0: any number. The pages' own calls are not counted.",
    )
    rate_per_org: int = variable(
        "TRACE_RATE_PER_ORG",
        p.whole(0, 10_000_000),
        default=5_000,
        unit="calls/min",
        doc="Calls of the API that all tokens in an org may make together; 0: any number.",
    )
    audit_keep_days: int = variable(
        "TRACE_AUDIT_KEEP_DAYS", p.whole(30, 36_500), default=730, unit="days", doc="Audit records are kept this long."
    )
    task_keep_months: int = variable(
        "TRACE_TASK_KEEP_MONTHS",
        p.whole(1, 1_200),
        default=13,
        unit="months",
        doc="Tasks, their attempts, events and logs are kept this long, by whole months.",
    )
    staging_keep_days: int = variable(
        "TRACE_STAGING_KEEP_DAYS",
        p.whole(1, 3_650),
        default=7,
        unit="days",
        doc="What attempts wrote to the object store and nobody committed is kept this long.",
    )
    probe_interval_seconds: int = variable(
        "TRACE_PROBE_INTERVAL_SECONDS",
        p.whole(15, 3_600),
        default=15,
        unit="s",
        doc="How often a probe travels outbox → queue → worker.",
    )
    processes_file: str = variable(
        "TRACE_PROCESSES_FILE",
        p.text,
        default="",
        doc="Where the supervisor tells the health page about its processes; empty elsewhere.",
    )
    worker_id: str = variable(
        "TRACE_WORKER_ID", p.text, default="", doc="Name of a worker; empty: made from host and process id."
    )
    worker_queues: tuple[str, ...] = variable(
        "TRACE_WORKER_QUEUES", p.words, default=("probe", "tasks"), doc="Queues that a worker listens to, comma-separated."
    )
    worker_slots: int = variable(
        "TRACE_WORKER_SLOTS",
        p.whole(1, 256),
        default=4,
        unit="tasks",
        doc="Tasks that a worker runs at once, each in a child process.",
    )
    worker_prefetch: int = variable(
        "TRACE_WORKER_PREFETCH",
        p.whole(1, 200),
        default=64,
        unit="tasks",
        doc="Most that a worker holds per slot. It holds more than one only of tasks that prove to be short.",
    )
    worker_child_tasks: int = variable(
        "TRACE_WORKER_CHILD_TASKS",
        p.whole(1, 1_000_000),
        default=10_000,
        unit="tasks",
        doc="Then a child process is replaced by a new one.",
    )
    worker_cancel_grace_seconds: int = variable(
        "TRACE_WORKER_CANCEL_GRACE_SECONDS",
        p.whole(0, 3_600),
        default=10,
        unit="s",
        doc="A task that was asked to stop is killed after this.",
    )
    worker_drain_seconds: int = variable(
        "TRACE_WORKER_DRAIN_SECONDS",
        p.whole(0, 3_600),
        default=20,
        unit="s",
        doc="A worker that stops lets its tasks go on for this long; then they are asked to stop, and handed back.",
    )

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None) -> Self:
        """Read the environment once, at boot. Raises ConfigError naming every variable that is wrong."""
        environ = os.environ if environ is None else environ
        config = cls(**read(cls, environ, others=CLIENT_VARIABLES))  # type: ignore[arg-type]
        if problems := config._contradictions():
            raise ConfigError(problems)
        return config

    def require(self, *fields: str) -> None:
        """Refuse to start a process without what it cannot do without."""
        names = {field: var.name for field, var in variables(type(self))}
        missing = [f"{names[field]}: is not set, and this process needs it." for field in fields if not getattr(self, field)]
        if missing:
            raise ConfigError(missing)

    def _contradictions(self) -> list[str]:
        problems = []
        if self.profile is Profile.AWS:
            if self.local_login:
                problems.append(
                    "TRACE_LOCAL_LOGIN: password login is for the laptop profile; set it to 0 with TRACE_PROFILE=aws."
                )
            if self.rpc_gateway_loopback:
                problems.append("TRACE_RPC_GATEWAY_LOOPBACK: must be 0 with TRACE_PROFILE=aws.")
            if self.debug:
                problems.append("TRACE_DEBUG: must be 0 with TRACE_PROFILE=aws.")
            if not self.public_url.startswith("https://"):
                problems.append("TRACE_PUBLIC_URL: must be https with TRACE_PROFILE=aws.")
        if self.signing_driver is SigningDriver.KMS and not self.kms_key_ids:
            problems.append("TRACE_KMS_KEY_IDS: name at least one key with TRACE_SIGNING_DRIVER=kms.")
        if self.containers_driver is ContainersDriver.ECS:
            missing = [name for name in ("CLUSTER", "TASK_DEFINITION", "SUBNETS") if not getattr(self, f"ecs_{name.lower()}")]
            problems += [f"TRACE_ECS_{name}: set it with TRACE_CONTAINERS_DRIVER=ecs." for name in missing]
        if bool(self.s3_access_key) != bool(self.s3_secret_key):
            problems.append("TRACE_S3_ACCESS_KEY and TRACE_S3_SECRET_KEY: set both or neither.")
        return problems


if __name__ == "__main__":
    print(reference(Config), end="")
