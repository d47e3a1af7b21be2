"""Logs, and how secrets are kept out of them. One line of JSON per event, with the ids that tie events together."""

from __future__ import annotations

import logging
import logging.config
import re
from collections.abc import Iterable, MutableMapping
from threading import Lock
from typing import Any

import structlog
from opentelemetry import trace

from apps.platform.config import Config, LogFormat
from apps.platform.environment import secret_values

HIDDEN = "[redacted]"
SHORTEST_WRITTEN, MOST_WRITTEN = 12, 1000
# A name that ends like this holds a secret, whatever its value; `lease_token` and `csrf_token` are meant too.
_SECRET_NAME = re.compile(
    r"(password|passwd|secret|token|authorization|cookie|api_?key|private_?key|dsn|credentials?)$", re.IGNORECASE
)
# What a secret looks like inside other text: URL passwords, bearer headers, JWTs and Trace's own tokens.
_SECRET_TEXT = re.compile(
    r"(?<=://)[^/\s:@]*:[^/\s@]+(?=@)"
    r"|(?<=bearer )[\w.~+/=-]+"
    r"|eyJ[\w-]{8,}\.[\w-]+\.[\w-]+"
    r"|\btrace_(?:pat|wkr)_[\w-]{8,}",
    re.IGNORECASE,
)
EventDict = MutableMapping[str, Any]


class Redactor:
    """Replaces what looks like a secret and every value it was told of."""

    def __init__(self) -> None:
        self._known: tuple[str, ...] = ()

    def learn(self, values: Iterable[str]) -> None:
        """Values shorter than 6 characters are left: hiding every `1` of a log helps nobody."""
        known = {value for value in (*self._known, *values) if len(value) >= 6}
        self._known = tuple(sorted(known, key=len, reverse=True))

    def text(self, value: str) -> str:
        for secret in self._known:
            value = value.replace(secret, HIDDEN)
        return _SECRET_TEXT.sub(HIDDEN, value)

    def value(self, name: str, value: object) -> object:
        if isinstance(value, dict):
            return {key: self.value(str(key), item) for key, item in value.items()}
        if isinstance(value, (list, tuple)):
            return [self.value(name, item) for item in value]
        if value is None or isinstance(value, bool):
            return value
        if _SECRET_NAME.search(name):
            return HIDDEN  # a number as well: there are passwords of digits
        return value if isinstance(value, (int, float)) else self.text(str(value))


class LogRedactor(Redactor):
    """Hides in log lines also what was written into the vault lately.

    In nothing but logs: whoever may write a secret would else choose which words the audit log of every org shows.
    """

    def __init__(self, platform: Redactor) -> None:
        super().__init__()
        self._platform = platform
        self._lock = Lock()
        self._newest: tuple[str, ...] = ()

    def learn(self, values: Iterable[str]) -> None:
        self._platform.learn(values)

    def learn_written(self, value: str) -> None:
        """The newest only, since every line is searched for each; and not what may well be a word of other lines."""
        if len(value) < SHORTEST_WRITTEN:
            return
        with self._lock:
            self._newest = (*(old for old in self._newest if old != value), value)[-MOST_WRITTEN:]
            self._known = tuple(sorted(self._newest, key=len, reverse=True))

    def text(self, value: str) -> str:
        return self._platform.text(super().text(value))

    def __call__(self, logger: object, method: str, event: EventDict) -> EventDict:
        for name, value in event.items():
            # `exc_info` and structlog's own `_record` are handled by the processors after this one.
            if name != "exc_info" and not name.startswith("_"):
                event[name] = self.value(name, value)
        return event


def _with_trace_id(logger: object, method: str, event: EventDict) -> EventDict:
    """Ties a line to its trace, in processes that trace."""
    if (context := trace.get_current_span().get_span_context()).is_valid:
        event["trace_id"] = trace.format_trace_id(context.trace_id)
    return event


# The audit log hides what looks like a secret and our own; see LogRedactor for why no more.
platform_redactor = Redactor()
redactor = LogRedactor(platform_redactor)


def configure_logging(config: Config) -> None:
    redactor.learn(secret_values(config))
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        _with_trace_id,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        redactor,
    ]
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer() if config.log_format is LogFormat.JSON else structlog.dev.ConsoleRenderer()
    )
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, *shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    formatter = {
        "()": structlog.stdlib.ProcessorFormatter,
        "foreign_pre_chain": shared,
        "processors": [structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
    }
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {"line": formatter},
            "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
            "root": {"handlers": ["stderr"], "level": config.log_level},
            "loggers": {
                # One line per request comes from our middleware; Django's own would be the second.
                "django.request": {"level": "CRITICAL"},
                # A traceback for every request that somebody made up would let anybody flood the log; errors.bad_request says it in a line.
                "django.security": {"level": "CRITICAL"},
                "botocore": {"level": "WARNING"},
                "httpx": {"level": "WARNING"},
                "httpcore": {"level": "WARNING"},
            },
        }
    )
