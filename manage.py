#!/usr/bin/env python
"""Django's command line. `python manage.py help` lists the commands; `serve public|internal` starts a plane."""

import os
import sys

from apps.platform.errors import ConfigError


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "traceweb.settings")
    from django.core.management import execute_from_command_line  # after the settings module is named

    try:
        execute_from_command_line(sys.argv)
    except ConfigError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
