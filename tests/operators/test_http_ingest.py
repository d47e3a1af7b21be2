"""Feeds from outside: what is exact stays so, what is wrong is told or counted, and what a refusal means."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from operators.http_ingest.config import HttpIngestConfig
from operators.http_ingest.operator import HttpIngest
from operators.sdk.declaration import Output
from operators.sdk.errors import ConfigurationError, InputError, NotYet, Retry
from operators.sdk.feeds import FeedAnswer, FeedRequest
from operators.sdk.recorded_tables import RecordedTables
from operators.sdk.task import Fired
from operators.sdk.testing import Recording
from operators.sdk.words import Keeping, Storage

NOON, KEY = datetime(2026, 1, 1, 12, tzinfo=UTC), "2026-01-01T12:00:00Z"
URL = "https://feeds.example.com/prices"
SYMBOL, PRICE = {"name": "symbol", "type": "text"}, {"name": "price", "type": "decimal"}


class Feed:
    """Answers with what it was given, and remembers what it was asked."""

    def __init__(
        self,
        body: bytes | str = b"",
        *,
        status: int = 200,
        content_type: str = "application/json",
        retry_after: float | None = None,
    ) -> None:
        raw = body.encode() if isinstance(body, str) else body
        self.answer = FeedAnswer(status, raw, content_type, retry_after)
        self.asked: list[FeedRequest] = []

    def __call__(self, request: FeedRequest) -> FeedAnswer:
        self.asked.append(request)
        return self.answer


def task_of(feed: Feed, *columns: dict[str, Any], kept: Keeping = Keeping.PARTITIONS, **said: Any) -> Recording[HttpIngestConfig]:
    config = HttpIngestConfig.model_validate({"url": URL, "columns": list(columns) or [SYMBOL, PRICE]} | said)
    return Recording(
        config, fired=Fired(NOON), feed=feed, secrets={"PRICE_FEED_KEY": "s3cret\n"}, keeps={0: kept},
        tables=RecordedTables([Output("records", "", Storage.POSTGRES, config.made_columns(0), unique=(config.columns[0].name,))]),
    )  # fmt: skip


def ingested(body: bytes | str, *columns: dict[str, Any], **said: Any) -> list[dict[str, Any]]:
    task = task_of(Feed(body), *columns, **said)
    HttpIngest().run(task)
    found: list[dict[str, Any]] = task.store.read(0, KEY).to_pylist()
    return found


def one(type_: str, value: Any, **said: Any) -> Any:
    """What becomes of a value of JSON."""
    ((kept,),) = (row.values() for row in ingested(json.dumps([{"v": value}]), {"name": "v", "type": type_, **said}))
    return kept


def refused(type_: str, value: str) -> str:
    """`value` as it stands in the feed."""
    with pytest.raises(InputError) as error:
        ingested(f'[{{"v": {value}}}]', {"name": "v", "type": type_})
    return error.value.message


def test_records_become_rows_of_the_ticks_partition() -> None:
    rows = ingested('[{"symbol": "ETH", "price": 3120.55}, {"symbol": "BTC", "price": "0.1"}]')

    assert rows == [{"symbol": "ETH", "price": Decimal("3120.55")}, {"symbol": "BTC", "price": Decimal("0.1")}]


def test_another_attempt_writes_the_same_partition() -> None:
    feed = Feed('[{"symbol": "ETH", "price": 1}]')
    first, again = task_of(feed), task_of(feed)
    again.attempt = 2

    HttpIngest().run(first)
    HttpIngest().run(again)

    assert first.store.read(0, KEY).equals(again.store.read(0, KEY))


def test_records_and_values_are_found_by_their_pointers() -> None:
    body = {"data": {"items": [{"id": "ETH", "quote": {"usd": 5}, "tags": ["a", "b"]}]}}
    columns = [{"name": "symbol", "type": "text", "pointer": "/id"}, {"name": "price", "type": "int64", "pointer": "/quote/usd"},
               {"name": "tag", "type": "text", "pointer": "/tags/1"}]  # fmt: skip

    assert ingested(json.dumps(body), *columns, records="/data/items") == [{"symbol": "ETH", "price": 5, "tag": "b"}]


@settings(deadline=None, max_examples=60)
@given(number=st.integers(0, 2**256 - 1))
def test_numbers_beyond_53_bits_stay_exact(number: int) -> None:
    assert one("uint256", number) == one("uint256", str(number)) == number.to_bytes(32, "big")


@settings(deadline=None, max_examples=60)
@given(number=st.decimals(-(10**19), 10**19, places=18))
def test_decimals_keep_every_digit(number: Decimal) -> None:
    (row,) = ingested(f'[{{"v": {number:f}}}]', {"name": "v", "type": "decimal"})

    assert row["v"] == number


@pytest.mark.parametrize(
    ("type_", "value", "kept"),
    [
        ("int64", -(2**63), -(2**63)), ("int64", "9007199254740993", 9007199254740993), ("int64", 5.0, 5), ("float64", "1e-3", 0.001),
        ("boolean", False, False), ("boolean", "TRUE", True), ("date", "2026-02-28", date(2026, 2, 28)),
        ("timestamp", "2026-01-01T00:30:00+02:00", datetime(2025, 12, 31, 22, 30, tzinfo=UTC)),
        ("timestamp", "2026-01-01T00:00:00.123456Z", datetime(2026, 1, 1, 0, 0, 0, 123456, tzinfo=UTC)),
        ("timestamp", "2026-01-01 00:00:00", datetime(2026, 1, 1, tzinfo=UTC)), ("text", "a — 🙂", "a — 🙂"),
        ("json", {"a": [1, None, "é"]}, '{"a": [1, null, "é"]}'),
    ],
)  # fmt: skip
def test_a_value_is_kept_as_its_type(type_: str, value: Any, kept: Any) -> None:
    assert one(type_, value) == kept


def test_json_keeps_all_digits_of_its_numbers() -> None:
    (row,) = ingested(
        '[{"v": {"a": 0.12345678901234567890, "b": 123456789012345678901234567890}}]', {"name": "v", "type": "json"}
    )

    assert row["v"] == '{"a": 0.12345678901234567890, "b": 123456789012345678901234567890}'


@pytest.mark.parametrize(
    ("type_", "value"),
    [
        ("int64", "1.5"), ("int64", "true"), ("int64", str(2**63)), ("int64", "1e999999999999"), ("uint256", "-1"), ("uint256", str(2**256)),
        ("float64", "1e999"), ("float64", '"NaN"'), ("float64", "true"), ("text", "5"), ("text", '"a\\u0000"'), ("text", '"\\ud800"'),
        ("boolean", "2"), ("timestamp", "1700000000"), ("timestamp", '"yesterday"'), ("timestamp", '"0001-01-01T00:00:00+23:00"'),
        ("date", '"2026-02-30"'), ("decimal", "0.1234567890123456789"), ("decimal", "123456789012345678901"), ("int64", "null"),
        ("json", '"\\u0000"'),
    ],
)  # fmt: skip
def test_a_value_of_another_type_fails_with_its_record(type_: str, value: str) -> None:
    assert refused(type_, value).startswith("Record 1: `v` is ")


def test_bad_records_are_skipped_and_counted_where_the_config_says_so() -> None:
    task = task_of(Feed('[{"symbol": "A", "price": 1}, {"symbol": "B"}, {"symbol": 3, "price": 1}, 7]'), on_bad_record="skip")

    HttpIngest().run(task)

    assert [row["symbol"] for row in task.store.read(0, KEY).to_pylist()] == ["A"]
    assert (task.metrics["records"], task.metrics["records_skipped"]) == (1, 3)
    assert [line.values["first"] for line in task.log.lines] == ["Record 2: `price` is missing."]


def test_what_may_be_missing_is_null() -> None:
    columns: list[dict[str, Any]] = [SYMBOL, {**PRICE, "nullable": True}]

    assert [row["price"] for row in ingested('[{"symbol": "A"}, {"symbol": "B", "price": null}]', *columns)] == [None, None]


@pytest.mark.parametrize("feed", [Feed("[]"), Feed("", status=204)])
def test_a_feed_without_records_makes_a_partition_without_rows(feed: Feed) -> None:
    task = task_of(feed)

    HttpIngest().run(task)

    found = task.store.read(0, KEY)
    assert (found.num_rows, found.column_names) == (0, ["symbol", "price"])


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("", "The feed sent nothing"), ("  \n", "The feed sent nothing"), ("<!doctype html><h1>Sign in</h1>", "A page came instead"),
        ('[{"symbol": "A", "pri', "The feed is no JSON"), ("[" * 100_000, "The feed is no JSON"), ('[{"v": NaN}]', "NaN is no number of JSON"),
        ('{"data": []}', "it is an object with data. Set `records`"), (b"\xff\xfe[\x00]\x00", "The feed is not in UTF-8"), ("7", "Set `records` to where"),
    ],
)  # fmt: skip
def test_what_is_no_feed_says_what_came_instead(body: bytes | str, told: str) -> None:
    with pytest.raises(InputError) as error:
        ingested(body)

    assert told in error.value.message


def test_a_wrong_pointer_says_what_is_there() -> None:
    with pytest.raises(InputError, match="it is an object with result, time"):
        ingested('{"result": [], "time": 1}', records="/data")


# CSV

RATES = (
    {"name": "day", "type": "date", "header": "Date"},
    {"name": "rate", "type": "float64", "nullable": True},
    {"name": "note", "type": "text"},
)


def test_csv_keeps_quotes_lines_and_the_mark_before_utf_8() -> None:
    body = '\ufeffrate;Date;note;unused\r\n1.5;2026-01-01;"a ""b""; c\nd";x\r\n;2026-01-02;;\r\n\r\n'

    assert ingested(body, *RATES, format="csv", delimiter=";") == [
        {"day": date(2026, 1, 1), "rate": 1.5, "note": 'a "b"; c\nd'},
        {"day": date(2026, 1, 2), "rate": None, "note": ""},
    ]


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("Date,rate\n", "The CSV has no column note; its headings are: Date, rate"),
        ("Date,rate,note,note\n", "several columns note"),
        ('Date,rate,note\n2026-01-01,1,"half', "breaks off or is not whole"),
        ("Date,rate,note\n2026-01-01,1\n", "Record 1: it has 2 fields, and the heading 3"),
        ("Date,rate,note\n2026-01-01,x,a\n", "Record 1: `rate` is 'x', which is no float64"),
        ("Date,rate,note\n,1,a\n", "Record 1: `day` is missing"),
        ("<html>\n", "A page came instead"), ("", "The feed sent nothing"),
    ],
)  # fmt: skip
def test_wrong_csv_says_what_is_wrong(body: str, told: str) -> None:
    with pytest.raises(InputError) as error:
        ingested(body, *RATES, format="csv")

    assert told in error.value.message


def test_a_heading_alone_is_a_feed_without_records() -> None:
    assert ingested("Date,rate,note\n", *RATES, format="csv") == []


# What is asked, and what a refusal means


@pytest.mark.parametrize(
    ("auth", "header"),
    [
        ({"secret": "PRICE_FEED_KEY"}, ("Authorization", "Bearer s3cret")), ({"secret": "PRICE_FEED_KEY", "scheme": "basic"}, ("Authorization", "Basic s3cret")),
        ({"secret": "PRICE_FEED_KEY", "scheme": "plain", "header": "X-Api-Key"}, ("X-Api-Key", "s3cret")),
    ],
)  # fmt: skip
def test_the_secret_goes_into_its_header_and_nowhere_else(auth: dict[str, str], header: tuple[str, str]) -> None:
    feed = Feed("[]")
    task = task_of(feed, auth=auth, max_bytes=9, wait_seconds=2.5)

    HttpIngest().run(task)

    (request,) = feed.asked
    assert request.headers == {"Accept": "application/json", header[0]: header[1]}
    assert (request.url, request.most_bytes, request.wait_seconds) == (URL, 9, 2.5)
    assert "s3cret" not in repr(request) + str(task.log.lines)


def test_a_secret_that_no_header_takes_says_so_without_showing_it() -> None:
    task = task_of(Feed("[]"), auth={"secret": "PRICE_FEED_KEY"})
    task.secrets = {"PRICE_FEED_KEY": "a\nb"}

    with pytest.raises(ConfigurationError, match="PRICE_FEED_KEY cannot be sent in a header"):
        HttpIngest().run(task)


@pytest.mark.parametrize(("status", "told"), [(401, "put it into the vault"), (403, "may not read this"), (404, "correct `url`"),
                                              (410, "gone for good"), (302, "leads to another address"), (418, "answered 418")])  # fmt: skip
def test_a_refusal_that_stays_says_what_to_do(status: int, told: str) -> None:
    with pytest.raises(InputError) as error:
        HttpIngest().run(task_of(Feed("no", status=status)))

    assert told in error.value.message


@pytest.mark.parametrize("status", [304, 408, 429, 500, 503])
def test_a_refusal_that_passes_is_tried_again(status: int) -> None:
    with pytest.raises(Retry, match=f"answered {status}") as error:
        HttpIngest().run(task_of(Feed("", status=status)))
    assert not isinstance(error.value, NotYet)


@pytest.mark.parametrize(("said", "seconds"), [(7.0, 7), (0.0, 1), (999_999.0, 3_600)])
def test_the_feed_says_when_to_come_back(said: float, seconds: int) -> None:
    with pytest.raises(NotYet) as error:
        HttpIngest().run(task_of(Feed("", status=429, retry_after=said)))
    assert error.value.seconds == seconds


# Into tables


def test_a_table_is_written_by_its_key_so_that_twice_is_as_once() -> None:
    task = task_of(
        Feed('[{"symbol": "A", "price": 1}]'),
        {"name": "symbol", "type": "text"},
        {"name": "price", "type": "uint256"},
        kept=Keeping.DIRECT,
    )

    HttpIngest().run(task)
    HttpIngest().run(task)

    assert task.tables.of(0).rows == [{"symbol": "A", "price": "1"}]
    assert {event.cursor for event in task.emitted} == {int(NOON.timestamp())}


def test_rows_go_to_the_sink_where_the_dag_says_so() -> None:
    task = task_of(Feed('[{"symbol": "A", "price": 1.5}]'), kept=Keeping.BUFFERED)

    HttpIngest().run(task)

    assert [row["symbol"] for row in task.buffer.read(0)] == ["A"]
    assert task.emitted == []


def test_without_a_tick_it_says_what_source_it_wants() -> None:
    task = task_of(Feed("[]"))
    task.fired = None

    with pytest.raises(ConfigurationError, match="give the job a source of kind cron"):
        HttpIngest().run(task)
