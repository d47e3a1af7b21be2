"""The part of the API that is about datasets, call by call."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote

from apps.cli.client import Api
from apps.cli.exits import Refused
from apps.cli.told import Json


class DatasetsApi(Api):
    def datasets(self, query: Mapping[str, str]) -> list[Json]:
        """By name."""
        return sorted(self.pages("/v1/datasets", query), key=lambda one: str(one["name"]))

    def dataset(self, name: str) -> Json:
        return self._client.call("GET", _path(name)).body

    def versions(self, name: str) -> list[Json]:
        """None where its rows lie in a table, or it is another org's, which keeps them to itself."""
        try:
            return list(self.pages(f"{_path(name)}/versions"))
        except Refused as refused:
            if refused.code not in {"no_versions", "unknown_dataset"}:
                raise
            return []

    def backfill(self, name: str, body: Json, *, key: str | None) -> Json:
        """What is made; after a dry run, what would be."""
        headers = {"Idempotency-Key": key} if key else {}
        return self._client.call("POST", f"{_path(name)}/backfill", body=body, headers=headers).body

    def files(self, name: str, query: Mapping[str, str]) -> Json:
        return self._client.call("GET", f"{_path(name)}/files", query=dict(query)).body

    def invalidate(self, name: str, body: Json, *, key: str | None) -> Json:
        headers = {"Idempotency-Key": key} if key else {}
        return self._client.call("POST", f"{_path(name)}/invalidations", body=body, headers=headers).body

    def purge(self, name: str, body: Json, *, key: str | None) -> Json:
        headers = {"Idempotency-Key": key} if key else {}
        return self._client.call("POST", f"{_path(name)}/purges", body=body, headers=headers).body


def _path(name: str) -> str:
    return f"/v1/datasets/{quote(name, safe='')}"
