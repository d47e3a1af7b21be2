"""What each validator did in one epoch."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from operators.validator_stats.beacon import Beacon, Validator
from operators.validator_stats.config import ValidatorStatsConfig


@dataclass
class _Epoch:
    """By the index of the validator; None where nobody asked."""

    proposals: Counter[int] | None = None
    missed_proposals: Counter[int] | None = None
    missed_attestations: Counter[int] | None = None
    rewards: Counter[int] | None = None
    proposers: Mapping[int, int] = field(default_factory=dict)


def rows_of(beacon: Beacon, epoch: int, config: ValidatorStatsConfig) -> list[dict[str, Any]]:
    """A row for each validator that the chain knew in the last slot of the epoch."""
    last_slot = (epoch + 1) * beacon.slots_per_epoch - 1
    found = _asked(beacon, epoch, config)
    return [_row(one, epoch, config, found) for one in beacon.validators(last_slot, config.validators)]


def _asked(beacon: Beacon, epoch: int, config: ValidatorStatsConfig) -> _Epoch:
    found = _Epoch()
    wanted: set[str] = set(config.figures)
    found.proposers = beacon.proposers(epoch)
    if "duties" in wanted:
        found.proposals = Counter(found.proposers.values())
    if "misses" in wanted:
        found.missed_proposals = Counter(who for slot, who in found.proposers.items() if not beacon.has_block(slot))
    if wanted & {"misses", "rewards"}:
        _attested(beacon, epoch, config.validators, found, wanted)
    if found.rewards is not None:
        _proposed(beacon, config.validators, found, found.rewards)
    return found


def _attested(beacon: Beacon, epoch: int, indexes: Sequence[int], found: _Epoch, wanted: set[str]) -> None:
    missed, rewards = Counter[int](), Counter[int]()
    for index, parts in beacon.attestation_rewards(epoch, indexes):
        # Late, it is paid less; what never came costs for source and for target, also where the chain pays nobody.
        missed[index] += int(parts["source"] < 0 and parts["target"] < 0)
        rewards[index] += sum(parts.values())
    found.missed_attestations = missed if "misses" in wanted else None
    found.rewards = rewards if "rewards" in wanted else None


def _proposed(beacon: Beacon, indexes: Sequence[int], found: _Epoch, rewards: Counter[int]) -> None:
    for slot, who in found.proposers.items():
        if (reward := beacon.block_reward(slot)) is None:
            continue
        rewards[who] += reward
        for index, paid in beacon.sync_rewards(slot, indexes):
            rewards[index] += paid


def _row(one: Validator, epoch: int, config: ValidatorStatsConfig, found: _Epoch) -> dict[str, Any]:
    due = int(one.attests_in(epoch))
    return {
        "chain_id": config.chain_id, "epoch": epoch, "validator_index": one.index, "status": one.status,
        "effective_balance_gwei": one.effective_balance, "slashed": one.slashed,
        "attestations_due": due if "duties" in config.figures else None,
        "attestations_missed": _of(found.missed_attestations, one.index),
        "proposals_due": _of(found.proposals, one.index), "proposals_missed": _of(found.missed_proposals, one.index),
        "reward_gwei": _of(found.rewards, one.index),
    }  # fmt: skip


def _of(counted: Counter[int] | None, index: int) -> int | None:
    return None if counted is None else counted[index]
