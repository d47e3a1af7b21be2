"""Columns are called what they are called where they come from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence

from apps.dags.document.codes import Code
from apps.dags.document.facts import Facts
from apps.dags.document.problems import Complaint, Path, did_you_mean, listed
from apps.dags.document.shape import JobOutput, Publish, PublishSchema
from apps.platform import tables
from apps.platform.tables import RESERVED
from apps.tables.ddl.comparing import obstacles
from operators.sdk.declaration import Column


def columns_are_named_as_they_are(facts: Facts) -> Iterator[Complaint]:
    for at, _, publish in facts.published():
        if publish.schema_:
            yield from _schema(publish.schema_, (*at, "schema"))
        columns = _columns(facts, publish)
        if not columns:
            continue
        for place, column in enumerate(publish.pii_columns or []):
            yield from known_column(column, columns, (*at, "pii_columns", place))
        for column in publish.column_descriptions or {}:
            yield from known_column(column, columns, (*at, "column_descriptions", column), key=True)


def a_key_is_made_of_columns_that_are_there(facts: Facts) -> Iterator[Complaint]:
    for at, job in facts.jobs():
        each = [facts.columns(JobOutput(job=job.name, output=number)) for number in range(job.outputs)] if job.unique_key else []
        if all(each):
            names = sorted({column.name for columns in each for column in columns})
            for place, column in enumerate(job.unique_key or []):
                yield from known_column(column, names, (*at, "unique_key", place))


def a_schema_fits_what_is_written(facts: Facts) -> Iterator[Complaint]:
    for at, _, publish in facts.published():
        made = facts.columns(publish.from_) if publish.from_ else ()
        if publish.schema_ and made:
            yield from _fit(publish.schema_, made, (*at, "schema", "columns"))


def writers_of_one_dataset_agree(facts: Facts) -> Iterator[Complaint]:
    me = facts.parsed.raw.get("name")
    for at, name, publish in facts.published():
        known = facts.known.datasets.get(name)
        others = [dag for dag in known.producers if dag != me] if known else []
        if not known or not others or not known.schema or not publish.schema_:
            continue
        if _meant(publish.schema_) != _meant(PublishSchema.model_validate(known.schema)):
            message = f"The DAG `{others[0]}` writes `{name}` with another schema."
            hint = "Name the same columns, with the same types, and the same `unique`."
            yield Complaint(Code.SCHEMA_MISMATCH, message, (*at, "schema"), hint, key=True)


def a_table_can_become_what_is_said(facts: Facts) -> Iterator[Complaint]:
    for at, name, publish in facts.published():
        known = facts.known.datasets.get(name)
        if not known or not known.table or not publish.schema_:
            continue
        places = {column.name: place for place, column in enumerate(publish.schema_.columns)}
        for one in obstacles(known.table, _shape(publish.schema_)):
            place: Path = ("columns", places[one.column]) if one.column else ("unique",) if publish.schema_.unique else ()
            yield Complaint(Code.SCHEMA_MISMATCH, one.message, (*at, "schema", *place), one.hint)


def _shape(schema: PublishSchema) -> tables.Shape:
    columns = tuple(tables.Column(one.name, one.type.value, one.nullable) for one in schema.columns)
    return tables.Shape(columns, tuple(schema.unique or ()))


def known_column(column: str, columns: Collection[str], at: Path, *, key: bool = False) -> Iterator[Complaint]:
    if column not in columns:
        hint = did_you_mean(column, columns, otherwise=f"There is {listed(columns)}.")
        yield Complaint(Code.UNKNOWN_COLUMN, f"There is no column `{column}`.", at, hint, key=key)


def _meant(schema: PublishSchema) -> tuple[Mapping[str, object], frozenset[str]]:
    """Neither the order of the columns nor the indexes are anything to agree on."""
    return {one.name: (one.type, one.nullable) for one in schema.columns}, frozenset(schema.unique or [])


def _fit(schema: PublishSchema, made: Sequence[Column], at: Path) -> Iterator[Complaint]:
    by_name = {column.name: column for column in made}
    for place, column in enumerate(schema.columns):
        yield from known_column(column.name, by_name, (*at, place, "name"))
        known = by_name.get(column.name)
        if known and known.type is not column.type:
            message = f"`{column.name}` is written as `{known.type}`; the schema says `{column.type}`."
            yield Complaint(Code.SCHEMA_MISMATCH, message, (*at, place, "type"), f"Write `type: {known.type}`.")
        elif known and known.nullable and not column.nullable:
            message = f"`{column.name}` may be missing; the schema says that it never is."
            yield Complaint(Code.SCHEMA_MISMATCH, message, (*at, place), "Write `nullable: true`.")
    if missing := [name for name in by_name if name not in {column.name for column in schema.columns}]:
        message = f"The schema leaves out {listed(missing)}, and a row that holds more than its schema is refused."
        yield Complaint(Code.SCHEMA_MISMATCH, message, at, "Name every column that the operator writes.")


def _schema(schema: PublishSchema, at: Path) -> Iterator[Complaint]:
    names = [column.name for column in schema.columns]
    for name, count in Counter(names).items():
        if count > 1:
            place = len(names) - 1 - names[::-1].index(name)
            yield Complaint(
                Code.DUPLICATE_COLUMN, f"There are {count} columns `{name}`.", (*at, "columns", place, "name"), "Rename one."
            )
    for place, name in enumerate(names):
        if name in RESERVED:
            message = f"`{name}` is a column that every table has already."
            yield Complaint(Code.BAD_NAME, message, (*at, "columns", place, "name"), "Choose another name.")
    nullable = {column.name for column in schema.columns if column.nullable}
    for place, column in enumerate(schema.unique or []):
        yield from known_column(column, names, (*at, "unique", place))
        if column in nullable:
            message = f"`{column}` makes a row unique and may be missing."
            yield Complaint(Code.NULLABLE_KEY, message, (*at, "unique", place), "Make the column `nullable: false`.")
    for place, index in enumerate(schema.indexes or []):
        for number, column in enumerate(index):
            yield from known_column(column, names, (*at, "indexes", place, number))


def _columns(facts: Facts, publish: Publish) -> list[str]:
    if publish.schema_:
        return [column.name for column in publish.schema_.columns]
    source = publish.union.hot if publish.union else publish.from_
    return [column.name for column in facts.columns(source)] if source else []
