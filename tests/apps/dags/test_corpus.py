"""Documents that people have written stay valid and mean the same, as long as the format has this major version.

A hash that changes rebuilds everybody's data. `python -m tests.apps.dags.test_corpus` prints the table: a line may be added, never changed.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from apps.dags.document.meaning import meaning_of
from apps.dags.document.validating import check
from tests.apps.dags.known import ANYWHERE

_FOLDER = Path(__file__).parent / "corpus/v1"
DOCUMENTS = sorted(_FOLDER.glob("*.yaml"))
every_document = pytest.mark.parametrize("document", DOCUMENTS, ids=[document.stem for document in DOCUMENTS])


def hashes_of(document: Path) -> dict[str, str]:
    checked = check(document.read_bytes().decode(), ANYWHERE)
    assert checked.problems == []
    assert checked.facts
    return {name: job.definition_hash for name, job in meaning_of(checked.facts).jobs.items()}


@every_document
def test_it_is_valid_and_its_jobs_are_defined_as_ever(document: Path) -> None:
    kept = json.loads((_FOLDER / "hashes.json").read_text())

    assert hashes_of(document) == kept[document.stem]


def test_every_document_of_the_table_is_there() -> None:
    assert set(json.loads((_FOLDER / "hashes.json").read_text())) == {document.stem for document in DOCUMENTS}


if __name__ == "__main__":
    print(json.dumps({document.stem: hashes_of(document) for document in DOCUMENTS}, indent=1))
