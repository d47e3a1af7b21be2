"""The process that reads one query: `{sql, tables}` comes in, `{columns, reason}` goes out, within its share of time and memory."""

from __future__ import annotations

import json
import resource
import sys

from apps.lineage.domain import MOST_CPU_SECONDS, MOST_MEMORY_MB


def main() -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (MOST_CPU_SECONDS, MOST_CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY_MB * 2**20,) * 2)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # Only within those bounds.
    from apps.lineage.columns.parsed import parse_query  # noqa: PLC0415

    asked = json.load(sys.stdin)
    parsed = parse_query(asked["sql"], asked["tables"])
    json.dump({"columns": list(parsed.columns.items()), "reason": parsed.reason}, sys.stdout)


if __name__ == "__main__":
    main()
