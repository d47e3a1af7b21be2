"""What every object store promises, against a real S3 server."""

from __future__ import annotations

import io
import random
import threading
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from apps.platform import wiring
from apps.platform.config import Config
from apps.platform.errors import Permanent, Transient
from apps.platform.ports.objects import ObjectMissing, ObjectStore, WriteLost
from tests.factories import unique

MINUTE = timedelta(minutes=1)
MIB = 1024 * 1024
# Past one part of a multipart upload.
LARGE = bytes(range(256)) * (17 * MIB // 256) + b"the end"


@pytest.fixture
def store(with_buckets: Config) -> ObjectStore:
    return wiring.object_store(with_buckets, bucket=with_buckets.data_bucket)


@pytest.fixture
def prefix() -> str:
    return f"{unique('objects')}/"


def test_what_was_put_is_read_back(store: ObjectStore, prefix: str) -> None:
    etag = store.put(prefix + "a", b"hello")

    assert store.get(prefix + "a") == b"hello"
    info = store.head(prefix + "a")
    assert (info.key, info.size, info.etag) == (prefix + "a", 5, etag)
    assert info.modified_at.tzinfo is not None


@pytest.mark.parametrize("key", ["with space", "plus+percent%25", "é ✓", "q?x=1&y=2", "#hash", "'\"<>"])
def test_a_key_may_hold_any_text(store: ObjectStore, prefix: str, key: str) -> None:
    store.put(prefix + key, b"x")

    assert store.get(prefix + key) == b"x"
    assert [info.key for info in store.list(prefix)] == [prefix + key]


def test_an_empty_object_is_an_object(store: ObjectStore, prefix: str) -> None:
    store.put(prefix + "empty", b"")

    assert (store.get(prefix + "empty"), store.head(prefix + "empty").size) == (b"", 0)


@pytest.mark.parametrize(("start", "length", "expected"), [
    (0, 3, b"012"), (7, None, b"789"), (2, 4, b"2345"), (8, 100, b"89"), (10, None, b""), (50, 5, b""), (3, 0, b""),
])  # fmt: skip
def test_a_range_reads_like_a_file(store: ObjectStore, prefix: str, start: int, length: int | None, expected: bytes) -> None:
    store.put(prefix + "digits", b"0123456789")

    assert store.get(prefix + "digits", start=start, length=length) == expected


@pytest.mark.parametrize("body", ["bytes", "stream", "path"])
def test_a_large_body_goes_up_in_parts_from_anywhere(store: ObjectStore, prefix: str, tmp_path: Path, body: str) -> None:
    file = tmp_path / "large"
    file.write_bytes(LARGE)
    etag = store.put(prefix + "large", {"bytes": LARGE, "stream": io.BytesIO(LARGE), "path": file}[body])  # type: ignore[arg-type]

    assert store.head(prefix + "large").size == len(LARGE)
    assert store.get(prefix + "large", start=len(LARGE) - 7) == b"the end"
    assert "-2" in etag


def test_what_is_missing_is_missing(store: ObjectStore, prefix: str) -> None:
    for read in (store.head, store.get, lambda key: store.get(key, start=1), lambda key: store.get(key, length=0)):
        with pytest.raises(ObjectMissing):
            read(prefix + "nothing")


def test_a_put_if_absent_wins_once(store: ObjectStore, prefix: str) -> None:
    store.put(prefix + "once", b"first", if_absent=True)

    with pytest.raises(WriteLost):
        store.put(prefix + "once", b"second", if_absent=True)
    assert store.get(prefix + "once") == b"first"


def test_a_large_put_if_absent_loses_too_and_leaves_no_parts(store: ObjectStore, prefix: str) -> None:
    store.put(prefix + "once", b"first")

    with pytest.raises(WriteLost):
        store.put(prefix + "once", LARGE, if_absent=True)
    assert store.get(prefix + "once") == b"first"


def test_of_sixteen_racing_writers_one_wins(store: ObjectStore, prefix: str) -> None:
    together = threading.Barrier(16)

    def write(n: int) -> int | None:
        together.wait()
        try:
            store.put(prefix + "race", str(n).encode(), if_absent=True)
        except (WriteLost, Transient):
            return None
        return n

    with ThreadPoolExecutor(16) as pool:
        winners = [n for n in pool.map(write, range(16)) if n is not None]

    assert len(winners) == 1
    assert store.get(prefix + "race") == str(winners[0]).encode()


def test_a_put_if_etag_replaces_only_what_the_writer_saw(store: ObjectStore, prefix: str) -> None:
    seen = store.put(prefix + "pointer", b"1")
    store.put(prefix + "pointer", b"2", if_etag=seen)

    with pytest.raises(WriteLost):
        store.put(prefix + "pointer", b"3", if_etag=seen)
    assert store.get(prefix + "pointer") == b"2"


def test_a_put_if_etag_of_what_is_gone_loses(store: ObjectStore, prefix: str) -> None:
    seen = store.put(prefix + "pointer", b"1")
    store.delete([prefix + "pointer"])

    with pytest.raises(WriteLost):
        store.put(prefix + "pointer", b"2", if_etag=seen)


def test_a_body_that_fails_midway_leaves_nothing(store: ObjectStore, prefix: str) -> None:
    class Breaks(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            if self.tell() > 0:
                raise OSError("the disk went away")
            return super().read(size)

    with pytest.raises(OSError, match="went away"):
        store.put(prefix + "half", Breaks(LARGE))
    assert list(store.list(prefix)) == []


@pytest.mark.parametrize("key", ["", "/a", "a/", "a//b", "./a", "a/../b", "..", "x" * 1_025])
def test_a_key_that_is_no_plain_path_is_refused_everywhere(store: ObjectStore, key: str) -> None:
    for use in (store.get, store.head, lambda key: store.put(key, b""),
                lambda key: store.presign_get(key, expires=MINUTE)):  # fmt: skip
        with pytest.raises(Permanent, match="object key"):
            use(key)


def test_a_listing_knows_its_prefix(store: ObjectStore, prefix: str) -> None:
    keys = {"b", "a/2", "a/10", "a-1", "a/sub/deeper", "c"}
    for key in keys:
        store.put(prefix + key, b"x")
    store.put(prefix.rstrip("/") + "-neighbour", b"x")

    assert {info.key.removeprefix(prefix) for info in store.list(prefix)} == keys
    assert [info.key.removeprefix(prefix) for info in store.list(prefix + "a/")] == ["a/10", "a/2", "a/sub/deeper"]


def test_a_listing_goes_on_after_where_one_ended(store: ObjectStore, prefix: str) -> None:
    for name in ("a/1", "a/10", "a/2", "a_b/1", "b/sub/deeper", "c"):
        store.put(prefix + name, b"")
    whole = [info.key for info in store.list(prefix)]

    for at, key in enumerate(whole, start=1):
        assert [info.key for info in store.list(prefix, after=key)] == whole[at:]


def test_a_listing_longer_than_a_page_is_whole(store: ObjectStore, prefix: str) -> None:
    keys = [f"{prefix}{n % 3}/{n:05d}" for n in range(1_050)]
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda key: store.put(key, b""), keys))

    assert sorted(info.key for info in store.list(prefix)) == sorted(keys)
    store.delete(keys)
    assert list(store.list(prefix)) == []


def test_deleting_what_is_not_there_is_no_error(store: ObjectStore, prefix: str) -> None:
    store.put(prefix + "a", b"x")

    store.delete([prefix + "a", prefix + "never"])
    store.delete([])

    assert list(store.list(prefix)) == []


def test_links_let_others_read_and_write_one_object(store: ObjectStore, prefix: str) -> None:
    put = urllib.request.Request(store.presign_put(prefix + "up", expires=MINUTE), data=b"by link", method="PUT")
    urllib.request.urlopen(put, timeout=10).close()

    with urllib.request.urlopen(store.presign_get(prefix + "up", expires=MINUTE), timeout=10) as answer:
        assert answer.read() == b"by link"


def test_a_link_is_good_for_its_own_object_only(store: ObjectStore, prefix: str) -> None:
    store.put(prefix + "mine", b"x")
    store.put(prefix + "other", b"secret")
    link = store.presign_get(prefix + "mine", expires=MINUTE).replace("/mine?", "/other?")

    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(link, timeout=10)
    assert refused.value.code == 403
    refused.value.close()


@pytest.mark.parametrize("expires", [timedelta(0), timedelta(days=8)])
def test_a_link_for_ever_is_refused(store: ObjectStore, expires: timedelta) -> None:
    with pytest.raises(Permanent, match="a link lives"):
        store.presign_get("a", expires=expires)


def test_a_missing_bucket_is_permanent(with_buckets: Config) -> None:
    # Not by a put: SeaweedFS makes the bucket for an administrator.
    nowhere = wiring.object_store(with_buckets, bucket=unique("trace-nowhere"))

    with pytest.raises(Permanent, match="NoSuchBucket"):
        list(nowhere.list(""))
    with pytest.raises(Permanent, match="NoSuchBucket"):
        nowhere.get("a")


def test_wrong_keys_are_permanent(with_buckets: Config) -> None:
    forged = wiring.object_store(replace(with_buckets, s3_secret_key="not the key"), bucket=with_buckets.data_bucket)

    with pytest.raises(Permanent):
        forged.put("a", b"x")


def test_a_server_that_is_not_there_is_transient(with_buckets: Config) -> None:
    nobody = wiring.object_store(replace(with_buckets, s3_endpoint="http://127.0.0.1:1"), bucket="b")

    with pytest.raises(Transient):
        nobody.head("a")


class Trickle(io.RawIOBase):
    """Gives at most 64 KiB at once, as sockets and pipes do."""

    def __init__(self, content: bytes) -> None:
        self._left = io.BytesIO(content)

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        return self._left.read(min(size, 64 * 1024) if size >= 0 else 64 * 1024)


@pytest.mark.parametrize("size", [1_000_000, 20 * 1024 * 1024])
def test_a_stream_that_reads_short_is_stored_whole(store: ObjectStore, prefix: str, size: int) -> None:
    content = random.Random(size).randbytes(size)
    store.put(prefix + "a", Trickle(content))  # type: ignore[arg-type]

    assert store.get(prefix + "a") == content
