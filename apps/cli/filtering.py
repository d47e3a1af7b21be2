"""Which tasks are meant, as the lists of the pages and of the API are filtered."""

from __future__ import annotations

from argparse import Namespace

from apps.cli.declaring import argument

_NAMES = ("dag", "job", "status", "cause", "root", "version", "since", "until", "block")
FILTERS = (
    *(argument(f"--{name}", metavar=name.upper(), help=f"all tasks of this {name}") for name in ("dag", "job", "version")),
    argument(
        "--status",
        metavar="STATUS",
        help="queued, running, retrying, waiting (it is not time yet), completed, canceled, failed, or dead: failed for good",
    ),
    argument("--cause", metavar="CAUSE", help="what they were made by: event, cron, webhook, manual, source, rerun"),
    argument("--root", metavar="TASK", help="all tasks of the run that began with this one"),
    argument("--since", metavar="WHEN", help="made since that day or instant"),
    argument("--until", metavar="WHEN", help="made until that day or instant"),
    argument("--block", metavar="A-B", help="over any of these blocks"),
)


def filters_of(options: Namespace) -> dict[str, str]:
    return {name: value for name in _NAMES if (value := getattr(options, name))}
