"""Webhooks: a delivery becomes a task once it is known who sent it. Bodies are never written to a log."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from apps.dispatch import services as dispatch
from apps.dispatch.models import LiveJob
from apps.dispatch.services import Started
from apps.orgs import rates
from apps.orgs.models import Org
from apps.platform.config import Config
from apps.platform.errors import Conflict, NotFound, UserError
from apps.runs.signatures import Signature
from apps.vault.domain import Namespace
from apps.vault.signatures import is_signed
from operators.sdk.catalogue import catalogue

HARDEST_BYTES = 1_048_576


class TooLarge(UserError):
    status = 413
    code = "too_large"


class NotSigned(UserError):
    status = 401
    code = "bad_signature"


@dataclass(frozen=True)
class Call:
    """`body`: at most one byte more than the hardest limit, so that what is too long can be told."""

    path: str
    body: bytes
    signature: Signature
    delivery_id: str
    address: str


def take_delivery(org: Org | None, call: Call, *, config: Config, now: datetime) -> Started:
    """The job whose secret it was signed with. Who signs with none is told the same of every path."""
    jobs = list(_listening(org, call.path)) if org else []
    if not org or not jobs:
        raise NotFound("Nothing listens at this address.", code="unknown_hook")
    call.signature.check_age(now)
    # Each look at a signature reads a secret.
    rates.count_knock(org, call.address)
    for job, secret in jobs:
        if is_signed(org, secret, call.signature.message(call.body), call.signature.digest, config=config):
            # Not before: whoever can only knock does not use up what is meant for those that may come in.
            rates.count_hook(org)
            return _take(job, call, now=now)
    raise NotSigned("The signature is not one that a secret of this hook makes of the time and the body.")


def _listening(org: Org, path: str) -> Iterator[tuple[LiveJob, str]]:
    """Uses index live_job_hook. A job that declares no secret of the org's cannot know its callers, so it is closed."""
    for job in LiveJob.objects.filter(org=org, webhook_path=path, job__isnull=False).select_related("job").order_by("pk"):
        names = (job.job.spec.get("secrets") or [""]) if job.job else [""]
        namespace, _, name = str(names[0]).rpartition("/")
        if name and namespace in {"", Namespace.USER}:
            yield job, name


def _take(job: LiveJob, call: Call, *, now: datetime) -> Started:
    limit = min(_max_bytes(job), HARDEST_BYTES)
    if len(call.body) > limit:
        raise TooLarge(f"The body is longer than the {limit:,} bytes that this hook takes.")
    if job.job is None:
        raise Conflict("The hook has just been switched off.", code="job_not_active")
    return dispatch.take_call(
        job, delivery_id=call.delivery_id, signature=call.signature.digest, body=call.body, now=now
    )  # fmt: skip


def _max_bytes(job: LiveJob) -> int:
    """As its config says; of an operator that says nothing of it, the most there is."""
    assert job.job  # noqa: S101  the caller looked
    declared = catalogue().operators.get(job.job.operator)
    config = declared.config.model_validate(job.job.spec.get("config") or {}) if declared else None
    return int(getattr(config, "max_bytes", HARDEST_BYTES))
