from __future__ import annotations

from operators.address_labels.config import AddressLabelsConfig
from operators.sdk.declaration import Column, Declaration, Output, Resources
from operators.sdk.words import Activation, ColumnType, FieldType, Runtime, SourceKind, Storage

LABELS = (
    Column("address", ColumnType.ADDRESS, "The address."),
    Column("chain_id", ColumnType.UINT64, "The chain that it holds on; none: on every one.", nullable=True),
    Column("label_type", ColumnType.TEXT, "Its kind, such as `cex`."),
    Column("label_ref", ColumnType.UUID, "Id of the label. Its text is personal data and is kept apart."),
    Column("visibility", ColumnType.TEXT, "`private`, `org` or `role:` and a role."),
    Column("updated_at", ColumnType.TIMESTAMP, "When the label was last changed."),
)

DECLARATION = Declaration(
    name="address_labels",
    version="1.0",
    summary="Publishes the labels that people gave to addresses as a dataset to join with; their text stays apart.",
    activations=frozenset({Activation.SOURCE}),
    source_kinds=frozenset({SourceKind.MANUAL}),
    runtimes=frozenset({Runtime.LAMBDA}),
    config=AddressLabelsConfig,
    outputs=(Output("labels", "A row per label.", Storage.POSTGRES, LABELS),),
    where={"chain_id": FieldType.INTEGER, "label_type": FieldType.TEXT, "address": FieldType.TEXT},
    resources=Resources(cpu_millis=250, memory_mb=256, timeout_seconds=300),
    examples=(
        {},
        {"visibility": "org", "label_types": ["cex", "bridge"]},
        {"visibility": "role:compliance", "chain_ids": [1, 143]},
    ),
)
