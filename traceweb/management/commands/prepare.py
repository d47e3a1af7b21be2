"""`python manage.py prepare`: everything a database needs before the processes start. Safe to run at every start.

Runs with the owner's role: migrates both databases, builds the walls between orgs in *data*, lays out the queue, makes the first keys, gives each process its rights, seeds the demo people and pools.
"""

from __future__ import annotations

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.utils import timezone

from apps.console import demo
from apps.dispatch import services as dispatch
from apps.orm.walls import build_walls
from apps.platform import wiring
from traceweb.databases import DATA, STATE, StateDataRouter
from traceweb.grants import apply_grants


class Command(BaseCommand):
    help = "Migrate, grant, lay out the queue, seed. Idempotent."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--people", type=Path, help="JSON file with what to seed: a list of people, or `people` and `pools`")

    def handle(self, *args: Any, **options: Any) -> None:
        # As long as no model lives in *data*, to go through every migration there for nothing would take seconds.
        for alias in (STATE, DATA) if StateDataRouter.data_models else (STATE,):
            call_command("migrate", database=alias, interactive=False, verbosity=options["verbosity"] - 1)
        build_walls(using=DATA)
        apply_grants()
        # Whoever was off for months finds this one's tables here, before anything wants to write to them.
        dispatch.turn_months(keep_months=settings.CONFIG.task_keep_months)
        wiring.prepare_queue(settings.CONFIG)
        wiring.prepare_keys(settings.CONFIG)
        if options["people"]:
            demo.seed(demo.parse(json.loads(options["people"].read_text())), now=timezone.now())
