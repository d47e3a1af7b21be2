"""The function port over AWS Lambda."""

from __future__ import annotations

from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from apps.platform.drivers.aws import code_of, translated
from apps.platform.errors import Transient
from apps.platform.json import Json
from apps.platform.ports.functions import encode

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

# Being made or changed, or its network not there yet: all 4xx, and gone in a moment.
_MAY_PASS = frozenset(
    {"ResourceConflictException", "ResourceNotReadyException", "ENILimitReachedException", "EC2ThrottledException",
     "SubnetIPAddressLimitReachedException", "EFSMountConnectivityException", "KMSDisabledException"}
)  # fmt: skip


class LambdaFunctions:
    def __init__(self, client: LambdaClient) -> None:
        self._client = client

    def invoke_event(self, name: str, payload: Json) -> str:
        body = encode(payload)
        with translated(f"calling the function {name}"):
            try:
                answer = self._client.invoke(FunctionName=name, InvocationType="Event", Payload=body)
            except ClientError as error:
                if code_of(error) in _MAY_PASS:
                    raise Transient(f"calling the function {name}: {error}") from error
                raise
        return answer["ResponseMetadata"]["RequestId"]
