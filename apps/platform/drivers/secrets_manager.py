"""The secret store port over AWS Secrets Manager."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from apps.platform.drivers.aws import code_of, translated
from apps.platform.errors import Transient
from apps.platform.ports.secrets import SecretInfo, SecretMissing, check_writable

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

_MISSING = "ResourceNotFoundException"
_EXISTS = "ResourceExistsException"
# Writers that keep losing to others: someone rotates in a loop.
_TRIES = 20


class SecretsManager:
    def __init__(self, client: SecretsManagerClient) -> None:
        self._client = client

    def put(self, path: str, value: str) -> SecretInfo:
        check_writable(path, value)
        with translated(f"writing the secret {path}"):
            self._write(path, value)
            return _info(self._client.describe_secret(SecretId=path))

    def delete(self, path: str) -> None:
        with translated(f"deleting the secret {path}"):
            try:
                self._client.delete_secret(SecretId=path, ForceDeleteWithoutRecovery=True)
            except ClientError as error:
                if code_of(error) != _MISSING:
                    raise

    def list(self, prefix: str) -> list[SecretInfo]:
        with translated(f"listing the secrets below {prefix}"):
            pages = self._client.get_paginator("list_secrets").paginate(Filters=[{"Key": "name", "Values": [prefix]}])
            # The filter ignores case on some versions of the API; a path does not.
            found = [_info(entry) for page in pages for entry in page["SecretList"] if entry["Name"].startswith(prefix)]
        return sorted(found, key=lambda info: info.path)

    def reveal(self, path: str) -> str:
        with translated(f"reading the secret {path}"):
            try:
                return self._client.get_secret_value(SecretId=path)["SecretString"]
            except ClientError as error:
                # InvalidRequest: somebody deleted it by hand, with a recovery window.
                if code_of(error) in {_MISSING, "InvalidRequestException"}:
                    raise SecretMissing(path) from None
                raise

    def _write(self, path: str, value: str) -> None:
        """The version number is the request token, so two writers of the same number cannot both win."""
        version = self._next_version(path)
        for _ in range(_TRIES):
            try:
                return self._create_or_rotate(path, value, version)
            except ClientError as error:
                if code_of(error) != _EXISTS:
                    raise
                version += 1
        raise Transient(f"writing the secret {path}: others rotate it faster than this")

    def _create_or_rotate(self, path: str, value: str, version: int) -> None:
        token = f"{version:032d}"  # a request token has 32 to 64 characters
        if version == 1:
            self._client.create_secret(Name=path, SecretString=value, ClientRequestToken=token)
        else:
            self._client.put_secret_value(SecretId=path, SecretString=value, ClientRequestToken=token)

    def _next_version(self, path: str) -> int:
        try:
            return _info(self._client.describe_secret(SecretId=path)).version + 1
        except ClientError as error:
            if code_of(error) != _MISSING:
                raise
            return 1


def _info(entry: Any) -> SecretInfo:
    created: datetime = entry["CreatedDate"]
    stages: Mapping[str, object] = entry.get("VersionIdsToStages") or entry.get("SecretVersionsToStages") or {}
    # Somebody who makes or rotates one by hand leaves a version with a random name; ours count on beside it.
    version = max((int(name) for name in stages if name.isdigit()), default=1)
    return SecretInfo(entry["Name"], version, created, entry.get("LastChangedDate", created))
