"""What the guide shows can be done, and what it says runs is what runs."""

from __future__ import annotations

import re

from apps.dags.document.meaning import meaning_of
from apps.dags.document.validating import check
from apps.dags.selectors import not_built
from operators.sdk.catalogue import catalogue
from tests.apps.dags.known import ANYWHERE
from tests.architecture.test_house import ROOT

GUIDE = (ROOT / "docs/guides/dags.md").read_text()
EXAMPLES = re.findall(r"```yaml\n(.*?)```", GUIDE, re.DOTALL)


def test_every_example_of_the_guide_is_right_and_the_first_can_be_activated() -> None:
    checked = [check(text, ANYWHERE) for text in EXAMPLES]
    assert len(checked) > 1 and [one.problems for one in checked] == [[]] * len(checked)

    assert checked[0].facts and not_built(meaning_of(checked[0].facts)) == []


def test_the_guide_names_the_operators_that_are_not_built_yet() -> None:
    said = re.search(r"run, but for (.*?), which are not built yet", GUIDE, re.DOTALL)

    assert said and set(re.findall(r"`(\w+)`", said[1])) == {
        name for name, one in catalogue().operators.items() if not one.implementation
    }
