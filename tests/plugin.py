"""Starts the real servers before Django reads its settings. Loaded by `-p tests.plugin`, ahead of every conftest.

Only the run itself starts them: its parallel processes inherit the environment, and make databases of their own.
"""

from __future__ import annotations

import atexit
import os

import pytest

from tests.servers import PASSWORD, Servers

_MARK = "_TRACE_TEST_SERVERS"
_servers: Servers | None = None


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    if _MARK in os.environ or early_config.known_args_namespace.collectonly:
        return
    global _servers  # noqa: PLW0603  one run, one set of servers
    for name in [name for name in os.environ if name.startswith("TRACE_")]:
        del os.environ[name]  # the developer's own settings must not steer the tests
    _servers = Servers()
    # Pytest forgets its plugins when it fails before the first test: when a conftest or the settings cannot be imported.
    atexit.register(_servers.stop)
    _servers.start()
    os.environ |= settings_of(_servers)


def pytest_unconfigure(config: pytest.Config) -> None:
    if _servers:
        _servers.stop()
        os.environ.pop(_MARK, None)


def settings_of(servers: Servers) -> dict[str, str]:
    s3 = servers.seaweedfs
    return {
        _MARK: str(servers.directory),
        "TRACE_STATE_DSN": servers.postgres.dsn("trace_state"),
        "TRACE_DATA_DSN": servers.postgres.dsn("trace_data"),
        "TRACE_QUEUE_DSN": servers.postgres.dsn("postgres"),
        "TRACE_BROKER_URL": servers.valkey.url,
        "TRACE_S3_ENDPOINT": s3.endpoint,
        "TRACE_S3_ACCESS_KEY": "TRACEADMIN0000000000",
        "TRACE_S3_SECRET_KEY": PASSWORD,
        "TRACE_DJANGO_SECRET_KEY": "the-secret-key-of-the-tests-only",
        "TRACE_WORKER_TOKENS": "trace_wkr_current-token-of-tests,trace_wkr_previous-token-of-tests",
        "TRACE_LOCAL_LOGIN": "1",
        "TRACE_DEBUG": "1",
        "TRACE_DATABASE_POOL_SIZE": "12",
        "TRACE_LOG_LEVEL": "WARNING",
    }
