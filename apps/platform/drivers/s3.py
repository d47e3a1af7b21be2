"""The object store port over the S3 API: SeaweedFS on one machine, S3 on AWS, the same code."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from botocore.exceptions import ClientError

from apps.platform.drivers.aws import MAY_PASS, code_of, status_of, translated
from apps.platform.errors import Permanent, Transient
from apps.platform.ports.objects import ObjectInfo, ObjectMissing, WriteLost, check_key
from apps.platform.slices import slices

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import CompletedPartTypeDef

# One request up to here; S3 takes 10,000 parts, so this size reaches 160 GB.
_PART_BYTES = 16 * 1024 * 1024
_DELETE_AT_ONCE = 1_000
_LONGEST_LINK = timedelta(days=7)


class S3Store:
    def __init__(self, client: S3Client, *, bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def put(self, key: str, body: bytes | BinaryIO | Path, *, if_absent: bool = False, if_etag: str | None = None) -> str:
        check_key(key)
        condition = _condition(if_absent=if_absent, if_etag=if_etag)
        with _opened(body) as stream, self._lost_writes(key, conditional=bool(condition)):
            first = _read_part(stream)
            if len(first) < _PART_BYTES:
                return self._client.put_object(Bucket=self._bucket, Key=key, Body=first, **condition)["ETag"]
            return self._put_in_parts(key, first, stream, condition)

    def get(self, key: str, *, start: int = 0, length: int | None = None) -> bytes:
        check_key(key)
        if length == 0:
            self.head(key)
            return b""
        wanted: Any = {} if start == 0 and length is None else {"Range": _range(start, length)}
        with self._missing(key):
            try:
                return self._client.get_object(Bucket=self._bucket, Key=key, **wanted)["Body"].read()
            except ClientError as error:
                if status_of(error) == 416:
                    return b""
                raise

    def head(self, key: str) -> ObjectInfo:
        check_key(key)
        with self._missing(key):
            found = self._client.head_object(Bucket=self._bucket, Key=key)
        return ObjectInfo(key, found["ContentLength"], found["ETag"], found["LastModified"])

    def list(self, prefix: str, *, after: str = "") -> Iterator[ObjectInfo]:
        begin: Any = {"StartAfter": after} if after else {}
        pages = iter(self._client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=prefix, **begin))
        while True:
            # Only the call is guarded: what the caller does between two pages raises as it is.
            with translated(f"listing {self._bucket}/{prefix}"):
                page = next(pages, None)
            if page is None:
                return
            for found in page.get("Contents", []):
                yield ObjectInfo(found["Key"], found["Size"], found["ETag"], found["LastModified"])

    def delete(self, keys: Sequence[str]) -> None:
        for some in slices(keys, _DELETE_AT_ONCE):
            with translated(f"deleting from {self._bucket}"):
                answer = self._client.delete_objects(
                    Bucket=self._bucket, Delete={"Objects": [{"Key": key} for key in some], "Quiet": True}
                )
            if errors := answer.get("Errors"):
                may_pass = all(error.get("Code", "") in MAY_PASS for error in errors)
                words = f"deleting from {self._bucket}: {len(errors)} of {len(some)} refused, the first: {errors[0]}"
                raise (Transient if may_pass else Permanent)(words)

    def presign_get(self, key: str, *, expires: timedelta) -> str:
        return self._presign("get_object", key, expires)

    def presign_put(self, key: str, *, expires: timedelta) -> str:
        return self._presign("put_object", key, expires)

    def _presign(self, method: str, key: str, expires: timedelta) -> str:
        check_key(key)
        if not timedelta(seconds=1) <= expires <= _LONGEST_LINK:
            raise Permanent(f"a link lives between one second and {_LONGEST_LINK.days} days, not {expires}")
        with translated(f"signing a link to {self._bucket}/{key}"):
            return self._client.generate_presigned_url(
                method, Params={"Bucket": self._bucket, "Key": key}, ExpiresIn=int(expires.total_seconds())
            )

    def _put_in_parts(self, key: str, first: bytes, rest: BinaryIO, condition: Any) -> str:
        upload = self._client.create_multipart_upload(Bucket=self._bucket, Key=key)["UploadId"]
        try:
            parts = list(self._upload_parts(key, upload, first, rest))
            # Only here is the object there, and only here the condition decides.
            return self._client.complete_multipart_upload(
                Bucket=self._bucket, Key=key, UploadId=upload, MultipartUpload={"Parts": parts}, **condition
            )["ETag"]
        except BaseException:
            # Parts of an upload that nobody ends are invisible and paid for.
            self._client.abort_multipart_upload(Bucket=self._bucket, Key=key, UploadId=upload)
            raise

    def _upload_parts(self, key: str, upload: str, first: bytes, rest: BinaryIO) -> Iterator[CompletedPartTypeDef]:
        chunk, number = first, 1
        while chunk:
            part = self._client.upload_part(Bucket=self._bucket, Key=key, UploadId=upload, PartNumber=number, Body=chunk)
            yield {"PartNumber": number, "ETag": part["ETag"]}
            chunk, number = _read_part(rest), number + 1

    @contextmanager
    def _missing(self, key: str) -> Iterator[None]:
        with translated(f"reading {self._bucket}/{key}"):
            try:
                yield
            except ClientError as error:
                # A HEAD has no body that could say NoSuchKey.
                if code_of(error) in {"NoSuchKey", "404"}:
                    raise ObjectMissing(f"{self._bucket}/{key}") from None
                raise

    @contextmanager
    def _lost_writes(self, key: str, *, conditional: bool) -> Iterator[None]:
        with translated(f"writing {self._bucket}/{key}"):
            try:
                yield
            except ClientError as error:
                # If-Match on an object that is gone answers NoSuchKey.
                if conditional and (status_of(error) == 412 or code_of(error) == "NoSuchKey"):
                    raise WriteLost(f"{self._bucket}/{key}") from None
                raise


def _condition(*, if_absent: bool, if_etag: str | None) -> Any:
    if if_absent and if_etag is not None:
        raise ValueError("a put is conditional on absence or on an etag, not on both")
    if if_absent:
        return {"IfNoneMatch": "*"}
    return {"IfMatch": if_etag} if if_etag is not None else {}


def _range(start: int, length: int | None) -> str:
    if start < 0 or (length is not None and length < 0):
        raise ValueError("a range starts at 0 or later and has no negative length")
    return f"bytes={start}-" if length is None else f"bytes={start}-{start + length - 1}"


def _read_part(stream: BinaryIO) -> bytes:
    """A whole part, or what is left: a socket or a pipe gives less than it is asked for long before its end."""
    part = bytearray()
    while len(part) < _PART_BYTES and (some := stream.read(_PART_BYTES - len(part))):
        part += some
    return bytes(part)


@contextmanager
def _opened(body: bytes | BinaryIO | Path) -> Iterator[BinaryIO]:
    if isinstance(body, bytes):
        yield io.BytesIO(body)
    elif isinstance(body, Path):
        with body.open("rb") as stream:
            yield stream
    else:
        yield body
