"""The name of a DAG is a part of addresses: no word of ours that stands in its place can be one."""

from __future__ import annotations

from apps.dags import urls, urls_api
from apps.dags.document.shape import is_dag_name


def test_no_dag_can_be_called_as_an_address_is() -> None:
    routes = [str(pattern.pattern) for pattern in (*urls.urlpatterns, *urls_api.urlpatterns)]
    words = {route.split("dags/", 1)[1].split("/")[0] for route in routes if "dags/" in route}

    assert {"validate", "schema", "-"} <= words
    assert not {word for word in words if not word.startswith("<") and is_dag_name(word)}
