from __future__ import annotations

from typing import Any

from rest_framework import serializers

from apps.chains.domain import HIGHEST_CHAIN, HIGHEST_DEPTH, LIMITS, LONGEST_DESCRIPTION, LONGEST_HEADER, LONGEST_URL
from apps.platform.contracts.rpc import Circuit, PoolKind

_KINDS = [kind.value for kind in PoolKind]
_SINCE = "Since the gateway started."


def _number(field: str, **given: Any) -> Any:
    least, most = LIMITS[field]
    kind = serializers.FloatField if field in {"requests_per_second", "timeout_seconds"} else serializers.IntegerField
    return kind(min_value=least, max_value=most, **given)


class KnownPoolSerializer(serializers.Serializer[object]):
    name = serializers.CharField()
    kind = serializers.ChoiceField(_KINDS)
    chain_id = serializers.IntegerField()
    description = serializers.CharField()
    is_enabled = serializers.BooleanField(help_text="A job can name one that is switched off, and not be activated with it.")


class PoolSpecSerializer(serializers.Serializer[object]):
    kind = serializers.ChoiceField(_KINDS, default=PoolKind.EVM.value, help_text="What its providers speak.")
    chain_id = serializers.IntegerField(min_value=1, max_value=HIGHEST_CHAIN, help_text="1 is Ethereum, 143 Monad.")
    description = serializers.CharField(max_length=LONGEST_DESCRIPTION, allow_blank=True, default="")
    finality_depth = serializers.IntegerField(
        min_value=0, max_value=HIGHEST_DEPTH, default=64,
        help_text="Blocks below the head that nothing changes any more, where no provider says `finalized`.",
    )  # fmt: skip
    most_head_lag = serializers.IntegerField(
        min_value=0, max_value=HIGHEST_DEPTH, default=8,
        help_text="A provider that many blocks behind the best is asked only when no other is left.",
    )  # fmt: skip
    is_enabled = serializers.BooleanField(default=True, help_text="Off: no task gets a way to it.")


class ProviderSpecSerializer(serializers.Serializer[object]):
    url = serializers.CharField(
        max_length=LONGEST_URL,
        help_text="With `{key}` where the key belongs, such as `https://rpc.example.com/v2/{key}`. One that seems to hold a key is refused.",
    )
    ws_url = serializers.CharField(
        max_length=LONGEST_URL, allow_blank=True, default="", help_text="Where it announces heads; empty: it does not."
    )
    header = serializers.CharField(
        max_length=LONGEST_HEADER, allow_blank=True, default="", help_text="Send the key as this header, as it is."
    )
    secret = serializers.CharField(
        max_length=63,
        allow_blank=True,
        default="",
        help_text="Name of the platform secret of the org `platform` that holds the key.",
    )
    weight = _number("weight", default=100, help_text="How much of the traffic it takes beside the others.")
    requests_per_second = _number("requests_per_second", default=None, allow_null=True, help_text="null: as many as it takes.")
    most_concurrent = _number("most_concurrent", default=64, help_text="Requests in flight at once.")
    most_batch = _number("most_batch", default=100, help_text="Calls of one batch; larger ones are split.")
    timeout_seconds = _number("timeout_seconds", default=10)
    has_archive = serializers.BooleanField(default=False, help_text="It keeps the state of every block.")
    has_traces = serializers.BooleanField(default=False, help_text="It answers `trace_*`.")
    has_debug = serializers.BooleanField(default=False, help_text="It answers `debug_trace*`.")
    is_enabled = serializers.BooleanField(default=True)


class ProviderSerializer(ProviderSpecSerializer):
    name = serializers.CharField()
    changed_at = serializers.DateTimeField()


class PoolSerializer(PoolSpecSerializer):
    name = serializers.CharField()
    changed_at = serializers.DateTimeField()
    providers = ProviderSerializer(many=True)


class ProviderHealthSerializer(serializers.Serializer[object]):
    name = serializers.CharField()
    circuit = serializers.ChoiceField([one.value for one in Circuit], help_text="`open`: not asked for a while, after failures.")
    score = serializers.FloatField()
    head = serializers.IntegerField(allow_null=True)
    head_lag = serializers.IntegerField(allow_null=True, help_text="Blocks behind the best of the pool.")
    head_age_seconds = serializers.FloatField(allow_null=True)
    finalized = serializers.IntegerField(allow_null=True)
    latency_p50_ms = serializers.FloatField(allow_null=True)
    latency_p95_ms = serializers.FloatField(allow_null=True)
    error_rate = serializers.FloatField()
    requests = serializers.IntegerField(help_text=_SINCE)
    errors = serializers.IntegerField(help_text=_SINCE)  # type: ignore[assignment]  # so it is called in the answer
    rate_limited = serializers.IntegerField(help_text=_SINCE)
    in_flight = serializers.IntegerField()
    client_version = serializers.CharField()
    can = serializers.ListField(child=serializers.CharField(), help_text="What it was found to answer.")
    problem = serializers.CharField(help_text="Why it is not used, or is the last choice; empty when it is well.")


class CallerSerializer(serializers.Serializer[object]):
    org_id = serializers.UUIDField(allow_null=True)
    dag = serializers.CharField()
    job = serializers.CharField()
    requests = serializers.IntegerField()
    errors = serializers.IntegerField()  # type: ignore[assignment]  # so it is called in the answer
    last_at = serializers.DateTimeField()


class PoolHealthSerializer(serializers.Serializer[object]):
    name = serializers.CharField()
    kind = serializers.ChoiceField(_KINDS)
    chain_id = serializers.IntegerField()
    head = serializers.IntegerField(allow_null=True)
    head_hash = serializers.CharField(allow_null=True)
    head_seen_at = serializers.DateTimeField(allow_null=True)
    finalized = serializers.IntegerField(allow_null=True)
    cache_hits = serializers.IntegerField()
    cache_misses = serializers.IntegerField()
    hedged = serializers.IntegerField()
    callers = CallerSerializer(many=True, help_text="Jobs that asked last.")
    providers = ProviderHealthSerializer(many=True)


class GatewayStatusSerializer(serializers.Serializer[object]):
    started_at = serializers.DateTimeField()
    revision = serializers.CharField(help_text="Of the pools that the gateway works with; it changes with anything in them.")
    pools = PoolHealthSerializer(many=True)
