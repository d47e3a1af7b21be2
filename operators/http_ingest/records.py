"""A feed's answer as records: JSON without a loss of digits, CSV with its quotes. What is neither says what came instead."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from operators.http_ingest.columns import FeedColumn
from operators.http_ingest.config import HttpIngestConfig
from operators.sdk.errors import InputError
from operators.sdk.pointer import value_at

# By the name of a column: what a record has for it.
Record = Mapping[str, Any]


class BadRecord(Exception):
    """What is wrong, in words; which record it is the reader of all knows."""


def records(body: bytes, config: HttpIngestConfig, *, content_type: str) -> Iterator[Record | BadRecord]:
    """Raises InputError for what is no feed at all."""
    text = _text(body)
    if not text.strip():
        raise InputError(f"The feed sent nothing, and {config.format.upper()} was expected; look at {config.url} in a browser.")
    if config.format == "csv":
        return _of_csv(text, config, content_type)
    return _of_json(text, config, content_type)


def _text(body: bytes) -> str:
    try:
        # With the mark that some programs put before UTF-8, and without it.
        return body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(
            f"The feed is not in UTF-8: byte {error.start:,} is none of it. Ask for UTF-8, in `headers` say."
        ) from None


def _of_json(text: str, config: HttpIngestConfig, content_type: str) -> Iterator[Record | BadRecord]:
    try:
        document = json.loads(text, parse_float=Decimal, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise InputError(f"The feed is no JSON: {error}. {_instead(text, content_type)}") from None
    try:
        found = value_at(document, config.records)
    except InputError:
        raise InputError(
            f"There is nothing at `records: {config.records}` of the feed; {_shape(document)} Correct the pointer."
        ) from None
    if not isinstance(found, list):
        where = f"`records: {config.records}`" if config.records else "the whole document"
        raise InputError(
            f"The records should be a list, and {where} is none: {_shape(found)} Set `records` to where the list is."
        )
    return (_one(record, config.columns) for record in found)


def _no_number(name: str) -> None:
    raise ValueError(f"{name} is no number of JSON")


def _one(record: Any, columns: Sequence[FeedColumn]) -> Record:
    return {one.name: _at(record, one) for one in columns}


def _at(record: Any, column: FeedColumn) -> Any:
    """None of what is not there."""
    if column.pointer is None:
        return record.get(column.name) if isinstance(record, dict) else None
    try:
        return value_at(record, column.pointer)
    except InputError:
        return None


def _of_csv(text: str, config: HttpIngestConfig, content_type: str) -> Iterator[Record | BadRecord]:
    csv.field_size_limit(max(len(text), 131_072))
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=config.delimiter, strict=True)
    try:
        heading = next(rows)
    except (csv.Error, StopIteration) as error:
        raise InputError(f"The feed is no CSV: {error}. {_instead(text, content_type)}") from None
    places = _places(heading, config, _instead(text, content_type))
    return _of_rows(rows, places, len(heading))


def _places(heading: Sequence[str], config: HttpIngestConfig, instead: str) -> dict[str, int]:
    wanted = {one.name: one.header if one.header is not None else one.name for one in config.columns}
    names = [name.strip() for name in heading]
    if absent := [name for name in wanted.values() if name not in names]:
        told = ", ".join(names)[:300]
        raise InputError(
            f"The CSV has no column {absent[0]}; its headings are: {told}. Correct `header`, or `delimiter`. {instead}"
        )
    if twice := [name for name in wanted.values() if names.count(name) > 1]:
        raise InputError(f"The CSV has several columns {twice[0]}, and which one is meant nobody can tell; leave that one out.")
    return {column: names.index(name) for column, name in wanted.items()}


def _of_rows(rows: Iterator[list[str]], places: Mapping[str, int], width: int) -> Iterator[Record | BadRecord]:
    while True:
        try:
            row = next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            # After it nothing is known of where a row begins.
            raise InputError(f"The CSV breaks off or is not whole: {error}. Nothing of it was kept.") from None
        if not row:
            continue
        if len(row) != width:
            yield BadRecord(f"it has {len(row):,} fields, and the heading {width:,}")
        else:
            yield {column: row[place] for column, place in places.items()}


def _instead(text: str, content_type: str) -> str:
    kind = f" as {content_type}" if content_type else ""
    if text.lstrip()[:1] == "<":
        return f"A page came instead{kind}: a sign-in, or an error of the site. Look at the address in a browser."
    return f"It began with {text.strip()[:60]!r}{kind}."


def _shape(found: Any) -> str:
    if isinstance(found, dict):
        return f"it is an object with {', '.join(list(map(str, found))[:8]) or 'nothing'}."
    return f"it is {'a list' if isinstance(found, list) else json.dumps(found, default=str)[:60]}."
