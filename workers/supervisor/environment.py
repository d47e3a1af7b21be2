"""What of the shell's environment reaches the servers and processes of the stack: the little that is named here."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from apps.platform.config import Config, ContainersDriver, FunctionsDriver, QueueDriver, SecretsDriver, SigningDriver
from apps.platform.environment import variables
from apps.platform.errors import ConfigError

ROOT = Path(__file__).resolve().parents[2]
_KEPT = ("PATH", "HOME", "LANG", "TZ", "SSL_CERT_FILE")
# The supervisor reads these itself and tells the processes what became of them.
_OWN = frozenset(
    {"profile", "data_dir", "demo", "demo_block_ms", "demo_transactions", "min_free_disk_mb", "verbose", "public_port", "internal_port", "rpc_gateway_port", "debug", "log_level",
     "otlp_endpoint", "openlineage_url", "openlineage_key", "probe_interval_seconds", "oidc_providers_file", "oidc_recheck_minutes"}
)  # fmt: skip
# These reach the processes as they are.
_PASSED_ON = frozenset(
    {"queue_driver", "queue_prefix", "queue_max_receives", "secrets_driver", "signing_driver", "kms_key_ids", "aws_region",
     "aws_endpoint", "log_format", "database_pool_size", "outbox_batch", "outbox_claim_seconds", "outbox_max_attempts",
     "outbox_keep_hours", "trusted_proxies", "environment", "audit_keep_days",
     "rate_per_person", "rate_per_org", "worker_queues", "worker_slots", "worker_prefetch", "worker_child_tasks",
     "worker_cancel_grace_seconds", "worker_drain_seconds", "containers_driver", "container_cancel_seconds", "process_host_most", "process_host_grace_seconds",
     "ecs_cluster", "ecs_task_definition", "ecs_container", "ecs_launch_type", "ecs_capacity_provider", "ecs_subnets",
     "ecs_security_groups", "functions_driver", "function_prefix", "rpc_gateway_cache_mb"}
)  # fmt: skip


def base_env() -> dict[str, str]:
    """From empty: a process gets what it needs and nothing that happens to lie in the shell."""
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    return kept | {"PYTHONUNBUFFERED": "1", "PYTHONPATH": str(ROOT)}


def passed_on(config: Config, environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The user's own choices for the processes; with an AWS driver also who they are to AWS."""
    names = {variable.name for field, variable in variables(Config) if field in _PASSED_ON}
    if _speaks_to_aws(config):
        names |= {name for name in environ if name.startswith("AWS_")}
    return {name: environ[name] for name in names if environ.get(name)}


def refuse_what_the_stack_makes(environ: Mapping[str, str] = os.environ) -> None:
    """A variable that would be overruled in silence is an error: somebody believes in it."""
    made_here = [var.name for field, var in variables(Config) if field not in _OWN | _PASSED_ON and environ.get(var.name)]
    if made_here:
        raise ConfigError([f"{name}: `make up` sets this itself; unset it." for name in made_here])


def _speaks_to_aws(config: Config) -> bool:
    return (
        config.queue_driver is QueueDriver.SQS
        or config.secrets_driver is SecretsDriver.AWS
        or config.signing_driver is SigningDriver.KMS
        or config.containers_driver is ContainersDriver.ECS
        or config.functions_driver is FunctionsDriver.LAMBDA
    )
