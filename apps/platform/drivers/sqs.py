"""The queue port over SQS. Queues are made by Terraform, or at first use where the configuration allows it."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

import structlog
from botocore.exceptions import ClientError

from apps.platform.drivers.aws import code_of, translated
from apps.platform.errors import Permanent, Transient
from apps.platform.json import Json
from apps.platform.ports.queue import MAX_BODY_BYTES, ZERO, Depth, Message, check_delay, check_visibility, encode
from apps.platform.slices import slices

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import BatchResultErrorEntryTypeDef, MessageTypeDef

_BATCH = 10
_LONGEST_POLL_SECONDS = 20
_NO_QUEUE = frozenset({"AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist"})
# What SQS says of a receipt that a later delivery has replaced, or whose message is gone.
_STALE = frozenset(
    {"ReceiptHandleIsInvalid", "MessageNotInflight", "AWS.SimpleQueueService.MessageNotInflight", "InvalidParameterValue"}
)
log = structlog.get_logger("trace.queue")


class SQSQueue:
    def __init__(self, client: SQSClient, *, prefix: str, max_receives: int, create_missing: bool) -> None:
        self._client = client
        self._prefix = prefix
        self._max_receives = max_receives
        self._create_missing = create_missing
        self._urls: dict[str, str] = {}

    def publish(self, queue: str, payloads: Sequence[Json], *, delay: timedelta = ZERO) -> None:
        check_delay(delay)
        seconds = _seconds(delay)
        for bodies in _batches([encode(payload) for payload in payloads]):
            with translated(f"publishing to {queue}"):
                answer = self._client.send_message_batch(
                    QueueUrl=self._url(queue),
                    Entries=[{"Id": str(n), "MessageBody": body, "DelaySeconds": seconds} for n, body in enumerate(bodies)],
                )
            _raise_failures(f"publishing to {queue}", answer.get("Failed", []))

    def receive(self, queue: str, *, limit: int, visibility: timedelta, wait: timedelta = ZERO) -> list[Message]:
        check_visibility(visibility)
        deadline = time.monotonic() + wait.total_seconds()
        messages = self._take_first(queue, min(_BATCH, limit), visibility, deadline)
        asked = min(_BATCH, limit)
        # One call gives ten at most. A batch that is not full ends it: what is visible again already must not come twice.
        while len(messages) == asked < limit:
            more = min(_BATCH, limit - asked)
            messages += self._take(queue, more, visibility, ZERO)
            asked += more
        return messages

    def extend(self, message: Message, *, visibility: timedelta) -> bool:
        check_visibility(visibility)
        with translated(f"extending a message of {message.queue}"):
            try:
                self._client.change_message_visibility(
                    QueueUrl=self._url(message.queue), ReceiptHandle=message.receipt, VisibilityTimeout=_seconds(visibility)
                )
            except ClientError as error:
                if code_of(error) in _STALE:
                    return False
                raise
        return True

    def ack(self, messages: Sequence[Message]) -> None:
        for queue in sorted({message.queue for message in messages}):
            receipts = [message.receipt for message in messages if message.queue == queue]
            for some in slices(receipts, _BATCH):
                with translated(f"acknowledging messages of {queue}"):
                    answer = self._client.delete_message_batch(
                        QueueUrl=self._url(queue), Entries=[{"Id": str(n), "ReceiptHandle": r} for n, r in enumerate(some)]
                    )
                failed = [entry for entry in answer.get("Failed", []) if entry["Code"] not in _STALE]
                _raise_failures(f"acknowledging messages of {queue}", failed)

    def depth(self, queue: str) -> Depth:
        ready, in_flight, delayed = self._counts(queue)
        return Depth(ready, in_flight, delayed, dead=sum(self._counts(_dead(queue))))

    def close(self) -> None:
        self._client.close()

    def _take_first(self, queue: str, limit: int, visibility: timedelta, deadline: float) -> list[Message]:
        while True:
            left = max(0.0, deadline - time.monotonic())
            messages = self._take(queue, limit, visibility, timedelta(seconds=left))
            if messages or time.monotonic() >= deadline:
                return messages

    def _take(self, queue: str, limit: int, visibility: timedelta, wait: timedelta) -> list[Message]:
        with translated(f"receiving from {queue}"):
            answer = self._client.receive_message(
                QueueUrl=self._url(queue), MaxNumberOfMessages=limit, VisibilityTimeout=_seconds(visibility),
                WaitTimeSeconds=min(_LONGEST_POLL_SECONDS, _seconds(wait)), MessageSystemAttributeNames=["ApproximateReceiveCount"],
            )  # fmt: skip
        return [message for raw in answer.get("Messages", []) if (message := _message(queue, raw))]

    def _counts(self, queue: str) -> tuple[int, int, int]:
        with translated(f"counting {queue}"):
            found: Mapping[str, str] = self._client.get_queue_attributes(QueueUrl=self._url(queue), AttributeNames=["All"])[
                "Attributes"
            ]  # type: ignore[assignment]
        names = ("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible", "ApproximateNumberOfMessagesDelayed")
        ready, in_flight, delayed = (int(found.get(name, "0")) for name in names)
        return ready, in_flight, delayed

    def _url(self, queue: str) -> str:
        if queue not in self._urls:
            self._urls[queue] = self._find(queue)
        return self._urls[queue]

    def _find(self, queue: str) -> str:
        name = self._prefix + queue
        try:
            return self._client.get_queue_url(QueueName=name)["QueueUrl"]
        except ClientError as error:
            if code_of(error) not in _NO_QUEUE:
                raise
        if not self._create_missing:
            raise Permanent(f"there is no SQS queue {name}; apply the Terraform module, or correct TRACE_QUEUE_PREFIX")
        return self._create(queue)

    def _create(self, queue: str) -> str:
        if queue.endswith(_dead("")):
            return self._client.create_queue(QueueName=self._prefix + queue, Attributes={"MessageRetentionPeriod": "1209600"})[
                "QueueUrl"
            ]
        dead = self._client.get_queue_attributes(QueueUrl=self._url(_dead(queue)), AttributeNames=["QueueArn"])["Attributes"]
        redrive = json.dumps({"deadLetterTargetArn": dead["QueueArn"], "maxReceiveCount": str(self._max_receives)})
        return self._client.create_queue(QueueName=self._prefix + queue, Attributes={"RedrivePolicy": redrive})["QueueUrl"]


def _dead(queue: str) -> str:
    return f"{queue}-dead"


def _message(queue: str, raw: MessageTypeDef) -> Message | None:
    try:
        payload = json.loads(raw["Body"])
    except ValueError:
        # Not ours. Left where it is, the redrive policy takes it to the dead letters, where a person can look at it.
        log.warning("queue_message_is_not_json", queue=queue, message_id=raw["MessageId"])
        return None
    receives = int(raw.get("Attributes", {}).get("ApproximateReceiveCount", "1"))
    return Message(queue, raw["MessageId"], raw["ReceiptHandle"], payload, receives)


def _raise_failures(what: str, failed: Sequence[BatchResultErrorEntryTypeDef]) -> None:
    if failed:
        kind = Permanent if any(entry["SenderFault"] for entry in failed) else Transient
        raise kind(f"{what}: {len(failed)} refused, the first: {failed[0]['Code']} {failed[0].get('Message', '')}")


def _batches(bodies: Sequence[str]) -> Iterator[list[str]]:
    """Ten at most, and never more bytes together than one message may have: both are limits of one call."""
    batch: list[str] = []
    size = 0
    for body in bodies:
        length = len(body.encode())
        if batch and (len(batch) == _BATCH or size + length > MAX_BODY_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(body)
        size += length
    if batch:
        yield batch


def _seconds(duration: timedelta) -> int:
    return math.ceil(duration.total_seconds())
