"""The function port over AWS Lambda."""

from __future__ import annotations

from typing import TYPE_CHECKING

from apps.platform.drivers.aws import translated
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
        with translated(f"calling the function {name}", may_pass=_MAY_PASS):
            answer = self._client.invoke(FunctionName=name, InvocationType="Event", Payload=body)
        return answer["ResponseMetadata"]["RequestId"]
