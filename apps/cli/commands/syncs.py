"""`trace syncs`: how the streams of chain_sync stand, and to hold them back."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Sequence

from apps.cli.declaring import JSON, Command, argument
from apps.cli.exits import PLAIN_EXITS, Exit, Misused
from apps.cli.lists import write_list
from apps.cli.rendering import plain
from apps.cli.session import Session
from apps.cli.told import Json

_VERBS = ("pause", "resume")
_EVERY_SECONDS = 2.0
_HEAD = ("STREAM", "STATE", "NEXT BLOCK", "UP TO", "HEAD", "DONE", "IN FLIGHT", "FAILED", "BLOCKS/S", "TIME LEFT")
_UNITS = ((86_400, "d"), (3600, "h"), (60, "min"), (1, "s"))


def run(session: Session, options: Namespace) -> Exit:
    words: list[str] = options.words
    if len(words) == 3 and words[0] in _VERBS:
        if options.watch:
            raise Misused(
                "There is nothing to watch of a pause: leave out --watch.", hint=f"`trace syncs {words[1]} --watch` follows."
            )
        return _show(session, session.runs.hold_sync(*words), as_json=options.json)
    if len(words) != 1:
        raise Misused("Name a DAG, or say `pause DAG STREAM` or `resume DAG STREAM`.", hint="`trace syncs --help`")
    if options.watch:
        if options.json:
            raise Misused("--watch is for people: ask again with --json as often as you want to know.")
        return _watch(session, words[0])
    return _show(session, session.runs.syncs(words[0]), as_json=options.json)


def _show(session: Session, streams: Sequence[Json], *, as_json: bool) -> Exit:
    write_list(session, _HEAD, [_row(one) for one in streams], told=streams, as_json=as_json)
    if not streams:
        session.tell("It has no stream that is active: streams are the chain_sync entrypoints of the active version.")
    for one in streams if not as_json else ():
        if one["reason"]:
            session.tell(f"{one['name']}: {one['reason']}")
    return Exit.PROBLEMS if any(one["state"] == "stalled" for one in streams) else Exit.FINE


def _watch(session: Session, dag: str) -> Exit:
    """Until all of them are done; one that follows its chain never is, and Ctrl-C ends it."""
    said: dict[str, str] = {}
    try:
        while True:
            streams = session.runs.syncs(dag)
            for one in streams:
                words = _words(one)
                if said.get(one["name"]) != words:
                    said[one["name"]] = words
                    session.say(words)
            if all(one["state"] == "done" for one in streams):
                return _show(session, streams, as_json=False)
            session.outside.sleep(_EVERY_SECONDS)
    except KeyboardInterrupt:
        session.tell("")
        return Exit.FINE


def _words(one: Json) -> str:
    blocks = one["blocks"]
    to_do = "unknown" if blocks["to_plan"] is None else f"{blocks['to_plan']:,}"
    reason = f": {one['reason']}" if one["reason"] else ""
    return plain(
        f"{one['name']}  {one['state']}  {blocks['done']:,} done, {blocks['in_flight']:,} in flight, {blocks['failed']:,} failed,"
        f" {to_do} to do{reason}"
    )


def _row(one: Json) -> tuple[object, ...]:
    ranges, head = one["ranges"], one["head"]
    name = f"{one['name']} (version {one['building']})" if one["building"] else one["name"]
    return (
        name, one["state"], one["cursor"], one["target"], head["number"] if head else None, ranges["done"], ranges["in_flight"],
        ranges["failed"], f"{one['blocks_per_second']:,.1f}", _left(one["eta_seconds"]),
    )  # fmt: skip


def _left(seconds: int | None) -> str | None:
    if seconds is None:
        return None
    size, unit = next((one for one in _UNITS if seconds >= one[0]), _UNITS[-1])
    return f"{round(seconds / size):,} {unit}"


COMMAND = Command(
    "syncs", "say how the streams of a DAG's chain_sync entrypoints stand; one that is stalled is a failure", run,
    (
        argument("words", nargs="+", metavar="[pause|resume] DAG [STREAM]", help="a DAG; or what to do with a stream of it, or with all of an entrypoint"),
        argument("--watch", action="store_true", help="say what changes until all of them are done"),
        JSON,
    ),
    exits=(Exit.FINE, Exit.PROBLEMS, *PLAIN_EXITS[1:]),
)  # fmt: skip
