"""What may stand in a DAG: the keys, their types, their bounds. The JSON Schema for editors is generated from here."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Discriminator, Field, TypeAdapter, ValidationError

from operators.sdk.config import BlockNumber, ChainId, ColumnName, RpcPool
from operators.sdk.words import Activation, ColumnType, Runtime, Storage, Strategy, UpdateStrategy

# Reserved words are known here so that the rule can say why they are refused.
RESERVED_RUNTIMES = ("ecs_udf", "lambda_py", "lambda_rs")
# `/v1/dags/schema` and `/v1/dags/validate` are addresses of the API.
RESERVED_DAG_NAMES = frozenset({"schema", "validate"})
DAG_NAME_IN_WORDS = "lower-case letters, digits, `_` and `-`, a letter first, at most 63"
MOST_OUTPUTS = 64
MOST_JOBS = 5000
MOST_ENTRYPOINTS = 64

JobName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,62}$")]
DagName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,62}$")]
DatasetName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,127}$")]
SecretName = Annotated[str, Field(pattern=r"^((platform|user)/)?[A-Z][A-Z0-9_]{0,62}$")]
Duration = Annotated[str, Field(pattern=r"^[1-9][0-9]{0,6}(s|m|h|d)$", description="A number and `s`, `m`, `h` or `d`: `5m`.")]
Text = Annotated[str, Field(max_length=2000)]
# An enumeration takes its word: strictness is about the types of values that have one.
_Word = Field(strict=False)


class Part(BaseModel):
    """No key that is not named here, and no value made to fit."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, populate_by_name=True)


class Tuning(Part):
    max_attempts: int | None = Field(
        None, ge=1, le=100, description="Attempts before a task stays failed. Sources try without end."
    )
    timeout_seconds: int | None = Field(None, ge=1, le=86_100, description="Hard limit of one attempt, enforced by the platform.")
    heartbeat_timeout_seconds: int | None = Field(
        None, ge=5, le=3600, description="Silence after which an attempt counts as lost."
    )
    idle_timeout: Duration | None = Field(None, description="How long a running job may have nothing to do before it is stopped.")
    priority: Literal["low", "normal", "high"] | None = Field(None, description="Which waiting tasks are handed out first.")
    max_queue_depth: int | None = Field(
        None, ge=1, le=10_000_000, description="Waiting tasks above which upstream jobs are paused."
    )
    max_queue_age: Duration | None = Field(
        None, description="Age of the oldest waiting task above which upstream jobs are paused."
    )
    backpressure_mode: Literal["pause", "none"] | None = Field(
        None, description="Whether a queue that is too deep pauses what feeds it."
    )


class JobOutput(Part):
    job: JobName = Field(description="A job of this DAG, or `{entrypoint}_{dataset_key}` of a chain_sync stream.")
    output: int = Field(0, ge=0, lt=MOST_OUTPUTS, description="Which of its outputs, from 0.")


class From(Part):
    """Either a job's output or a dataset."""

    job: JobName | None = Field(None, description="A job of this DAG.")
    output: int | None = Field(None, ge=0, lt=MOST_OUTPUTS, description="Which of the job's outputs, from 0.")
    dataset: DatasetName | None = Field(None, description="A dataset of this org, published by any DAG.")


WhereValue = str | int | float | bool


class Input(Part):
    from_: From = Field(alias="from", description="Where it comes from: `{job, output}` or `{dataset}`.")
    where: dict[str, WhereValue | list[WhereValue]] | None = Field(
        None, description="Only what matches: a value (equal) or a list (one of); every key must match."
    )


class CronSource(Part):
    kind: Literal["cron"]
    schedule: str = Field(max_length=200, description="Five-field cron, `rate(5 minutes)` or `cron(...)`, in UTC.")


class WebhookSource(Part):
    kind: Literal["webhook"]
    path: str = Field(
        pattern=r"^[a-z0-9][a-z0-9_-]*(/[a-z0-9][a-z0-9_-]*)*$",
        max_length=200,
        description="Below `/hooks/{org}/`: `deploys/main`.",
    )


class ManualSource(Part):
    kind: Literal["manual"]


class AlwaysOnSource(Part):
    kind: Literal["always_on"]


Source = Annotated[CronSource | WebhookSource | ManualSource | AlwaysOnSource, Discriminator("kind")]


class Bootstrap(Part):
    reset_outputs: bool = Field(description="Empty the outputs once, when this version first becomes active.")


class Scaling(Part):
    mode: Literal["steady", "backfill"] = Field("steady", description="A profile of concurrency, not a priority.")
    max_concurrency: int | None = Field(None, ge=1, le=10_000, description="Tasks of this job at once.")


class TriggerTree(Part):
    """Over the numbers of the inputs, from 0."""

    all: list[int | TriggerTree] | None = Field(None, min_length=1, description="Every one of these must have arrived.")
    any: list[int | TriggerTree] | None = Field(None, min_length=1, description="One of these is enough.")
    timeout: Duration | None = Field(None, description="Fire with what is there after this time.")


class Udf(Part):
    bundle_id: str = Field(min_length=1, max_length=100, description="Id of an uploaded bundle.")
    entrypoint: str | None = Field(
        None, max_length=200, description="`module.function`; ignored for Rust custom-runtime bundles."
    )


class Job(Tuning):
    name: JobName = Field(description="Unique in the DAG; its identity over versions.")
    activation: Activation = Field(
        strict=False, description="`source` runs by itself, `reactive` when its inputs have something."
    )
    runtime: Runtime = Field(strict=False, description="Where its tasks run.")
    operator: str = Field(max_length=100, description="What it does: one of the installed operators.")
    outputs: int = Field(ge=1, le=MOST_OUTPUTS, description="How many outputs it has: `output[0..N-1]`.")
    inputs: list[Input] | None = Field(None, max_length=64, description="What a reactive job listens to.")
    execution_strategy: Strategy | None = Field(
        None, strict=False, description="A task per event, per partition key, or one for all that waits."
    )
    update_strategy: UpdateStrategy | None = Field(
        None, strict=False, description="Whether a task adds to its output or replaces its part of it."
    )
    unique_key: list[ColumnName] | None = Field(
        None, min_length=1, max_length=16, description="Columns that make a row the same row; with `append`."
    )
    trigger: Literal["any", "all"] | TriggerTree | None = Field(
        None, description="When several inputs must meet before a task is made."
    )
    source: Source | None = Field(None, description="What makes a source run.")
    bootstrap: Bootstrap | None = Field(None, description="What happens once, when this version first becomes active.")
    scaling: Scaling | None = Field(None, description="How much of it runs at once.")
    secrets: list[SecretName] | None = Field(
        None, max_length=32, description="Names of secrets that a trusted operator is given."
    )
    config: dict[str, Any] | None = Field(None, description="What the operator is told; its own schema says what.")
    udf: Udf | None = Field(None, description="The bundle of user code, for operators that run one.")
    task_definition: str | None = Field(
        None, max_length=200, description="ECS task definition to run in, instead of the shared workers."
    )
    validates: bool | None = Field(None, description="It must pass before a new version takes over.")


class PublishedColumn(Part):
    name: ColumnName
    type: ColumnType = Field(strict=False, description="What its values are.")
    nullable: bool = Field(False, description="Whether a value may be missing.")


class PublishSchema(Part):
    columns: list[PublishedColumn] = Field(min_length=1, max_length=1000)
    unique: list[ColumnName] | None = Field(
        None, min_length=1, max_length=16, description="Columns that make a row the same row."
    )
    indexes: list[Annotated[list[ColumnName], Field(min_length=1, max_length=16)]] | None = Field(
        None, max_length=16, description="Columns to look rows up by."
    )


class UnionOf(Part):
    cold: JobOutput = Field(description="Finalised Parquet.")
    hot: JobOutput = Field(description="The live table at the tip.")
    key: ColumnName = Field(description="The column at whose value one ends and the other begins.")


class Publish(Part):
    from_: JobOutput | None = Field(None, alias="from", description="The output to publish: `{job, output}`.")
    union: UnionOf | None = Field(None, description="Instead of `from`: one virtual dataset over cold and hot data.")
    storage: Storage | None = Field(None, strict=False, description="Where it lies, when the operator does not imply it.")
    write_mode: Literal["buffered", "direct"] | None = Field(
        None, description="Postgres only: through queue and sink, or by the operator itself."
    )
    schema_: PublishSchema | None = Field(None, alias="schema", description="Columns of a buffered dataset.")
    pii_columns: list[ColumnName] | None = Field(None, max_length=1000, description="Columns with personal data.")
    pii_policy: Literal["refuse", "mask"] | None = Field(None, description="What somebody without a PII grant meets.")
    description: Text | None = None
    column_descriptions: dict[str, Text] | None = None
    tags: list[Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_:.-]{0,62}$")]] | None = Field(None, max_length=32)
    multi_writer: bool | None = Field(None, description="Several DAGs may write it; buffered datasets only.")
    cadence: Duration | None = Field(
        None, description="How often it is expected to change; late once half as long again has passed."
    )
    visibility: Annotated[str, Field(pattern=r"^(private|org|role:[a-z][a-z0-9-]{1,38}[a-z0-9])$")] | None = Field(
        None, description="`org`, `private` or `role:<role>`."
    )
    path: Annotated[str, Field(pattern=r"^[A-Za-z0-9_./{}-]{1,200}$")] | None = Field(
        None, description="A further convention for its paths."
    )


class FixedTarget(Part):
    kind: Literal["fixed_target"]
    from_block: BlockNumber = Field(description="First block.")
    to_block: BlockNumber = Field(description="The block before which to stop.")


class FollowHead(Part):
    kind: Literal["follow_head"]
    from_block: BlockNumber = Field(description="First block.")
    tail_lag: int = Field(64, ge=0, le=1_000_000, description="Blocks to stay behind the head.")
    head_poll_interval_seconds: int = Field(5, ge=1, le=3600)
    max_head_age_seconds: int = Field(30, ge=1, le=86_400, description="A head older than this plans nothing.")


class Stream(Part):
    dataset_key: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,40}$")] = Field(
        description="The stream's job is `{entrypoint}_{dataset_key}`."
    )
    cryo_dataset_name: str = Field(max_length=60, description="What cryo calls it.")
    rpc_pool: RpcPool
    chunk_size: int = Field(1000, ge=1, le=1_000_000, description="Blocks of one partition.")
    max_inflight: int = Field(10, ge=1, le=1000, description="Ranges worked on at once.")


class Entrypoint(Part):
    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,40}$")]
    kind: Literal["chain_sync"]
    chain_id: ChainId
    mode: Annotated[FixedTarget | FollowHead, Discriminator("kind")]
    streams: list[Stream] = Field(min_length=1, max_length=64)


class Document(Part):
    """A DAG of Trace."""

    name: DagName = Field(description="Unique in the org.")
    description: Text | None = Field(None, description="What it is for.")
    defaults: Tuning | None = Field(None, description="Tuning of every job that does not say otherwise.")
    jobs: list[Job] = Field(default_factory=list, max_length=MOST_JOBS, description="What is done.")
    publish: dict[DatasetName, Publish] | None = Field(None, description="Which outputs are datasets, and by what name.")
    entrypoints: list[Entrypoint] | None = Field(
        None, max_length=MOST_ENTRYPOINTS, description="Chains to be synchronised range by range."
    )


_NAMES_OF_DAGS: TypeAdapter[str] = TypeAdapter(DagName)
_NAMES_OF_JOBS: TypeAdapter[str] = TypeAdapter(JobName)
_NAMES_OF_DATASETS: TypeAdapter[str] = TypeAdapter(DatasetName)


def is_dag_name(name: str) -> bool:
    return name not in RESERVED_DAG_NAMES and _fits(_NAMES_OF_DAGS, name)


def is_job_name(name: str) -> bool:
    return _fits(_NAMES_OF_JOBS, name)


def is_dataset_name(name: str) -> bool:
    return _fits(_NAMES_OF_DATASETS, name)


def _fits(names: TypeAdapter[str], name: str) -> bool:
    try:
        names.validate_python(name)
    except ValidationError:
        return False
    return True
