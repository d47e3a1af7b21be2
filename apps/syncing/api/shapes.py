"""The shapes of streams in the API. Blocks are decimal strings, as all numbers of chains are."""

from __future__ import annotations

from collections.abc import Sequence

from rest_framework import serializers

from apps.syncing.domain import StreamState
from apps.syncing.selectors import Standing


class HeadSerializer(serializers.Serializer[object]):
    number = serializers.CharField(help_text="The newest block that the gateway told of; it may go backwards.")
    hash = serializers.CharField()
    seen_at = serializers.DateTimeField(help_text="When a provider was heard to say so.")


class StreamSerializer(serializers.Serializer[object]):
    name = serializers.CharField(help_text="`{entrypoint}_{dataset_key}`, which is the name of its job.")
    entrypoint = serializers.CharField()
    building = serializers.IntegerField(allow_null=True, help_text="Of a version that is being built: its number.")
    chain_id = serializers.IntegerField()
    pool = serializers.CharField()
    dataset = serializers.CharField(help_text="What cryo calls it.")
    mode = serializers.ChoiceField(["fixed_target", "follow_head"])
    state = serializers.ChoiceField([one.value for one in StreamState])
    reason = serializers.CharField(help_text="Why it is as it is, in words; empty where there is nothing to say.")
    paused = serializers.BooleanField()
    from_block = serializers.CharField()
    cursor = serializers.CharField(help_text="The next block to plan.")
    target = serializers.CharField(
        allow_null=True, help_text="The block before which it stops today; null while the head is unknown."
    )
    head = HeadSerializer(allow_null=True, help_text="Of one that follows the head; null before it was seen.")
    lag = serializers.IntegerField(allow_null=True, help_text="Blocks of the chain that are not planned yet.")
    chunk_size = serializers.IntegerField()
    max_inflight = serializers.IntegerField()
    ranges = serializers.DictField(child=serializers.IntegerField(), help_text="How many are planned, done, failed, in_flight.")
    blocks = serializers.DictField(
        child=serializers.IntegerField(allow_null=True), help_text="How many are done, failed, in_flight, to_plan."
    )
    rows = serializers.IntegerField(help_text="Of all that is done.")
    tasks = serializers.IntegerField(help_text="Tasks of it that are alive now.")
    blocks_per_second = serializers.FloatField(help_text="Over the last five minutes.")
    rows_per_second = serializers.FloatField()
    eta_seconds = serializers.IntegerField(allow_null=True, help_text="At that rate; null where nobody can say.")


class SyncsSerializer(serializers.Serializer[object]):
    dag = serializers.CharField()
    streams = StreamSerializer(many=True)


def told_streams(found: Sequence[Standing]) -> list[dict[str, object]]:
    return [_told(one) for one in found]


def _told(one: Standing) -> dict[str, object]:
    stream, plan, rate = one.stream, one.plan, one.rate
    return {
        "name": stream.name, "entrypoint": plan.entrypoint, "building": one.building, "chain_id": plan.chain_id, "pool": plan.pool,
        "dataset": plan.cryo_dataset, "mode": "follow_head" if plan.follows else "fixed_target", "state": one.state.value,
        "reason": one.reason, "paused": one.is_paused, "from_block": str(plan.from_block), "cursor": str(stream.cursor),
        "target": None if stream.target is None else str(stream.target), "head": _told_head(one), "lag": one.lag,
        "chunk_size": plan.chunk_size, "max_inflight": plan.max_inflight,
        "ranges": {
            "planned": stream.ranges, "done": stream.ranges_done, "failed": stream.ranges_failed, "in_flight": one.ranges_in_flight,
        },
        "blocks": {
            "done": stream.blocks_done, "failed": stream.blocks_failed, "in_flight": one.blocks_in_flight, "to_plan": one.blocks_to_plan,
        },
        "rows": stream.rows_done, "tasks": one.tasks, "blocks_per_second": round(rate.blocks, 2), "rows_per_second": round(rate.rows, 2),
        "eta_seconds": one.eta_seconds,
    }  # fmt: skip


def _told_head(one: Standing) -> dict[str, object] | None:
    stream = one.stream
    if stream.head_number is None:
        return None
    return {"number": str(stream.head_number), "hash": stream.head_hash, "seen_at": stream.head_seen_at}
