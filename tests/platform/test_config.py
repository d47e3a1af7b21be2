"""The environment: every variable documented, every mistake named, no secret shown."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import pytest

from apps.platform.config import Config, Profile, QueueDriver
from apps.platform.environment import reference, secret_values, variables
from apps.platform.errors import ConfigError

ROOT = Path(__file__).resolve().parents[2]
FIELDS = dict(variables(Config))
AWS = {"TRACE_PROFILE": "aws", "TRACE_PUBLIC_URL": "https://trace.example"}


def problems(**environ: str) -> tuple[str, ...]:
    with pytest.raises(ConfigError) as error:
        Config.from_env(environ)
    return error.value.problems


@pytest.mark.parametrize("field", FIELDS)
def test_every_field_is_documented(field: str) -> None:
    variable = FIELDS[field]

    assert len(variable.doc) > 15 and variable.doc.endswith(".")
    assert variable.name.startswith("TRACE_") or variable.name == "PROMETHEUS_MULTIPROC_DIR"


@pytest.mark.parametrize(
    "field", [f.name for f in dataclasses.fields(Config) if f.type == "int" and not f.name.endswith("_port")]
)
def test_every_bare_number_says_its_unit(field: str) -> None:
    assert FIELDS[field].unit


def test_no_two_fields_read_the_same_variable() -> None:
    names = [variable.name for variable in FIELDS.values()]

    assert len(names) == len(set(names))


def test_the_reference_page_is_what_the_declarations_say() -> None:
    page = (ROOT / "docs/reference/configuration.md").read_text()

    assert page == reference(Config), "a variable changed: `make reference`"


def test_nothing_else_reads_the_environment() -> None:
    # The supervisor, the worker and the host of processes build environments, and build scripts run before there is a Config.
    # The secrets that a job lists are in its child's, which was built from empty.
    readers = {
        str(file.relative_to(ROOT))
        for folder in ("apps", "traceweb", "workers", "operators")
        for file in (ROOT / folder).rglob("*.py")
        if re.search(r"os\.(environ|getenv)\b", file.read_text())
    }

    assert readers <= {
        "apps/platform/config.py", "apps/platform/client_config.py", "workers/supervisor/environment.py",
        "workers/platform_worker/environment.py", "workers/process_host/environment.py", "workers/child/feeds.py",
        # Each only names the settings module of its entrance.
        "traceweb/asgi.py", "traceweb/wsgi.py", "traceweb/celery.py", "traceweb/management/commands/serve.py",
    }  # fmt: skip


def test_an_empty_environment_gives_the_defaults() -> None:
    config = Config.from_env({})

    assert config == Config()
    assert (config.profile, config.public_port, config.demo) == (Profile.LAPTOP, 8000, True)


def test_values_become_types() -> None:
    config = Config.from_env({
        "TRACE_QUEUE_DRIVER": "SQS", "TRACE_DEMO": "no", "TRACE_ALLOWED_HOSTS": "a.example, b.example,",
        "TRACE_DATA_DIR": "/srv/trace", "TRACE_PUBLIC_URL": "http://127.0.0.1:9000/", "TRACE_LOG_LEVEL": "debug",
        "TRACE_OUTBOX_BATCH": " 10 ",
    })  # fmt: skip

    assert (config.queue_driver, config.demo, config.allowed_hosts) == (QueueDriver.SQS, False, ("a.example", "b.example"))
    assert (config.data_dir, config.public_url) == (Path("/srv/trace"), "http://127.0.0.1:9000")
    assert (config.log_level, config.outbox_batch) == ("DEBUG", 10)


def test_an_empty_value_is_the_default() -> None:
    assert Config.from_env({"TRACE_PUBLIC_PORT": "  "}).public_port == 8000


def test_a_config_cannot_be_changed() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        Config.from_env({}).public_port = 1  # type: ignore[misc]


@pytest.mark.parametrize(("name", "value", "rule"), [
    ("TRACE_PUBLIC_PORT", "eight", "whole number from 0 to 65535"),
    ("TRACE_PUBLIC_PORT", "65536", "whole number"),
    ("TRACE_PUBLIC_PORT", "-1", "whole number"),
    ("TRACE_OUTBOX_BATCH", "1.5", "whole number"),
    ("TRACE_DATABASE_POOL_SIZE", "1", "whole number from 2 to 200"),
    ("TRACE_DEMO", "maybe", "write 1 or 0"),
    ("TRACE_PROFILE", "azure", "one of laptop, aws"),
    ("TRACE_STATE_DSN", "mysql://h/db", "postgresql://host:port"),
    ("TRACE_PUBLIC_URL", "trace.example", "http://host:port or https://host:port"),
    ("TRACE_S3_ENDPOINT", "http://:9000", "http://host:port"),
    ("TRACE_S3_ENDPOINT", "http://h:99999", "http://host:port"),
    ("TRACE_LOG_LEVEL", "LOUD", "DEBUG, INFO, WARNING or ERROR"),
])  # fmt: skip
def test_a_wrong_value_is_named_with_its_rule(name: str, value: str, rule: str) -> None:
    (problem,) = problems(**{name: value})

    assert problem.startswith(f"{name}: ") and rule in problem


def test_every_mistake_is_told_at_once() -> None:
    told = problems(TRACE_PUBLIC_PORT="x", TRACE_DEMO="perhaps", TRACE_PUBLIC_PROT="8000")

    assert [problem.split(":")[0] for problem in sorted(told)] == ["TRACE_DEMO", "TRACE_PUBLIC_PORT", "TRACE_PUBLIC_PROT"]


def test_an_unknown_variable_is_refused_with_the_likely_one() -> None:
    assert problems(TRACE_PUBLIC_PROT="1") == ("TRACE_PUBLIC_PROT: there is no such variable; did you mean TRACE_PUBLIC_PORT?",)
    assert "docs/reference/configuration.md" in problems(TRACE_ZZZZZZ="1")[0]


def test_a_variable_of_somebody_else_is_left_alone() -> None:
    assert Config.from_env({"PATH": "/bin", "TRACER": "x"}) == Config()


def test_a_variable_of_the_command_line_is_left_alone() -> None:
    assert Config.from_env({"TRACE_URL": "http://127.0.0.1:8000", "TRACE_TOKEN": "trace_pat_x", "TRACE_ORG": "demo"}) == Config()


@pytest.mark.parametrize("field", [field for field, variable in FIELDS.items() if variable.secret])
def test_a_secret_is_never_shown(field: str) -> None:
    value = "hunter2-hunter2"
    name = FIELDS[field].name
    try:
        shown = repr(Config.from_env({name: value, "TRACE_S3_ACCESS_KEY": value, "TRACE_S3_SECRET_KEY": value}))
    except ConfigError as error:
        shown = str(error)

    assert "hunter2" not in shown


@pytest.mark.parametrize(("environ", "named"), [
    (AWS | {"TRACE_LOCAL_LOGIN": "1"}, "TRACE_LOCAL_LOGIN"),
    (AWS | {"TRACE_DEBUG": "1"}, "TRACE_DEBUG"),
    (AWS | {"TRACE_PUBLIC_URL": "http://trace.example"}, "TRACE_PUBLIC_URL"),
    ({"TRACE_SIGNING_DRIVER": "kms"}, "TRACE_KMS_KEY_IDS"),
    ({"TRACE_S3_ACCESS_KEY": "half"}, "TRACE_S3_SECRET_KEY"),
])  # fmt: skip
def test_a_contradiction_is_refused(environ: dict[str, str], named: str) -> None:
    (problem,) = problems(**environ)

    assert named in problem


def test_what_a_process_needs_and_does_not_have_is_named() -> None:
    with pytest.raises(ConfigError, match=r"TRACE_STATE_DSN.*\n.*TRACE_QUEUE_DSN"):
        Config.from_env({}).require("state_dsn", "public_port", "queue_dsn")


def test_what_a_log_must_never_show_is_known() -> None:
    config = Config.from_env({
        "TRACE_STATE_DSN": "postgresql://web:p%40ss-word@h/db", "TRACE_WORKER_TOKENS": "trace_wkr_one,trace_wkr_two",
        "TRACE_DJANGO_SECRET_KEY": "django-key",
    })  # fmt: skip

    assert set(secret_values(config)) - {""} == {"p@ss-word", "trace_wkr_one", "trace_wkr_two", "django-key"}
