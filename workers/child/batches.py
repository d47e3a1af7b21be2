"""The buffer of a real task: batches go to the attempt's scratch, and the platform is told where they lie."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from operators.sdk.batching import Batches, Packed
from operators.sdk.errors import Retry
from operators.sdk.parquet_files import Place, write_bytes
from operators.sdk.storing import Slot
from workers.child.store import scratch_of
from workers.child.wire import Wire, granted


def batches_of(wire: Wire, slots: Mapping[int, Slot]) -> Batches:
    return Batches(slots, HandOver(wire, scratch_of(wire)))


@dataclass(frozen=True)
class HandOver:
    wire: Wire
    scratch: Place

    def __call__(self, batch: Packed) -> None:
        try:
            _, path = self.scratch()
            write_bytes(self.scratch, batch.name, batch.body)
        except OSError as error:
            raise Retry(f"The object store does not take the batch: {error}") from error
        self._publish(batch, f"s3://{path}{batch.name}")

    def _publish(self, batch: Packed, uri: str) -> None:
        said = {
            "output": batch.output, "batch_uri": uri, "content_type": batch.content_type,
            "batch_size_bytes": len(batch.body), "dedupe_scope": batch.scope,
        }  # fmt: skip
        granted(self.wire.ask({"batch": json.dumps(said)[1:-1]}), f"The platform takes no batch of output {batch.output}")
