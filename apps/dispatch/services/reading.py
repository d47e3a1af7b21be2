"""What an attempt may read: the files of what was pinned for it, and where keys open them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from uuid import UUID

from django.conf import settings
from django.db.models import QuerySet

from apps.datasets.models import Partition
from apps.datasets.selectors import names_of
from apps.dispatch.models import Pin
from apps.dispatch.services.facts import facts
from apps.dispatch.services.fences import held
from apps.pii import selectors as pii
from apps.platform.contracts.parts import Fenced
from apps.platform.contracts.reading import (
    MOST_FILES_LISTED,
    MOST_LISTED,
    InputsAnswer,
    InputsRequest,
    PinnedFile,
    PinnedPartition,
)
from apps.platform.contracts.storing import CredentialsRequest
from apps.platform.errors import Forbidden, Invalid
from apps.platform.layout import version_prefix

# The policy of a session is bounded in length, and names each prefix twice: so many fit whatever their keys look like.
_MOST_PREFIXES = 3


def list_inputs(asked: InputsRequest) -> InputsAnswer:
    """A page. Raises StaleFence and Canceled, Forbidden and Invalid."""
    _refuse_untrusted(held(asked).version_job_id)
    pins = _pins(asked, asked.input)
    if asked.after is not None:
        pins = pins.filter(pk__gt=asked.after)
    page = list(pins.order_by("pk")[: MOST_LISTED + 1])
    listed = list(_listed(page))
    # One more than a page was looked for: whether there is another.
    return InputsAnswer(partitions=listed, next=listed[-1].pin if listed and len(listed) < len(page) else None)


def _listed(page: Sequence[Pin]) -> Iterator[PinnedPartition]:
    """As many as an answer bears; the first in any case."""
    found = Partition.objects.in_bulk([pin.partition_id for pin in page])
    _refuse_personal({pin.version_id for pin in page})
    left = MOST_FILES_LISTED
    for number, pin in enumerate(page[:MOST_LISTED]):
        if (piece := found.get(pin.partition_id)) is None:
            raise Invalid(
                f"Partition {pin.key} was purged since it was pinned; retry the task, and it reads what is there then.",
                code="pin_purged",
            )
        left -= len(piece.files)
        if number and left < 0:
            return
        yield _told(pin, piece)


def _told(pin: Pin, piece: Partition) -> PinnedPartition:
    return PinnedPartition(
        pin=pin.pk, dataset_version=pin.version_id, key=pin.key, number=pin.number, start=pin.range_start, end=pin.range_end,
        rows=pin.rows, size_bytes=pin.size_bytes, prefix=f"s3://{settings.CONFIG.data_bucket}/{piece.prefix}",
        manifest_sha256=piece.manifest_sha256, key_min=piece.key_min, key_max=piece.key_max,
        files=[PinnedFile.model_validate(file) for file in piece.files],
    )  # fmt: skip


def prefixes_read(asked: CredentialsRequest, version_job_id: UUID) -> list[str]:
    """Below which an attempt may read: the pinned folders alone while they are few, else all of the version that they are of
    (docs/decisions/0034). Raises Forbidden and Invalid.
    """
    if (wanted := asked.reads) is None:
        return []
    _refuse_untrusted(version_job_id)
    pins = _pins(asked, wanted.input).filter(version_id=wanted.dataset_version)
    ids = list(pins.values_list("partition_id", flat=True)[: _MOST_PREFIXES + 1])
    pieces = list(Partition.objects.filter(pk__in=[one for one in ids if one]).select_related("version__output"))
    if not pieces:
        raise Invalid(
            f"Nothing of version {wanted.dataset_version} is pinned for input {wanted.input}; read what the order names.",
            code="not_pinned",
        )
    _refuse_personal({wanted.dataset_version})
    # Not by the pieces: one that was purged would make many look like few.
    if len(ids) <= _MOST_PREFIXES:
        return [piece.prefix for piece in pieces]
    output = pieces[0].version.output
    return [version_prefix(output.org_id, output.pk, wanted.dataset_version)]


def _pins(asked: Fenced, number: int) -> QuerySet[Pin]:
    return Pin.objects.of(asked.task_id).filter(attempt=asked.attempt, input=number)


def _refuse_untrusted(version_job_id: UUID) -> None:
    if not facts(version_job_id)["is_trusted"]:
        raise Forbidden("Code of users reads by way of the query service, and gets no keys to what is stored.", code="untrusted")


def _refuse_personal(version_ids: set[UUID]) -> None:
    """Also for a job with a grant: a file shows all of its columns, and nobody would know which of them were read."""
    for org, names in names_of(version_ids):
        if marked := sorted(names & set(pii.classified_datasets(org))):
            raise Forbidden(
                f"{marked[0]} has columns with personal data, and is not handed out as files; read it by a query, which masks"
                " them or asks for a grant.",
                code="pii_input",
            )
