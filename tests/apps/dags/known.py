"""What the documents of these tests find around them: the operators that are installed, and an org with a few things."""

from __future__ import annotations

from dataclasses import replace

from apps.chains.domain import KnownPool
from apps.dags.document.surroundings import KnownDataset, Surroundings
from operators.sdk.catalogue import catalogue
from operators.sdk.words import FieldType

DAG = "example"
DATASETS = (
    KnownDataset("ethereum_prices", ("prices",), where={"symbol": FieldType.TEXT}),
    KnownDataset("address_labels", ("labels",), where={"chain_id": FieldType.INTEGER, "label_type": FieldType.TEXT}),
    KnownDataset("alert_events", ("alerts",), multi_writer=True, where={"severity": FieldType.TEXT}),
    KnownDataset("hot_blocks", where={"chain_id": FieldType.INTEGER}),
    KnownDataset("balances", where={"amount": FieldType.UINT256, "is_contract": FieldType.BOOLEAN}),
)
BUNDLES = frozenset({"scores"})
POOLS = (
    KnownPool("standard", "evm", 1), KnownPool("archive", "evm", 1), KnownPool("monad", "evm", 143), KnownPool("beacon", "beacon", 1),
    KnownPool("retired", "evm", 1, is_enabled=False),
)  # fmt: skip
# Of a document that may have any name.
ANYWHERE = Surroundings(
    catalogue().operators, {dataset.name: dataset for dataset in DATASETS}, BUNDLES, pools={pool.name: pool for pool in POOLS}
)
KNOWN = replace(ANYWHERE, dag=DAG)
