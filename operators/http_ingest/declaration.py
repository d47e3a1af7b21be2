from __future__ import annotations

from operators.http_ingest.config import HttpIngestConfig
from operators.sdk.declaration import Declaration, Output, Resources
from operators.sdk.words import Activation, Runtime, SourceKind, Storage

PRICES = [{"name": "symbol", "type": "text"}, {"name": "price", "type": "float64", "pointer": "/quote/usd"}]

DECLARATION = Declaration(
    name="http_ingest",
    version="1.0",
    summary="Fetches a feed from outside the chain, JSON or CSV, into a dataset.",
    # Data from outside enters at sources only, so that every run below it reads what was kept.
    activations=frozenset({Activation.SOURCE}),
    source_kinds=frozenset({SourceKind.CRON}),
    runtimes=frozenset({Runtime.ECS_PLATFORM}),
    config=HttpIngestConfig,
    # The columns are those of the config.
    outputs=(Output("records", "A row per record of the feed.", Storage.S3, either_storage=True, is_origin=True),),
    resources=Resources(cpu_millis=250, memory_mb=512, timeout_seconds=900),
    examples=(
        {"url": "https://feeds.example.com/prices", "columns": [{"name": "symbol", "type": "text"}]},
        {
            "url": "https://feeds.example.com/prices",
            "columns": PRICES,
            "records": "/data",
            "auth": {"secret": "PRICE_FEED_KEY", "header": "X-Api-Key", "scheme": "plain"},
        },
        {
            "url": "https://feeds.example.com/rates.csv",
            "format": "csv",
            "delimiter": ";",
            "columns": [{"name": "day", "type": "date", "header": "Date"}, {"name": "rate", "type": "float64", "nullable": True}],
        },
    ),
    implementation="operators.http_ingest.operator:HttpIngest",
)
