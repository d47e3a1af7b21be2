"""`python manage.py serve public|internal`: one plane, one process, the server that measured best for it."""

from __future__ import annotations

import os
import sys
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

# Public: ASGI, because live logs and states are streams. Internal: WSGI threads, two to four times faster there.
_PLANES = {
    "public": ["--interface", "asginl", "traceweb.asgi:application"],
    "internal": ["--interface", "wsgi", "--blocking-threads", "8", "traceweb.wsgi:application"],
}


class Command(BaseCommand):
    help = "Serve one plane: public (pages, /v1) or internal (workers, user code)."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("plane", choices=sorted(_PLANES))
        parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: loopback)")

    def handle(self, *args: Any, **options: Any) -> None:
        plane = options["plane"]
        port = settings.CONFIG.public_port if plane == "public" else settings.CONFIG.internal_port
        module = "traceweb.settings" if plane == "public" else "traceweb.settings_internal"
        command = [
            sys.executable, "-m", "granian", "--host", options["host"], "--port", str(port), "--workers", "1",
            "--respawn-failed-workers", "--no-ws", "--log-level", "warning", *_PLANES[plane],
        ]  # fmt: skip
        # The server takes this process's place: Django need not stay loaded in a parent that only watches.
        os.execve(sys.executable, command, os.environ | {"DJANGO_SETTINGS_MODULE": module})  # noqa: S606  that is the point
