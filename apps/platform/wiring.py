"""Config → drivers. The only importer of drivers: everything else speaks to ports."""

from __future__ import annotations

from apps.platform.clock import Clock, SystemClock
from apps.platform.config import Config, ContainersDriver, FunctionsDriver, Profile, QueueDriver, SigningDriver
from apps.platform.drivers import pgqueue
from apps.platform.envelope import Keyring
from apps.platform.errors import NotBuilt
from apps.platform.ports.containers import Containers
from apps.platform.ports.functions import Functions
from apps.platform.ports.minting import CredentialMinter
from apps.platform.ports.objects import ObjectStore
from apps.platform.ports.queue import Queue
from apps.platform.ports.rates import RateCounter
from apps.platform.ports.secrets import SecretStore
from apps.platform.ports.signing import RotatingSigner, Signer

# Drivers of AWS are imported where they are chosen: boto3 costs 0.3 s and 40 MB in processes that never speak to it.
# ruff: noqa: PLC0415

QUEUE_WORKERS = ("trace_dispatcher", "trace_worker", "trace_sink")
QUEUE_WATCHERS = ("trace_web",)


def clock() -> Clock:
    return SystemClock()


def queue(config: Config) -> Queue:
    if config.queue_driver is QueueDriver.SQS:
        return _sqs(config)
    config.require("queue_dsn")
    return pgqueue.PostgresQueue(config.queue_dsn, max_receives=config.queue_max_receives, pool_size=config.database_pool_size)


def prepare_queue(config: Config) -> None:
    """Tables and rights of the queue database, with the owner's role. SQS needs none: Terraform made its queues."""
    if config.queue_driver is QueueDriver.POSTGRES:
        pgqueue.lay_out(config.queue_dsn, workers=QUEUE_WORKERS, watchers=QUEUE_WATCHERS)


def object_store(config: Config, *, bucket: str) -> ObjectStore:
    from apps.platform.drivers.aws import Access
    from apps.platform.drivers.s3 import S3Store

    access = Access(config.aws_region, config.s3_endpoint, config.s3_access_key, config.s3_secret_key)
    return S3Store(access.s3(), bucket=bucket)


def minter(config: Config) -> CredentialMinter:
    """Raises NotBuilt where there is no role whose sessions tasks could get."""
    if not config.s3_role_arn:
        raise NotBuilt("Tasks get no keys to the object store here: set TRACE_S3_ROLE_ARN to the role whose sessions they get.")
    from apps.platform.drivers.aws import Access
    from apps.platform.drivers.sts import StsMinter

    # The embedded store is its own STS; where there is none of its own, it is AWS's.
    access = Access(config.aws_region, config.s3_endpoint, config.s3_access_key, config.s3_secret_key)
    return StsMinter(access.sts(), role_arn=config.s3_role_arn)


def rate_counter(config: Config) -> RateCounter:
    from apps.platform.drivers.rates_valkey import ValkeyRates

    return ValkeyRates(config.broker_url)


def secrets_manager(config: Config) -> SecretStore:
    """The `aws` secrets driver. The `database` one needs the ORM and lives in apps/vault, which chooses between them."""
    from apps.platform.drivers.aws import Access
    from apps.platform.drivers.secrets_manager import SecretsManager

    return SecretsManager(Access(config.aws_region, config.aws_endpoint).secrets_manager())


def containers(config: Config) -> Containers:
    if config.containers_driver is ContainersDriver.ECS:
        from apps.platform.drivers.aws import Access
        from apps.platform.drivers.ecs import EcsContainers, Placement

        return EcsContainers(Access(config.aws_region, config.aws_endpoint).ecs(), Placement.of(config))
    from apps.platform.drivers.processes import ProcessContainers

    config.require("worker_tokens")
    return ProcessContainers(port=config.process_host_port, token=config.worker_tokens[0])


def functions(config: Config) -> Functions:
    """Raises NotBuilt where nothing runs functions."""
    if config.functions_driver is FunctionsDriver.NONE:
        raise NotBuilt(
            "Nothing runs functions here: this version has no runner of its own. On AWS set TRACE_FUNCTIONS_DRIVER=lambda."
        )
    from apps.platform.drivers.aws import Access
    from apps.platform.drivers.lambda_aws import LambdaFunctions

    return LambdaFunctions(Access(config.aws_region, config.aws_endpoint).lambda_())


def signer(config: Config) -> Signer:
    if config.signing_driver is SigningDriver.KMS:
        return _kms(config)
    return local_signer(config)


def local_signer(config: Config) -> RotatingSigner:
    from apps.platform.drivers.signing_local import LocalSigner

    return LocalSigner(config.signing_key_dir, clock=clock())


def prepare_keys(config: Config) -> None:
    """The first keys of one machine. Elsewhere a missing key is an error: a new one would not open what the old one sealed."""
    if config.profile is not Profile.LAPTOP:
        return
    from apps.platform.drivers.signing_local import LocalSigner

    Keyring.ensure(config.vault_key_file)
    LocalSigner(config.signing_key_dir, clock=clock()).ensure()


def _sqs(config: Config) -> Queue:
    from apps.platform.drivers.aws import Access
    from apps.platform.drivers.sqs import SQSQueue

    client = Access(config.aws_region, config.aws_endpoint).sqs()
    create_missing = config.profile is Profile.LAPTOP
    return SQSQueue(client, prefix=config.queue_prefix, max_receives=config.queue_max_receives, create_missing=create_missing)


def _kms(config: Config) -> Signer:
    from apps.platform.drivers.aws import Access
    from apps.platform.drivers.signing_kms import KmsSigner

    return KmsSigner(Access(config.aws_region, config.aws_endpoint).kms(), key_ids=config.kms_key_ids)
