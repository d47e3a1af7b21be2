"""The beacon API, as far as it tells what validators did. All its numbers are texts, in gwei, and a reward may be below zero."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from operators.sdk.errors import ConfigurationError, Retry
from operators.sdk.rpc import NodeError, Rpc, require_chain

# Of one question; a node that is asked of a million at once takes long and may give up.
AT_ONCE = 5_000
_UNKNOWN = 404


@dataclass(frozen=True)
class Validator:
    index: int
    status: str
    effective_balance: int
    slashed: bool
    activation_epoch: int
    exit_epoch: int

    def attests_in(self, epoch: int) -> bool:
        """2^64 - 1 is how the API writes "never": such an epoch never comes."""
        return self.activation_epoch <= epoch < self.exit_epoch


class Beacon:
    def __init__(self, rpc: Rpc, *, chain_id: int) -> None:
        self._rpc = rpc
        spec = self._ask("eth/v1/config/spec")["data"]
        found = spec.get("DEPOSIT_CHAIN_ID") or spec.get("DEPOSIT_NETWORK_ID")
        require_chain(rpc, int(found or 0), chain_id)
        self.slots_per_epoch = int(spec["SLOTS_PER_EPOCH"])

    def finalized_epoch(self) -> int:
        return int(self._ask("eth/v1/beacon/states/head/finality_checkpoints")["data"]["finalized"]["epoch"])

    def validators(self, slot: int, indexes: Sequence[int]) -> Iterator[Validator]:
        """As they were in that slot; without indexes all that are active."""
        path = f"eth/v1/beacon/states/{slot}/validators"
        if not indexes:
            yield from map(_validator, self._final(f"{path}?status=active")["data"])
        for some in _parts(indexes):
            yield from map(_validator, self._final(path, {"ids": some})["data"])

    def proposers(self, epoch: int) -> dict[int, int]:
        """Who had to propose, by slot."""
        said = self._final(f"eth/v1/validator/duties/proposer/{epoch}", lacks_finality=True)["data"]
        return {int(one["slot"]): int(one["validator_index"]) for one in said}

    def has_block(self, slot: int) -> bool:
        """Whether the chain has one there: of a slot that was missed nothing is known."""
        return self._of_slot(f"eth/v1/beacon/headers/{slot}") is not None

    def block_reward(self, slot: int) -> int | None:
        said = self._of_slot(f"eth/v1/beacon/rewards/blocks/{slot}")
        return None if said is None else int(said["data"]["total"])

    def sync_rewards(self, slot: int, indexes: Sequence[int]) -> Iterator[tuple[int, int]]:
        for some in _parts(indexes) if indexes else [[]]:
            said = self._of_slot(f"eth/v1/beacon/rewards/sync_committee/{slot}", some)
            yield from ((int(one["validator_index"]), int(one["reward"])) for one in (said or {"data": []})["data"])

    def attestation_rewards(self, epoch: int, indexes: Sequence[int]) -> Iterator[tuple[int, Mapping[str, int]]]:
        for some in _parts(indexes) if indexes else [[]]:
            said = self._final(f"eth/v1/beacon/rewards/attestations/{epoch}", some)["data"]["total_rewards"]
            for one in said:
                yield int(one["validator_index"]), {name: int(value) for name, value in one.items() if name != "validator_index"}

    def _of_slot(self, path: str, ask: Any = None) -> Any:
        """None of a slot without a block."""
        try:
            return _settled(self._rpc.get(path, ask=ask), path)
        except NodeError as error:
            if error.code == _UNKNOWN:
                return None
            raise self._refused(path, error) from error

    def _final(self, path: str, ask: Any = None, *, lacks_finality: bool = False) -> Any:
        return _settled(self._ask(path, ask), path, lacks_finality=lacks_finality)

    def _ask(self, path: str, ask: Any = None) -> Any:
        try:
            said = self._rpc.get(path, ask=ask)
        except NodeError as error:
            raise self._refused(path, error) from error
        if not isinstance(said, dict) or "data" not in said:
            raise Retry(f"The beacon node answers {path} with something else than it should.")
        return said

    def _refused(self, path: str, error: NodeError) -> Exception:
        if error.code == _UNKNOWN:
            return Retry(
                f"No beacon node of the pool {self._rpc.pool} knows {path.partition('?')[0]}: it may be behind, or have forgotten old states. "
                "For old epochs the pool needs a node that keeps all of them; ask platform staff."
            )
        return ConfigurationError(f"The beacon nodes of the pool {self._rpc.pool} refuse {path.partition('?')[0]}: {error}")


def _settled(said: Any, path: str, *, lacks_finality: bool = False) -> Any:
    """What may still change is not written down."""
    if said.get("execution_optimistic") is True:
        raise Retry(f"The beacon node has not checked the blocks of {path.partition('?')[0]} yet; it says that it is optimistic.")
    if said.get("finalized") is False and not lacks_finality:
        raise Retry(f"What the beacon node says at {path.partition('?')[0]} is not final yet.")
    return said


def _validator(said: Mapping[str, Any]) -> Validator:
    of = said["validator"]
    return Validator(
        int(said["index"]), str(said["status"]), int(of["effective_balance"]), bool(of["slashed"]), int(of["activation_epoch"]),
        int(of["exit_epoch"]),
    )  # fmt: skip


def _parts(indexes: Sequence[int]) -> Iterator[list[str]]:
    for at in range(0, len(indexes), AT_ONCE):
        yield [str(one) for one in indexes[at : at + AT_ONCE]]
