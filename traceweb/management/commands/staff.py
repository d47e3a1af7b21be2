"""`python manage.py staff appoint|dismiss ann@example.com`: who runs Trace itself."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from apps.accounts import services
from apps.audit.domain import Actor
from apps.platform.errors import UserError


class Command(BaseCommand):
    help = "Make somebody platform staff, or no longer."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("what", choices=["appoint", "dismiss"])
        parser.add_argument("email")

    def handle(self, *args: Any, **options: Any) -> str:
        by = Actor.system("manage.py staff")
        try:
            if options["what"] == "dismiss":
                return f"{services.dismiss_staff(options['email'], by=by).email} is not platform staff."
            person = services.appoint_staff(options["email"], by=by, now=timezone.now())
        except UserError as error:
            raise CommandError(error.message) from error
        return f"{person.email} is platform staff, and signs in with single sign-on if there is no password."
