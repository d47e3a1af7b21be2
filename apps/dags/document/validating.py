"""The validator: one text in, all of its problems out, in the order of the text. The same for page, API and command line."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import islice

from apps.dags.document import tree
from apps.dags.document.codes import Code
from apps.dags.document.collecting import without_collecting
from apps.dags.document.facts import Facts
from apps.dags.document.parsing import Parsed, parse
from apps.dags.document.problems import MOST_PROBLEMS, Complaint, Problem, pointer
from apps.dags.document.reading import read
from apps.dags.document.rules import RULES, WARNINGS, Rule
from apps.dags.document.surroundings import Surroundings


@dataclass(frozen=True)
class Checked:
    """`facts` and `root` are None where the text could not be read at all. `warnings` forbid an activation, and no deployment."""

    text: str
    problems: list[Problem]
    root: tree.Node | None = None
    facts: Facts | None = None
    warnings: list[Problem] = field(default_factory=list)

    @property
    def valid(self) -> bool:
        return not self.problems

    @property
    def name(self) -> str | None:
        """What the document calls itself, where that can be told."""
        head = self.facts.parsed.head if self.facts else None
        return head.name if head else None


@without_collecting()
def check(text: str, known: Surroundings, look: Callable[[Facts], Surroundings] | None = None) -> Checked:
    """`look` finds, of all that an org has, what the document mentions."""
    reading = read(text)
    if reading.root is None:
        return Checked(reading.text, _sorted(reading.problems)[:MOST_PROBLEMS])
    parsed = parse(tree.plain(reading.root))
    facts = Facts(parsed, known)
    if look:
        facts = facts.within(look(facts))
    found = [*parsed.complaints, *_complaints_of(RULES, facts)]
    problems = reading.problems + [_placed(complaint, reading.root) for complaint in found]
    warnings = [_placed(complaint, reading.root) for complaint in _complaints_of(WARNINGS, facts)]
    return Checked(reading.text, _sorted(problems)[:MOST_PROBLEMS], reading.root, facts, _sorted(warnings)[:MOST_PROBLEMS])


def _complaints_of(rules: Sequence[Rule], facts: Facts) -> Iterable[Complaint]:
    """A rule goes through the text from the top: what it finds after the first so many would not be shown anyway."""
    parsed = facts.parsed
    if not parsed.raw:
        return []
    found = (complaint for rule in rules for complaint in islice(rule(facts), MOST_PROBLEMS))
    return [complaint for complaint in found if not _is_about_a_wrong_key(complaint, parsed)]


def _is_about_a_wrong_key(complaint: Complaint, parsed: Parsed) -> bool:
    """It was guessed, or left out: what is wrong with it is told already."""
    at = complaint.at
    if len(at) < 3 or at[0] != "jobs" or not isinstance(at[1], int):
        return False
    wrong = parsed.wrong_keys.get(at[1], frozenset())
    return at[2] in wrong or (complaint.code is Code.APPEND_WITHOUT_UNIQUE_KEY and "unique_key" in wrong)


def _placed(complaint: Complaint, root: tree.Node) -> Problem:
    at = tree.place(root, complaint.at, key=complaint.key)
    return Problem(complaint.code, complaint.message, pointer(complaint.at), at.line, at.column, complaint.hint)


def _sorted(problems: Iterable[Problem]) -> list[Problem]:
    """Each once: two rules may come upon the same thing, and an alias repeats what is wrong where its anchor stands."""
    unique = {(one.line, one.column, one.code, one.message): one for one in reversed(list(problems))}
    return sorted(unique.values(), key=lambda one: (one.line, one.column, one.code, one.message))
