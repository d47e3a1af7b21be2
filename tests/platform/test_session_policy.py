"""Whatever it is asked for, a policy of a session names the prefixes of the asker and nothing beside them."""

from __future__ import annotations

import fnmatch
import json
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.platform.layout import AttemptPlace, scratch_prefix, version_prefix
from apps.platform.session_policy import LONGEST_POLICY, PrefixRefused, session_policy

IDS = st.uuids()
KEYS = st.one_of(
    st.text(min_size=1, max_size=200).filter(lambda text: text.isprintable()),
    st.tuples(st.integers(0, 2**63 - 1), st.integers(0, 2**63 - 1)).map(lambda pair: f"{pair[0]}-{pair[1]}"),
)
PLACES = st.builds(
    AttemptPlace, org_id=IDS, dataset_id=IDS, version_id=IDS, partition_key=KEYS, task_id=IDS, attempt=st.integers(1, 2**31 - 1)
)
ACTIONS = {"s3:GetObject", "s3:PutObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts", "s3:ListBucket"}


def uri(place: AttemptPlace, bucket: str = "trace-data") -> str:
    return f"s3://{bucket}/{place.prefix}"


def statements(policy: str) -> list[dict[str, Any]]:
    return json.loads(policy)["Statement"]  # type: ignore[no-any-return]


def actions_of(statement: dict[str, Any]) -> list[str]:
    said = statement["Action"]
    return [said] if isinstance(said, str) else said


def allows(policy: str, action: str, bucket: str, key: str) -> bool:
    """As a store reads it: `*` in a resource is any text."""
    for one in statements(policy):
        if action not in actions_of(one):
            continue
        if action == "s3:ListBucket":
            patterns = one["Condition"]["StringLike"]["s3:prefix"]
            if one["Resource"] == f"arn:aws:s3:::{bucket}" and any(fnmatch.fnmatchcase(key, like) for like in patterns):
                return True
        elif any(fnmatch.fnmatchcase(f"arn:aws:s3:::{bucket}/{key}", like) for like in one["Resource"]):
            return True
    return False


@given(mine=PLACES, theirs=PLACES)
def test_every_place_of_an_attempt_has_a_policy_and_it_opens_no_other(mine: AttemptPlace, theirs: AttemptPlace) -> None:
    policy = session_policy(read=[], write=[uri(mine)])

    assert all(allows(policy, action, "trace-data", f"{mine.prefix}x") for action in ACTIONS)
    if theirs.prefix != mine.prefix:
        assert not any(allows(policy, action, "trace-data", f"{theirs.prefix}x") for action in ACTIONS)
    assert not any(allows(policy, action, "trace-scratch", f"{mine.prefix}x") for action in ACTIONS)


@given(mine=PLACES)
def test_neither_the_parent_nor_another_attempt_is_opened(mine: AttemptPlace) -> None:
    policy = session_policy(read=[], write=[uri(mine)])
    parent = mine.prefix.rstrip("/").rpartition("/")[0] + "/"
    # Attempt 1's prefix must not be the beginning of attempt 10's.
    for key in (parent, f"{parent}x", f"{mine.prefix.rstrip('/')}0/x", mine.prefix.rstrip("/"), "", "x"):
        assert not any(allows(policy, action, "trace-data", key) for action in ACTIONS), key


READS = {"s3:GetObject", "s3:ListBucket"}


@given(pinned=st.lists(PLACES, min_size=1, max_size=3), theirs=PLACES)
def test_a_few_places_to_read_always_fit_and_are_read_only(pinned: list[AttemptPlace], theirs: AttemptPlace) -> None:
    policy = session_policy(read=[uri(one) for one in pinned], write=[])

    for one in pinned:
        assert {action for action in ACTIONS if allows(policy, action, "trace-data", f"{one.prefix}x")} == READS
    if theirs.prefix not in {one.prefix for one in pinned}:
        assert not any(allows(policy, action, "trace-data", f"{theirs.prefix}x") for action in ACTIONS)
    assert not any(allows(policy, action, "trace-scratch", f"{pinned[0].prefix}x") for action in ACTIONS)


@given(mine=PLACES, theirs=PLACES)
def test_a_version_to_read_is_all_of_it_and_none_of_another(mine: AttemptPlace, theirs: AttemptPlace) -> None:
    folder = version_prefix(mine.org_id, mine.dataset_id, mine.version_id)
    policy = session_policy(read=[f"s3://trace-data/{folder}"], write=[])

    assert {action for action in ACTIONS if allows(policy, action, "trace-data", f"{mine.prefix}x")} == READS
    if not theirs.prefix.startswith(folder):
        assert not any(allows(policy, action, "trace-data", f"{theirs.prefix}x") for action in ACTIONS)


@given(places=st.lists(PLACES, min_size=1, max_size=8))
def test_a_policy_is_never_longer_than_sts_takes(places: list[AttemptPlace]) -> None:
    asked = [uri(place) for place in places]
    try:
        policy = session_policy(read=[], write=asked)
    except PrefixRefused:
        assert sum(map(len, asked)) * 2 > LONGEST_POLICY - 500
        return
    assert len(policy) <= LONGEST_POLICY
    assert {action for one in statements(policy) for action in actions_of(one)} == ACTIONS


def test_the_longest_place_fits_beside_scratch() -> None:
    longest = AttemptPlace(UUID(int=1), UUID(int=2), UUID(int=3), "k" * 100, UUID(int=4), 2**31 - 1)
    scratch = f"s3://{'b' * 63}/{scratch_prefix(longest.org_id, longest.task_id, longest.attempt)}"

    assert session_policy(read=[], write=[uri(longest, "a" * 63), scratch])


def test_what_may_only_be_read_cannot_be_written() -> None:
    policy = session_policy(read=["s3://trace-data/theirs/"], write=["s3://trace-data/mine/"])

    assert allows(policy, "s3:GetObject", "trace-data", "theirs/x")
    assert not allows(policy, "s3:PutObject", "trace-data", "theirs/x")
    assert allows(policy, "s3:PutObject", "trace-data", "mine/x")
    assert "Delete" not in policy


def test_a_prefix_of_one_bucket_is_not_listed_in_the_other() -> None:
    policy = session_policy(read=[], write=["s3://trace-data/mine/", "s3://trace-scratch/other/"])

    assert allows(policy, "s3:ListBucket", "trace-data", "mine/x")
    assert not allows(policy, "s3:ListBucket", "trace-data", "other/x")


GOOD = "s3://trace-data/a/b/"
BAD = [
    "", "s3://", "s3:///", "s3://trace-data", "s3://trace-data/", "s3://trace-data//", "s3://trace-data/a", "s3://trace-data/a//b/",
    "s3://trace-data/../x/", "s3://trace-data/a/../", "s3://trace-data/./", "s3://trace-data/a*/", "s3://trace-data/a?/",
    "s3://trace-data/${aws:userid}/", "s3://trace-data/a\x00/", "s3://trace-data/a\n/", "s3://trace-data/é/", "s3://trace-data/a b/",
    "s3://*/a/", "s3://trace..data/a/", "s3://Trace/a/", "https://trace-data/a/", "/a/", "a/", "s3://trace-data/a%2f/",
    's3://trace-data/a"/', "s3://trace-data/a\\/",
]  # fmt: skip


@pytest.mark.parametrize("bad", BAD, ids=repr)
def test_a_prefix_that_is_not_canonical_is_refused(bad: str) -> None:
    for read, write in (([bad], []), ([], [bad]), ([GOOD], [bad])):
        with pytest.raises(PrefixRefused):
            session_policy(read=read, write=write)


@given(text=st.text(max_size=60))
def test_no_text_makes_a_policy_wider_than_itself(text: str) -> None:
    prefix = f"s3://trace-data/{text}/"
    try:
        policy = session_policy(read=[], write=[prefix])
    except PrefixRefused:
        return
    assert not set(text) & set('*?${}"\\\x00\n ')
    assert ".." not in text.split("/")
    assert statements(policy)[0]["Resource"] == [f"arn:aws:s3:::trace-data/{text}/*"]


def test_without_a_prefix_there_is_no_session() -> None:
    with pytest.raises(PrefixRefused):
        session_policy(read=[], write=[])
