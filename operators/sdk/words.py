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


class SourceKind(StrEnum):
    CRON = "cron"
    WEBHOOK = "webhook"
    MANUAL = "manual"
    ALWAYS_ON = "always_on"


class Storage(StrEnum):
    POSTGRES = "postgres"
    S3 = "s3"


class Trust(StrEnum):
    """An untrusted operator runs what users wrote: in `lambda` only, without secrets, reading through the query service."""

    TRUSTED = "trusted"
    UNTRUSTED = "untrusted"


class Bundle(StrEnum):
    """Whether a job of the operator names a bundle of user code."""

    NONE = "none"
    OPTIONAL = "optional"
    REQUIRED = "required"


class FieldType(StrEnum):
    """Of a value in `where`. `uint256` takes a whole number of any size, or its decimal digits as text."""

    TEXT = "text"
    INTEGER = "integer"
    BOOLEAN = "boolean"
    UINT256 = "uint256"


class ColumnType(StrEnum):
    """Of a column. The unsigned ones hold what a chain counts; `uint256` is exact, as 32 bytes in a file and NUMERIC in a table."""

    TEXT = "text"
    INTEGER = "integer"
    UINT32 = "uint32"
    UINT64 = "uint64"
    UINT256 = "uint256"
    DOUBLE = "double"
    BOOLEAN = "boolean"
    BYTES = "bytes"
    TIMESTAMP = "timestamp"
    DATE = "date"
    JSON = "json"
