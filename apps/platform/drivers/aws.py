"""What every AWS driver shares: how a client is made, and how its errors are told apart."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config as ClientConfig
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    CredentialRetrievalError,
    HTTPClientError,
    IncompleteReadError,
    MetadataRetrievalError,
)
from botocore.exceptions import ConnectionError as NoConnection

from apps.platform.errors import Permanent, Transient

if TYPE_CHECKING:
    from mypy_boto3_ecs import ECSClient
    from mypy_boto3_kms import KMSClient
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sts import STSClient

MAY_PASS = frozenset(
    {"Throttling", "ThrottlingException", "RequestLimitExceeded", "SlowDown", "RequestTimeout", "TooManyRequestsException",
     "RequestThrottled", "InternalError", "ServiceUnavailable", "KMSInternalException", "DependencyTimeoutException",
     "ConditionalRequestConflict"}
)  # fmt: skip
# Cut answers, and credentials of the machine that are not to be had just now.
_MAY_PASS_HERE = (NoConnection, HTTPClientError, IncompleteReadError, CredentialRetrievalError, MetadataRetrievalError)


@dataclass(frozen=True)
class Access:
    """Where an API is and who asks; without keys it is the ambient AWS identity (instance, task or environment)."""

    region: str
    endpoint: str = ""
    access_key: str = ""
    secret_key: str = ""
    session_token: str = ""

    def s3(self) -> S3Client:
        return self._session().client("s3", endpoint_url=self.endpoint or None, config=_settings(s3=True))

    def sqs(self) -> SQSClient:
        return self._session().client("sqs", endpoint_url=self.endpoint or None, config=_settings())

    def sts(self) -> STSClient:
        return self._session().client("sts", endpoint_url=self.endpoint or None, config=_settings())

    def secrets_manager(self) -> SecretsManagerClient:
        return self._session().client("secretsmanager", endpoint_url=self.endpoint or None, config=_settings())

    def kms(self) -> KMSClient:
        return self._session().client("kms", endpoint_url=self.endpoint or None, config=_settings())

    def ecs(self) -> ECSClient:
        return self._session().client("ecs", endpoint_url=self.endpoint or None, config=_settings())

    def lambda_(self) -> LambdaClient:
        return self._session().client("lambda", endpoint_url=self.endpoint or None, config=_settings())

    def _session(self) -> boto3.Session:
        return boto3.Session(self.access_key or None, self.secret_key or None, self.session_token or None, self.region)


def _settings(*, s3: bool = False) -> ClientConfig:
    # Longer than the longest poll of SQS (20 s), or every quiet wait would look like a dead server.
    common = ClientConfig(
        retries={"mode": "standard", "total_max_attempts": 3}, connect_timeout=3, read_timeout=30, max_pool_connections=32
    )
    if not s3:
        return common
    return common.merge(ClientConfig(signature_version="s3v4", s3={"addressing_style": "path"}))


def code_of(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))


def status_of(error: ClientError) -> int:
    return int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))


@contextmanager
def translated(what: str, *, may_pass: Collection[str] = ()) -> Iterator[None]:
    """Vendor errors become Transient or Permanent. A driver catches first what its port has a name for; `may_pass` are codes of
    this call that are gone in a moment, beside those of every one.
    """
    try:
        yield
    except ClientError as error:
        passes = status_of(error) == 429 or status_of(error) >= 500 or code_of(error) in {*MAY_PASS, *may_pass}
        raise (Transient if passes else Permanent)(f"{what}: {error}") from error
    except _MAY_PASS_HERE as error:
        raise Transient(f"{what}: {error}") from error
    except BotoCoreError as error:
        raise Permanent(f"{what}: {error}") from error
