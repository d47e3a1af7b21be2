"""What is published is there, is written by one DAG, and lies where it can."""

from __future__ import annotations

from collections.abc import Iterator

from apps.dags.document.codes import Code
from apps.dags.document.facts import Facts
from apps.dags.document.problems import Complaint, Path
from apps.dags.document.rules.columns import known_column
from apps.dags.document.rules.references import job_output
from apps.dags.document.shape import JobOutput, Publish
from operators.sdk.declaration import Output
from operators.sdk.words import Storage, Trust


def a_dataset_is_made_of_outputs_that_are_there(facts: Facts) -> Iterator[Complaint]:
    for at, name, publish in facts.published():
        if publish.from_ is None and publish.union is None:
            message = f"`{name}` is published `from` an output, or as a `union` of two."
            yield Complaint(Code.MISSING_KEY, message, (*at, "from"), "Write `from: { job: name, output: 0 }`, for one.")
        elif publish.from_ and publish.union:
            message = f"`{name}` is published `from` an output or as a `union`, not as both."
            yield Complaint(Code.UNKNOWN_KEY, message, (*at, "union"), "Remove one of the two.", key=True)
        for key, source in _sources(publish):
            yield from job_output(facts, source.job, source.output, (*at, *key))


def an_output_is_one_dataset(facts: Facts) -> Iterator[Complaint]:
    seen: dict[tuple[str, int], str] = {}
    for at, name, publish in facts.published():
        if not (source := publish.from_):
            continue
        key = (source.job, source.output)
        if key in seen:
            message = f"Output {source.output} of `{source.job}` is published as `{seen[key]}` already."
            yield Complaint(Code.OUTPUT_PUBLISHED_TWICE, message, (*at, "from"), "Remove one of the two names.")
        seen.setdefault(key, name)


def a_dataset_has_one_producer(facts: Facts) -> Iterator[Complaint]:
    me = facts.parsed.raw.get("name")
    for at, name, publish in facts.published():
        known = facts.known.datasets.get(name)
        others = [dag for dag in known.producers if dag != me] if known else []
        if not known or not others or (known.multi_writer and publish.multi_writer):
            continue
        hint = "Choose another name, or remove it from that DAG first."
        if known.multi_writer:
            hint = "It may have several writers: write `multi_writer: true` here as well."
        yield Complaint(Code.DATASET_TAKEN, f"`{name}` is published by the DAG `{others[0]}`.", at, hint, key=True)


def a_dataset_lies_where_its_output_does(facts: Facts) -> Iterator[Complaint]:
    for at, name, publish in facts.published():
        output = _declared(facts, publish.from_)
        if publish.union or output is None:
            continue
        if output.storage is None and not publish.storage:
            message = f"Nothing says where `{name}` lies."
            yield Complaint(Code.MISSING_KEY, message, (*at, "storage"), "Write `storage: s3` or `storage: postgres`.")
        if output.storage and publish.storage not in {None, output.storage} and not output.either_storage:
            message = f"`{name}` lies in `{output.storage}`: that is where its operator writes."
            yield Complaint(Code.WRONG_STORAGE, message, (*at, "storage"), f"Write `storage: {output.storage}`, or leave it out.")


def something_is_there_to_publish(facts: Facts) -> Iterator[Complaint]:
    """A trigger's output is a wake-up: no rows, no files."""
    for at, name, publish in facts.published():
        producer = facts.producers.get(publish.from_.job) if publish.from_ else None
        operator = facts.known.operators.get(producer.operator) if producer and producer.operator else None
        output = operator.output(publish.from_.output) if operator and publish.from_ else None
        if operator and output and output.storage is None and operator.trust is Trust.TRUSTED and not operator.max_outputs:
            message = f"`{operator.name}` emits events and no data: there is nothing to publish as `{name}`."
            yield Complaint(Code.NOTHING_TO_PUBLISH, message, (*at, "from"), "Publish the output of a job that reads it.")


def a_buffered_dataset_has_a_schema(facts: Facts) -> Iterator[Complaint]:
    for at, name, publish in facts.published():
        storage = publish.storage or _storage(facts, publish)
        if publish.write_mode == "buffered" and not publish.schema_:
            hint = "Write `schema: { columns: [{ name: id, type: text }], unique: [id] }`, for one."
            yield Complaint(
                Code.SCHEMA_NEEDED, f"`{name}` is buffered, and its rows are checked against a schema.", (*at, "schema"), hint
            )
        if publish.schema_ and publish.write_mode != "buffered":
            message = "A schema is for buffered datasets: elsewhere the operator says what its columns are."
            yield Complaint(
                Code.SCHEMA_NOT_BUFFERED, message, (*at, "schema"), "Remove it, or write `write_mode: buffered`.", key=True
            )
        if publish.multi_writer and publish.write_mode != "buffered":
            message = "Only a buffered dataset may have several writers: the sink brings them into one."
            yield Complaint(Code.WRITE_MODE, message, (*at, "multi_writer"), "Write `write_mode: buffered`.", key=True)
        if publish.write_mode and storage is Storage.S3:
            message = f"`write_mode` is for `postgres`; `{name}` lies in `s3`."
            output = _declared(facts, publish.from_)
            hint = "Remove it, or write `storage: postgres`." if output and output.either_storage else "Remove it."
            yield Complaint(Code.WRITE_MODE, message, (*at, "write_mode"), hint, key=True)
        if _writes_a_table_itself(facts, publish, storage):
            message = "User code never writes tables itself."
            yield Complaint(Code.WRITE_MODE, message, (*at, "write_mode"), "Write `write_mode: buffered` with a `schema`.")


def a_union_joins_two_halves(facts: Facts) -> Iterator[Complaint]:
    for at, _, publish in facts.published():
        if not publish.union:
            continue
        for half, wanted in (("cold", Storage.S3), ("hot", Storage.POSTGRES)):
            output = _declared(facts, getattr(publish.union, half))
            if output and output.storage not in {None, wanted} and not output.either_storage:
                message = f"The {half} half of a union lies in `{wanted}`; this one lies in `{output.storage}`."
                yield Complaint(
                    Code.BAD_UNION, message, (*at, "union", half), "Cold is what was compacted, hot is the table at the tip."
                )
            columns = [column.name for column in facts.columns(getattr(publish.union, half))]
            if columns:
                yield from known_column(publish.union.key, columns, (*at, "union", "key"))
        for key in ("storage", "write_mode", "schema", "multi_writer"):
            if getattr(publish, {"schema": "schema_"}.get(key, key)) is not None:
                message = f"A union is read over what is there: `{key}` says nothing about it."
                yield Complaint(Code.BAD_UNION, message, (*at, key), "Remove it.", key=True)


def a_range_goes_forward(facts: Facts) -> Iterator[Complaint]:
    for place, entrypoint in enumerate(facts.parsed.entrypoints):
        if entrypoint and entrypoint.mode.kind == "fixed_target" and entrypoint.mode.from_block >= entrypoint.mode.to_block:
            message = "The range is empty: `to_block` is the block before which to stop."
            hint = f"Write {entrypoint.mode.from_block + 1} or more, or a smaller `from_block`."
            yield Complaint(Code.BAD_RANGE, message, ("entrypoints", place, "mode", "to_block"), hint)


def _sources(publish: Publish) -> Iterator[tuple[Path, JobOutput]]:
    if publish.from_:
        yield ("from",), publish.from_
    if publish.union:
        yield ("union", "cold"), publish.union.cold
        yield ("union", "hot"), publish.union.hot


def _declared(facts: Facts, source: JobOutput | None) -> Output | None:
    """None where another rule has said what is wrong, and for an output that user code makes."""
    producer = facts.producers.get(source.job) if source else None
    operator = facts.known.operators.get(producer.operator) if producer and producer.operator else None
    if (
        source is None
        or operator is None
        or (operator.outputs and operator.outputs[0].storage is None and not operator.max_outputs)
    ):
        return None
    return operator.output(source.output)


def _storage(facts: Facts, publish: Publish) -> Storage | None:
    output = _declared(facts, publish.from_)
    return output.storage if output else None


def _writes_a_table_itself(facts: Facts, publish: Publish, storage: str | None) -> bool:
    """Without a word it is buffered where the operator declares the columns: only of what a user makes up nobody knows them."""
    if not publish.from_ or storage is not Storage.POSTGRES or _is_trusted(facts, publish.from_):
        return False
    return publish.write_mode == "direct" or (publish.write_mode is None and not facts.columns(publish.from_))


def _is_trusted(facts: Facts, source: JobOutput | None) -> bool:
    producer = facts.producers.get(source.job) if source else None
    operator = facts.known.operators.get(producer.operator) if producer and producer.operator else None
    return operator is None or operator.trust is Trust.TRUSTED
