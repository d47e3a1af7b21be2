"""Keys to the object store for an attempt: to write to its own places, which are composed here of what it is, never of what it
says; and to read what was pinned for it.
"""

from __future__ import annotations

from datetime import datetime
from functools import cache
from uuid import UUID

from django.conf import settings

from apps.dispatch.capabilities import Capability
from apps.dispatch.services.facts import facts
from apps.dispatch.services.fences import held
from apps.dispatch.services.reading import prefixes_read
from apps.platform import wiring
from apps.platform.config import Config
from apps.platform.contracts.storing import CredentialsAnswer, CredentialsRequest, WantedPartition
from apps.platform.errors import Forbidden, Invalid
from apps.platform.layout import AttemptPlace, scratch_prefix
from apps.platform.ports.minting import LONGEST_SECONDS, SHORTEST_SECONDS, CredentialMinter
from apps.platform.session_policy import PrefixRefused
from operators.sdk.words import Storage


@cache
def minter() -> CredentialMinter:
    """One per process: it holds connections."""
    return wiring.minter(settings.CONFIG)


def mint_credentials(asked: CredentialsRequest, capability: Capability, *, now: datetime) -> CredentialsAnswer:
    """Raises StaleFence and Canceled, Forbidden and Invalid. The store is asked after the fence, and outside of any transaction:
    keys of an attempt that was overtaken meanwhile open nothing but its own places, which nobody commits, and what it might read.
    """
    version_job_id = held(asked).version_job_id
    config: Config = settings.CONFIG
    prefixes = [f"s3://{config.data_bucket}/{_place(one, capability, version_job_id).prefix}" for one in asked.partitions]
    scratch = None
    if asked.scratch:
        scratch = f"s3://{config.scratch_bucket}/{scratch_prefix(capability.org_id, capability.task_id, capability.attempt)}"
    read = [f"s3://{config.data_bucket}/{one}" for one in prefixes_read(asked, version_job_id)]
    try:
        minted = minter().mint(
            read=read, write=[*prefixes, *([scratch] if scratch else ())], seconds=_seconds(capability, now),
            session=f"{capability.task_id}-{capability.attempt}",
        )  # fmt: skip
    except PrefixRefused as refusal:
        raise Invalid(f"No keys are made for this: {refusal}.", code="too_many_at_once") from refusal
    return CredentialsAnswer(
        endpoint=config.s3_endpoint, region=config.aws_region, access_key_id=minted.access_key_id,
        secret_access_key=minted.secret_access_key, session_token=minted.session_token, expires_at=minted.expires_at,
        prefixes=prefixes, scratch=scratch,
    )  # fmt: skip


def _place(wanted: WantedPartition, capability: Capability, version_job_id: UUID) -> AttemptPlace:
    known = facts(version_job_id)
    outputs = {output: dataset for dataset, output in capability.outputs.items()}
    if wanted.output not in outputs:
        raise Forbidden(f"{wanted.output} is no output of this task.", code="foreign_output")
    if not known["is_trusted"]:
        raise Forbidden("Code of users publishes by way of the platform, and gets keys to its scratch only.", code="untrusted")
    name, storage, _ = known["slots"][wanted.output]
    if storage != Storage.S3:
        raise Invalid(
            f"Output {wanted.output} ({name}) is not kept in the object store; publish it with `storage: s3`, or only emit its events.",
            code="not_stored_here",
        )
    dataset_id, version_id = outputs[wanted.output]
    return AttemptPlace(capability.org_id, dataset_id, version_id, wanted.key, capability.task_id, capability.attempt)


def _seconds(capability: Capability, now: datetime) -> int:
    """No longer than the attempt itself may speak, as far as the store can make it so short."""
    return min(max(int(capability.expires_at - now.timestamp()), SHORTEST_SECONDS), LONGEST_SECONDS)
