"""The public plane, for an ASGI server. ASGI because live logs and states are server-sent events."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "traceweb.settings")

from django.core.asgi import get_asgi_application

from traceweb import tracing
from traceweb.health import serve_this_process

tracing.start("web")
application = get_asgi_application()
serve_this_process()
