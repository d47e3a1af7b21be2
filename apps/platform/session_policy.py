"""The policy that holds a session to its prefixes. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from apps.platform.errors import Permanent

# What STS takes as the policy of a session.
LONGEST_POLICY = 2_048
_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
# Nothing that a policy reads as a pattern or a variable, and nothing that a server might read as another path.
_SEGMENT = re.compile(r"[A-Za-z0-9_=.-]{1,128}")
_READ = ("s3:GetObject",)
# Aborting is of what was never there; there is no right to delete.
_WRITE = ("s3:GetObject", "s3:PutObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts")


class PrefixRefused(Permanent):
    """No session is made for this prefix, or for so many at once."""


class _Place(NamedTuple):
    bucket: str
    path: str


def session_policy(*, read: Sequence[str], write: Sequence[str]) -> str:
    """Objects below the prefixes, and lists of them by prefix. Raises PrefixRefused."""
    reads, writes = [_place(one) for one in read], [_place(one) for one in write]
    if not reads and not writes:
        raise PrefixRefused("a session without a prefix could do nothing")
    statements = [
        *([_objects(_READ, reads)] if reads else ()),
        *([_objects(_WRITE, writes)] if writes else ()),
        *_lists([*reads, *writes]),
    ]
    policy = json.dumps({"Version": "2012-10-17", "Statement": statements}, separators=(",", ":"))
    if len(policy) > LONGEST_POLICY:
        raise PrefixRefused(
            f"the policy of {len(reads) + len(writes)} prefixes has {len(policy)} characters, over {LONGEST_POLICY}: ask for fewer"
        )
    return policy


def _place(prefix: str) -> _Place:
    scheme, _, rest = prefix.partition("://")
    bucket, _, path = rest.partition("/")
    segments = path.split("/")
    is_canonical = (
        scheme == "s3"
        and _BUCKET.fullmatch(bucket)
        and ".." not in bucket
        # Ends with a slash, and is not the whole bucket.
        and len(segments) > 1
        and segments.pop() == ""
        and all(_SEGMENT.fullmatch(one) and set(one) != {"."} for one in segments)
    )
    if not is_canonical:
        raise PrefixRefused(f"a prefix is s3://bucket/path/ of letters, digits and _ = . -; not {prefix!r}")
    return _Place(bucket, path)


def _objects(actions: Iterable[str], places: Iterable[_Place]) -> dict[str, object]:
    resources = [f"arn:aws:s3:::{place.bucket}/{place.path}*" for place in dict.fromkeys(places)]
    return {"Effect": "Allow", "Action": list(actions), "Resource": resources}


def _lists(places: Sequence[_Place]) -> list[dict[str, object]]:
    """A statement for each bucket: in one for all, a prefix of one would be listed in the other."""
    paths: dict[str, list[str]] = {}
    for place in dict.fromkeys(places):
        paths.setdefault(place.bucket, []).append(f"{place.path}*")
    return [
        {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": f"arn:aws:s3:::{bucket}",
         "Condition": {"StringLike": {"s3:prefix": found}}}
        for bucket, found in paths.items()
    ]  # fmt: skip
