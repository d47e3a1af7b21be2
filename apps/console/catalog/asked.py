"""What somebody asks of the catalog, as the address says it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from enum import StrEnum

from apps.datasets.domain import Storage
from apps.orgs.domain import Visibility
from apps.platform.errors import BadInput

LONGEST = 128
YES, NO = "yes", "no"


class Origin(StrEnum):
    """Of which org a dataset is."""

    OWN = "own"
    PLATFORM = "platform"
    SHARED = "shared"


STORAGE_WORDS = {Storage.POSTGRES: "Postgres", Storage.S3: "Parquet in S3", Storage.UNION: "Union of two"}
_ONE_OF = {
    "late": [YES], "requests": [YES], "of": [one.value for one in Origin], "storage": [one.value for one in Storage], "pii": [YES, NO], "visibility": [one.value for one in Visibility],
}  # fmt: skip
FACETS = ("late", "requests", "of", "storage", "dag", "tag", "owner", "pii", "visibility")


@dataclass(frozen=True)
class Asked:
    """Every filter has to hold; an empty one holds always."""

    search: str = ""
    late: str = ""
    requests: str = ""
    of: str = ""
    storage: str = ""
    dag: str = ""
    tag: str = ""
    owner: str = ""
    pii: str = ""
    visibility: str = ""

    @property
    def has_facet(self) -> bool:
        return any(getattr(self, name) for name in FACETS)

    @property
    def given(self) -> dict[str, str]:
        return {name: value for name, value in asdict(self).items() if value}

    def with_facet(self, name: str, value: str) -> Asked:
        return replace(self, **{name: value})


def read_asked(given: Mapping[str, str]) -> Asked:
    # No column holds a NUL, and the database refuses one.
    said = {name: given.get(name, "").replace("\0", "").strip()[:LONGEST] for name in ("search", *FACETS)}
    for name, words in _ONE_OF.items():
        if said[name] and said[name] not in words:
            raise BadInput(f"`{name}` is one of {', '.join(words)}.", code="bad_filter")
    return Asked(**said)
