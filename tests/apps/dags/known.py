"""What the documents of these tests find around them: the operators that are installed, and an org with a few things."""

from __future__ import annotations

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
# Of a document that may have any name.
ANYWHERE = Surroundings(catalogue().operators, {dataset.name: dataset for dataset in DATASETS}, BUNDLES)
KNOWN = Surroundings(ANYWHERE.operators, ANYWHERE.datasets, BUNDLES, dag=DAG)
