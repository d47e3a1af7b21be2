"""The minting port over STS: SeaweedFS's on one machine, AWS's there, the same call."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from apps.platform.drivers.aws import translated
from apps.platform.ports.minting import Minted
from apps.platform.session_policy import session_policy

if TYPE_CHECKING:
    from mypy_boto3_sts import STSClient


class StsMinter:
    def __init__(self, client: STSClient, *, role_arn: str) -> None:
        self._client, self._role_arn = client, role_arn

    def mint(self, *, read: Sequence[str], write: Sequence[str], seconds: int, session: str) -> Minted:
        policy = session_policy(read=read, write=write)
        with translated(f"assuming {self._role_arn}"):
            keys = self._client.assume_role(
                RoleArn=self._role_arn, RoleSessionName=session, Policy=policy, DurationSeconds=seconds
            )["Credentials"]
        return Minted(keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"], keys["Expiration"])
