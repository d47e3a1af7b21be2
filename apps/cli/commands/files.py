from __future__ import annotations

import json
from argparse import Namespace
from pathlib import Path
from urllib.parse import quote

from apps.cli.declaring import JSON, Command, argument
from apps.cli.exits import Exit, Misused
from apps.cli.ranges import read_range
from apps.cli.session import Session
from apps.cli.told import Json


def run(session: Session, options: Namespace) -> Exit:
    if options.to and options.json:
        raise Misused("Files are written, or listed as JSON: leave out --to or --json.")
    blocks = read_range(options.range)
    query = {"start": str(blocks[0]), "end": str(blocks[1])} if blocks else {}
    told = session.datasets.files(options.dataset, query | ({"partition": options.partition} if options.partition else {}))
    if options.json:
        session.say(json.dumps(told, indent=2, ensure_ascii=False))
    elif options.to:
        _write(session, told, Path(options.to))
    else:
        for _, file in _files(told):
            session.say(file["url"])
    return Exit.FINE


# A key may be any text: quoted, none of them leaves the folder.
def _write(session: Session, told: Json, folder: Path) -> None:
    from apps.cli.downloading import download  # noqa: PLC0415  it brings httpx, and --help is not to wait for that

    files, written = _files(told), 0
    for partition, file in files:
        written += download(file, folder / quote(f"{partition}_{file['name']}", safe=" +,=@"))
    session.say(f"{len(files)} files in {folder}, {written} of them new")


def _files(told: Json) -> list[tuple[str, Json]]:
    return [(piece["partition"], file) for piece in told["partitions"] for file in piece["files"]]


COMMAND = Command(
    "files", "list or fetch the Parquet files of a dataset", run,
    (
        argument("dataset", metavar="DATASET", help="name of a dataset whose partitions are files"),
        argument("--range", metavar="A-B", help="only what holds some of these blocks"),
        argument("--partition", metavar="KEY", help="only this one"),
        argument("--to", metavar="DIR", help="write them there; what is there already and the same stays"),
        JSON,
    ),
)  # fmt: skip
