"""Changes of the graph in the text: they mean what was asked, and leave alone what they are not about."""

from __future__ import annotations

import re
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings

from apps.dags.document import tree
from apps.dags.document.edits import EDIT, Patch, edited
from apps.dags.document.reading import read
from apps.platform.errors import UserError
from tests.apps.dags.documents import Doc, dags, seeds
from tests.apps.dags.known import KNOWN
from tests.apps.dags.writing import written

many = settings(deadline=None, max_examples=80, suppress_health_check=[HealthCheck.too_slow])
_COMMENT = re.compile(r"# comment \d+\.")


def edit(text: str, **asked: Any) -> Patch:
    return edited(text, EDIT.validate_python(asked), KNOWN.operators)


def plain(text: str) -> Any:
    root = read(text).root
    assert root
    return tree.plain(root)


def in_blocks(document: Doc, random: Random) -> str:
    return written(document, random, flow=0, anchors=False).rstrip("\n") + "\n"


def is_comment(line: str) -> bool:
    return line.lstrip().startswith("#")


def is_within(few: list[str], many_lines: list[str]) -> bool:
    """The few lines are there in their order, whatever stands between them."""
    rest = iter(many_lines)
    return all(line in rest for line in few)


@many
@given(dags(), seeds())
def test_a_renamed_job_is_renamed_wherever_it_is_named_and_nowhere_else(document: Doc, random: Random) -> None:
    text = in_blocks(document, random)
    old = random.choice(document["jobs"])["name"]

    patch = edit(text, kind="rename_job", job=old, name="brand_new")

    said = repr(document).replace(f"'job': '{old}'", "'job': 'brand_new'").replace(f"{{'name': '{old}'", "{'name': 'brand_new'")
    assert repr(plain(patch.text)) == said
    assert _COMMENT.findall(patch.text) == _COMMENT.findall(text)
    pairs = zip(text.split("\n"), patch.text.split("\n"), strict=True)
    assert all(before == after or old in before for before, after in pairs)


@many
@given(dags(), seeds())
def test_a_name_given_back_gives_the_text_back(document: Doc, random: Random) -> None:
    text = written(document, random, flow=0.5, anchors=False)
    old = random.choice(document["jobs"])["name"]

    there = edit(text, kind="rename_job", job=old, name="brand_new").text
    back = edit(there, kind="rename_job", job="brand_new", name=old).text

    assert plain(back) == document
    assert re.sub(f"[\"']?{old}[\"']?", old, text) == re.sub(f"[\"']?{old}[\"']?", old, back)


@many
@given(dags(), seeds())
def test_connecting_adds_one_input_and_touches_no_other_line(document: Doc, random: Random) -> None:
    text = in_blocks(document, random)
    job = random.choice(document["jobs"])

    patch = edit(text, kind="connect", **{"from": "some_job"}, to=job["name"], output=3)

    job["inputs"] = [*job.get("inputs", []), {"from": {"job": "some_job", "output": 3}}]
    assert plain(patch.text) == document
    assert is_within(text.split("\n"), patch.text.split("\n"))


@many
@given(dags(), seeds())
def test_what_is_connected_and_disconnected_is_the_text_as_it_was(document: Doc, random: Random) -> None:
    text = in_blocks(document, random)
    asked = {
        "from": random.choice(["some_job", "null"]),
        "to": random.choice(document["jobs"])["name"],
        "dataset": random.random() < 0.5,
    }

    there = edit(text, kind="connect", **asked).text

    assert edit(there, kind="disconnect", **asked).text == text


@many
@given(dags(), seeds())
def test_an_added_job_is_one_more_behind_the_one_that_it_follows(document: Doc, random: Random) -> None:
    text = in_blocks(document, random)
    place, after = random.choice(list(enumerate(document["jobs"])))
    operator = random.choice(sorted(KNOWN.operators))

    patch = edit(text, kind="add_job", operator=operator, after=after["name"])

    jobs = plain(patch.text)["jobs"]
    assert jobs.pop(place + 1)["operator"] == operator
    assert jobs == document["jobs"]
    assert is_within(text.split("\n"), patch.text.split("\n"))
    assert patch.text[patch.caret] == "-"


@many
@given(dags(), seeds())
def test_a_deleted_job_takes_its_own_lines_and_of_others_at_most_comments(document: Doc, random: Random) -> None:
    text = in_blocks(document, random)
    place, job = random.choice(list(enumerate(document["jobs"])))

    patch = edit(text, kind="delete_job", job=job["name"])

    root = read(text).root
    assert root
    node = tree.find(root, ("jobs", place))
    assert node
    lines = text.split("\n")
    others = [line for number, line in enumerate(lines, start=1) if not node.start.line <= number <= node.end.line]
    document["jobs"].remove(job)
    assert plain(patch.text) == document
    left = [line for line in patch.text.split("\n") if line.strip() != "[]"]
    assert is_within(left, others)
    assert [line for line in left if not is_comment(line)] == [line for line in others if not is_comment(line)]


@many
@given(dags(), seeds())
def test_in_any_style_an_edit_means_what_was_asked_or_is_refused(document: Doc, random: Random) -> None:
    text = written(document, random, flow=0.4)
    job = random.choice(document["jobs"])
    asked: dict[str, Any] = random.choice([
        {"kind": "delete_job", "job": job["name"]},
        {"kind": "rename_job", "job": job["name"], "name": "brand_new"},
        {"kind": "connect", "from": "some_job", "to": job["name"]},
        {"kind": "add_job", "operator": "query", "after": job["name"]},
    ])  # fmt: skip

    try:
        patch = edit(text, **asked)
    except UserError:
        assume(False)
    else:
        names = [one["name"] for one in document["jobs"]]
        wanted = {"delete_job": len(names) - 1, "add_job": len(names) + 1}.get(asked["kind"], len(names))
        assert len(plain(patch.text)["jobs"]) == wanted


STYLES = {
    "dash on a line of its own": "jobs:\n  -\n    name: one\n    outputs: 1\n  -\n    name: two\n",
    "list in the column of its key": "jobs:\n- name: one\n- name: two\n",
    "anchor on the job": "jobs:\n  - &x\n    name: one\n    outputs: 1\n  - name: two\n",
    "no line break at the end": "jobs:\n  - name: one\n  - name: two",
    "comments between": "jobs:\n  - name: one # first\n\n  # second\n  - name: two\n# end\n",
    "quoted": "jobs:\n  - 'name': \"one\"\n  - {name: 'two'}\n",
    "windows": "jobs:\r\n  - name: one\r\n  - name: two\r\n",
}


@pytest.mark.parametrize("text", STYLES.values(), ids=STYLES.keys())
def test_every_style_of_a_list_can_be_edited(text: str) -> None:
    one_more = edit(text, kind="add_job", operator="query", after="one").text
    connected = edit(one_more, kind="connect", **{"from": "two"}, to="one").text
    renamed = edit(connected, kind="rename_job", job="two", name="deux").text
    gone = edit(renamed, kind="delete_job", job="query").text

    assert [job["name"] for job in plain(gone)["jobs"]] == ["one", "deux"]
    assert plain(gone)["jobs"][0]["inputs"] == [{"from": {"job": "deux", "output": 0}}]


@pytest.mark.parametrize(
    "text", ["", "# nothing yet\n", "name: x\n", "name: x\njobs: []\n", "name: x\njobs:\n", "name: x\njobs: ~\n"]
)
def test_a_first_job_can_be_added(text: str) -> None:
    assert [job["name"] for job in plain(edit(text, kind="add_job", operator="query").text)["jobs"]] == ["query"]


COMMENTED = """jobs:
  # Of one.
  - name: one
    # In one.
    outputs: 1
    # Still one.

  # Of nobody in particular.

  # Of two,
  # in two lines.
  - name: two
    outputs: 1
    # Still two.
  # Of three.
  - name: three
# The end.
"""


@pytest.mark.parametrize(
    ("job", "gone"),
    [
        ("one", "  # Of one.\n  - name: one\n    # In one.\n    outputs: 1\n    # Still one.\n"),
        ("two", "  # Of two,\n  # in two lines.\n  - name: two\n    outputs: 1\n    # Still two.\n"),
        ("three", "  # Of three.\n  - name: three\n"),
    ],
)
def test_a_deleted_job_takes_the_comments_about_it_and_leaves_those_apart(job: str, gone: str) -> None:
    assert edit(COMMENTED, kind="delete_job", job=job).text == COMMENTED.replace(gone, "")


def test_a_block_of_text_that_looks_like_a_comment_is_none() -> None:
    text = "jobs:\n  - name: one\n    note: |\n      # Not a comment.\n  - name: two\n"

    assert edit(text, kind="delete_job", job="two").text == text.replace("  - name: two\n", "")


def test_a_job_is_added_behind_the_comments_of_the_one_that_it_follows() -> None:
    text = edit(COMMENTED, kind="add_job", operator="query", after="two").text

    assert "# Still two.\n  - name: query" in text


def test_a_name_that_is_taken_says_by_which_job() -> None:
    with pytest.raises(UserError, match="The job of line 12 is called `two` already"):
        edit(COMMENTED, kind="rename_job", job="one", name="two")


def test_the_last_job_leaves_an_empty_list() -> None:
    assert plain(edit("jobs:\n  - name: one\n# end\n", kind="delete_job", job="one").text) == {"jobs": []}


def test_an_anchor_on_a_name_stays() -> None:
    text = "jobs:\n  - name: &n one\n  - name: two\n    inputs: [{ from: { job: *n } }]\n"

    assert edit(text, kind="rename_job", job="one", name="un").text == text.replace("&n one", "&n un")


def test_an_input_that_is_the_first_key_of_its_job_leaves_an_empty_list() -> None:
    text = "jobs:\n  - inputs:\n      - from: { job: two }\n    name: one\n"

    assert plain(edit(text, kind="disconnect", **{"from": "two"}, to="one").text) == {"jobs": [{"inputs": [], "name": "one"}]}


def test_a_job_called_like_a_word_of_yaml_stays_text() -> None:
    text = edit("jobs:\n  - name: one\n", kind="rename_job", job="one", name="null").text

    assert plain(text) == {"jobs": [{"name": "null"}]}


REFUSED: dict[str, tuple[str, dict[str, Any], str]] = {
    "an anchor that others use": ("jobs:\n  - &x { name: one }\n  - *x\n", {"kind": "delete_job", "job": "one"}, "by_hand"),
    "a name that others use": ("description: &n one\njobs:\n  - name: *n\n", {"kind": "rename_job", "job": "one", "name": "un"}, "by_hand"),
    "a job in braces": ("jobs:\n  - { name: one }\n", {"kind": "connect", "from": "two", "to": "one"}, "flow_style"),
    "a name that is none": ("jobs:\n  - name: one\n", {"kind": "connect", "from": "x }, y: {", "to": "one"}, "bad_name"),
    "a dataset that is none": ("jobs:\n  - name: one\n", {"kind": "connect", "from": "X y", "to": "one", "dataset": True}, "bad_name"),
    "a neighbour that is not there": ("name: x\n", {"kind": "add_job", "operator": "query", "after": "x\n"}, "unknown_job"),
    "text that cannot be read": ("jobs: [", {"kind": "delete_job", "job": "one"}, "unreadable"),
    "a name that is taken": ("jobs:\n  - name: one\n  - name: two\n", {"kind": "rename_job", "job": "one", "name": "two"}, "duplicate_job"),
    "an input that is there": (
        "jobs:\n  - name: one\n    inputs: [{ from: { job: two } }]\n",
        {"kind": "connect", "from": "two", "to": "one"}, "duplicate_input",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("text", "asked", "code"), REFUSED.values(), ids=REFUSED.keys())
def test_what_cannot_be_done_is_refused_with_its_reason(text: str, asked: dict[str, Any], code: str) -> None:
    with pytest.raises(UserError) as refused:
        edit(text, **asked)

    assert refused.value.code == code
