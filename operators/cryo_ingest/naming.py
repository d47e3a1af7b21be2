"""How cryo names files, and which blocks each of them holds."""

from __future__ import annotations

from operators.cryo_ingest.config import CryoIngestConfig
from operators.sdk.errors import ConfigurationError, InputError
from operators.sdk.task import Range

MOST_FILES = 256
# Of a height: what its column holds, and cryo with it.
LAST_BLOCK = 2**32 - 2
_NETWORKS = {
    1: "ethereum", 5: "goerli", 10: "optimism", 56: "bnb", 69: "optimism_kovan", 100: "gnosis", 137: "polygon", 420: "optimism_goerli",
    1101: "polygon_zkevm", 1442: "polygon_zkevm_testnet", 8453: "base", 10200: "gnosis_chidao", 17000: "holesky", 42161: "arbitrum",
    42170: "arbitrum_nova", 43114: "avalanche", 80001: "polygon_mumbai", 84531: "base_goerli", 7777777: "zora", 11155111: "sepolia",
}  # fmt: skip


def network_of(chain_id: int) -> str:
    return _NETWORKS.get(chain_id, f"network_{chain_id}")


def file_name(config: CryoIngestConfig, chunk: Range) -> str:
    return f"{network_of(config.chain_id)}__{config.cryo_dataset_name}__{chunk.start:08d}_to_{chunk.end:08d}.parquet"


def chunks_of(within: Range, chunk_size: int) -> list[Range]:
    """A file for each. Raises ConfigurationError for too many, InputError for a height that no column holds."""
    if within.end > LAST_BLOCK:
        raise InputError(
            f"{within.key} goes beyond block {LAST_BLOCK:,}, the last that cryo's files can hold; ask for lower blocks."
        )
    blocks = within.end - within.start + 1
    count = -(-blocks // chunk_size)
    if count > MOST_FILES:
        raise ConfigurationError(
            f"{within.key} are {blocks:,} blocks, {count:,} files with a chunk_size of {chunk_size:,}, and a range may have {MOST_FILES}:"
            f" set chunk_size to {-(-blocks // MOST_FILES):,} or more, or split the range before it comes here."
        )
    return [Range(start, min(start + chunk_size - 1, within.end)) for start in range(within.start, within.end + 1, chunk_size)]
