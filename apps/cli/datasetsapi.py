"""The part of the API that is about datasets, call by call."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote

from apps.cli.client import Api
from apps.cli.told import Json


class DatasetsApi(Api):
    def datasets(self, query: Mapping[str, str]) -> list[Json]:
        """By name."""
        return sorted(self.pages("/v1/datasets", query), key=lambda one: str(one["name"]))

    def dataset(self, name: str) -> Json:
        return self._client.call("GET", f"/v1/datasets/{quote(name, safe='')}").body
