from __future__ import annotations

import json
from typing import Any

from operators.sdk.errors import ConfigurationError, InputError
from operators.sdk.pointer import value_at
from operators.sdk.task import Event, Range, TaskContext
from operators.trigger_webhook.config import TriggerWebhookConfig


class TriggerWebhook:
    def run(self, task: TaskContext[TriggerWebhookConfig]) -> None:
        if task.fired is None or task.fired.request is None:
            raise ConfigurationError("No call started this task; give the job a source of kind webhook.")
        request = task.fired.request
        body = _read(request.body, task.config)
        data = {"delivery_id": request.id, "received_at": task.fired.at.isoformat(), "body": body}
        task.emit(Event(0, range=_range_in(body, task.config), data=data))


def _read(body: bytes, config: TriggerWebhookConfig) -> Any:
    if len(body) > config.max_bytes:
        raise InputError(f"The body has {len(body)} bytes, more than the {config.max_bytes} that max_bytes allows; send less.")
    try:
        text = body.decode()
        return json.loads(text) if config.body == "json" else text
    except (ValueError, RecursionError):
        raise InputError(
            f"The body cannot be read as {config.body} in UTF-8; send that, or set `body` in the job's config."
        ) from None


def _range_in(body: Any, config: TriggerWebhookConfig) -> Range | None:
    if config.range_start is None or config.range_end is None:
        return None
    start, end = _block_at(body, config.range_start), _block_at(body, config.range_end)
    if start > end:
        raise InputError(f"The range {start}-{end} ends before it starts; send the lower block at {config.range_start}.")
    return Range(start, end)


def _block_at(body: Any, pointer: str) -> int:
    block = value_at(body, pointer)
    if type(block) is not int or not 0 <= block < 2**63:  # a boolean is an int as well
        raise InputError(f"At {pointer} there is no block number; send a whole number from 0.")
    return block
