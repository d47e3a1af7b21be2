"""The public plane, for an ASGI server. ASGI because live logs and states are server-sent events."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "traceweb.settings")

from django.core.asgi import get_asgi_application  # noqa: E402  the settings module is named first

application = get_asgi_application()
