"""One run of a command: where it writes, and Trace as its settings name it."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from apps.cli.exits import Stopped
from apps.cli.outside import Outside
from apps.cli.rendering import Paint, plain
from apps.cli.settings import Settings, client_config, settings_of
from apps.platform.client_config import ClientConfig

if TYPE_CHECKING:
    from apps.cli.dagsapi import DagsApi
    from apps.cli.datasetsapi import DatasetsApi
    from apps.cli.runsapi import RunsApi


class Session:
    def __init__(self, outside: Outside, *, url: str | None = None, org: str | None = None) -> None:
        self.outside = outside
        self._url, self._org = url, org

    @cached_property
    def config(self) -> ClientConfig:
        return client_config(self.outside)

    @cached_property
    def settings(self) -> Settings:
        return settings_of(self.config, url=self._url, org=self._org, directory=self.outside.directory)

    @cached_property
    def api(self) -> DagsApi:
        return self.api_at(self.settings)

    def api_at(self, settings: Settings) -> DagsApi:
        from apps.cli.dagsapi import DagsApi  # noqa: PLC0415  it brings httpx, and --help is not to wait for that

        return DagsApi.at(settings, outside=self.outside, tell=self.tell)

    @cached_property
    def runs(self) -> RunsApi:
        from apps.cli.runsapi import RunsApi  # noqa: PLC0415  as above

        return RunsApi.at(self.settings, outside=self.outside, tell=self.tell)

    @cached_property
    def datasets(self) -> DatasetsApi:
        from apps.cli.datasetsapi import DatasetsApi  # noqa: PLC0415  as above

        return DatasetsApi.at(self.settings, outside=self.outside, tell=self.tell)

    @cached_property
    def paint(self) -> Paint:
        return Paint(self.outside.stdout.isatty() and not self.config.no_color)

    def say(self, line: str) -> None:
        print(line, file=self.outside.stdout, flush=True)

    def tell(self, line: str) -> None:
        """To whoever watches: no part of the output."""
        print(plain(line), file=self.outside.stderr, flush=True)

    def agrees(self, question: str) -> bool:
        """Whoever is at the terminal; anything but a yes is a no."""
        self.outside.stderr.write(f"{question} [y/N] ")
        self.outside.stderr.flush()
        return self.outside.stdin.readline().strip().lower() in {"y", "yes"}

    def explain(self, stopped: Stopped) -> None:
        self.tell(f"trace: {stopped.message}")
        if stopped.hint:
            self.tell(f"  → {stopped.hint}")

    def close(self) -> None:
        for name in ("api", "runs", "datasets"):
            # Those that were asked for.
            if name in self.__dict__:
                getattr(self, name).close()
