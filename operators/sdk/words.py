"""The words in which an operator says where and how it can run. A DAG uses the same."""

from __future__ import annotations

from enum import StrEnum


class Activation(StrEnum):
    """What makes a job run: itself, or what arrives."""

    SOURCE = "source"
    REACTIVE = "reactive"


class Runtime(StrEnum):
    LAMBDA = "lambda"
    ECS_PLATFORM = "ecs_platform"
    DISPATCHER = "dispatcher"


class Strategy(StrEnum):
    """How events become tasks: each one, one per partition key, or all that wait as one."""

    PER_UPDATE = "PerUpdate"
    PER_PARTITION = "PerPartition"
    BULK = "Bulk"


class UpdateStrategy(StrEnum):
    APPEND = "append"
    REPLACE = "replace"


class Reason(StrEnum):
    """Why what an output said does not hold any more. A task never says `manual`: that is a person's."""

    REORG = "reorg"
    CORRECTION = "correction"
    SCHEMA_CHANGE = "schema_change"
    MANUAL = "manual"


class SourceKind(StrEnum):
    CRON = "cron"
    WEBHOOK = "webhook"
    MANUAL = "manual"
    ALWAYS_ON = "always_on"


class Storage(StrEnum):
    POSTGRES = "postgres"
    S3 = "s3"


class Keeping(StrEnum):
    """What becomes of an output's rows: partitions of files; batches that a sink writes into its table; its table, which the
    task writes itself; or nothing, where it has events alone.
    """

    PARTITIONS = "partitions"
    BUFFERED = "buffered"
    DIRECT = "direct"
    NOTHING = "nothing"


class Trust(StrEnum):
    """An untrusted operator runs what users wrote: in `lambda` only, without secrets, reading through the query service."""

    TRUSTED = "trusted"
    UNTRUSTED = "untrusted"


class Bundle(StrEnum):
    """Whether a job of the operator names a bundle of user code."""

    NONE = "none"
    OPTIONAL = "optional"
    REQUIRED = "required"


class Derivation(StrEnum):
    """What a column's values are to those that they come from. `indirect`: they decide which rows there are, or in what order."""

    IDENTITY = "identity"
    TRANSFORMATION = "transformation"
    AGGREGATION = "aggregation"
    INDIRECT = "indirect"


class FieldType(StrEnum):
    """Of a value in `where`. `uint256` takes a whole number of any size, or its decimal digits as text."""

    TEXT = "text"
    INTEGER = "integer"
    BOOLEAN = "boolean"
    UINT256 = "uint256"


class ColumnType(StrEnum):
    """What the values of a column are. `uint256` and `int256` are kept exact; `bytes`, `address` and `hash` as binary."""

    TEXT = "text"
    BOOLEAN = "boolean"
    INT32 = "int32"
    INT64 = "int64"
    UINT32 = "uint32"
    UINT64 = "uint64"
    UINT256 = "uint256"
    INT256 = "int256"
    FLOAT64 = "float64"
    DECIMAL = "decimal"
    TIMESTAMP = "timestamp"
    DATE = "date"
    BYTES = "bytes"
    ADDRESS = "address"
    HASH = "hash"
    JSON = "json"
    UUID = "uuid"
