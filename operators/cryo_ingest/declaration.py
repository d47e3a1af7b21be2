from __future__ import annotations

from operators.cryo_ingest.config import CryoIngestConfig
from operators.sdk.declaration import Declaration, Output, Resources
from operators.sdk.words import Activation, FieldType, Runtime, Storage, Strategy

DECLARATION = Declaration(
    name="cryo_ingest",
    version="1.0",
    summary="Fetches a historical range of blocks with cryo, as Parquet: the same range and config make the same files.",
    activations=frozenset({Activation.REACTIVE}),
    strategies=frozenset({Strategy.PER_PARTITION}),
    runtimes=frozenset({Runtime.ECS_PLATFORM}),
    config=CryoIngestConfig,
    # Which columns there are follows from the dataset that the config names.
    outputs=(Output("dataset", "One partition per range, under cryo's names.", Storage.S3, is_origin=True),),
    where={"chain_id": FieldType.INTEGER},
    resources=Resources(cpu_millis=2000, memory_mb=4096, timeout_seconds=3600),
    examples=(
        {"chain_id": 1, "rpc_pool": "standard", "cryo_dataset_name": "blocks"},
        {
            "chain_id": 1,
            "rpc_pool": "archive",
            "cryo_dataset_name": "transactions",
            "exclude_columns": ["value_f64"],
            "hex": True,
        },
        {
            "chain_id": 1,
            "rpc_pool": "archive",
            "cryo_dataset_name": "logs",
            "chunk_size": 2000,
            "subjects": {"addresses": ["0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48"]},
            "compression": {"codec": "zstd", "level": 9},
        },
    ),
    implementation="operators.cryo_ingest.operator:CryoIngest",
)
