from __future__ import annotations

from operators.query.config import QueryConfig
from operators.sdk.declaration import Declaration, Output, Resources
from operators.sdk.words import Activation, Runtime, Storage, Strategy

DECLARATION = Declaration(
    name="query",
    version="1.0",
    summary="Makes a dataset, or a file to take away, from SQL over the datasets of the org.",
    activations=frozenset({Activation.REACTIVE}),
    strategies=frozenset(Strategy),
    runtimes=frozenset({Runtime.ECS_PLATFORM}),
    config=QueryConfig,
    # The columns are those of the SELECT.
    outputs=(Output("result", "What the query answers.", Storage.S3, either_storage=True),),
    resources=Resources(cpu_millis=2000, memory_mb=4096, timeout_seconds=1800),
    examples=(
        {"sql": "SELECT author, count(*) AS blocks FROM blocks GROUP BY author"},
        {
            "sql": "SELECT * FROM transactions WHERE to_address = $address AND value_f64 > $least",
            "parameters": {"address": "0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48", "least": 1e18},
        },
        {"sql": "SELECT * FROM daily_volumes ORDER BY day", "mode": "export", "format": "csv"},
    ),
)
