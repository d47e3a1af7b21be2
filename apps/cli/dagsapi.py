"""The part of the API that is about DAGs, call by call."""

from __future__ import annotations

from collections.abc import Iterator
from http import HTTPStatus
from urllib.parse import quote

from apps.cli.client import Api
from apps.cli.told import Json


class DagsApi(Api):
    def me(self) -> Json:
        return self._client.call("GET", "/v1/me").body

    def validate(self, text: str) -> Json:
        return self._client.call("POST", "/v1/dags/validate", body={"yaml": text}).body

    def deploy(self, name: str, text: str, *, base: str | None = None) -> tuple[Json, bool]:
        """The version, and whether it is new."""
        body = {"yaml": text} | ({"base": base} if base else {})
        status, version = self._client.call("POST", f"{_dag(name)}/versions", body=body)
        return version, status == HTTPStatus.CREATED

    def activate(self, name: str, version_id: str | None, *, cutover: str = "auto") -> Json:
        return self._client.call("PUT", f"{_dag(name)}/active", body={"version_id": version_id, "cutover": cutover}).body

    def build(self, name: str) -> Json:
        return self._client.call("GET", f"{_dag(name)}/build").body

    def cut_over(self, name: str) -> None:
        self._client.call("POST", f"{_dag(name)}/build/cutover")

    def abandon_build(self, name: str) -> None:
        self._client.call("DELETE", f"{_dag(name)}/build")

    def delete(self, name: str) -> None:
        self._client.call("DELETE", _dag(name))

    def dags(self) -> list[Json]:
        """By name."""
        return sorted(self.pages("/v1/dags"), key=lambda dag: str(dag["name"]))

    def dag(self, name: str) -> Json:
        return self._client.call("GET", _dag(name)).body

    def versions(self, name: str) -> Iterator[Json]:
        """The newest first."""
        return self.pages(f"{_dag(name)}/versions")

    def version(self, name: str, version_id: str) -> Json:
        return self._client.call("GET", f"{_dag(name)}/versions/{version_id}").body

    def activations(self, name: str) -> Iterator[Json]:
        """The newest first."""
        return self.pages(f"{_dag(name)}/activations")

    def diff(self, name: str, version_id: str, *, against: str | None) -> Json:
        query = {"against": against} if against else {}
        return self._client.call("GET", f"{_dag(name)}/versions/{version_id}/diff", query=query).body


def _dag(name: str) -> str:
    return f"/v1/dags/{quote(name, safe='')}"
