"""The part of the API that is about datasets, call by call."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from urllib.parse import quote

from apps.cli.client import Api
from apps.cli.told import Json

_PAGE = "500"


class DatasetsApi(Api):
    def datasets(self, query: Mapping[str, str]) -> list[Json]:
        """By name."""
        return sorted(self._pages(dict(query)), key=lambda one: str(one["name"]))

    def dataset(self, name: str) -> Json:
        return self._client.call("GET", f"/v1/datasets/{quote(name, safe='')}").body

    def _pages(self, query: dict[str, str]) -> Iterator[Json]:
        cursor: dict[str, str] = {}
        while True:
            page = self._client.call("GET", "/v1/datasets", query={**query, "limit": _PAGE, **cursor}).body
            yield from page["results"]
            if not page["next"]:
                return
            cursor = {"cursor": page["next"]}
