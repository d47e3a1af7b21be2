"""The settings of the internal plane: no sessions, no pages, no cookies; callers prove themselves with tokens."""

from traceweb.settings import *  # noqa: F403  a second settings module is Django's way to vary one

ROOT_URLCONF = "traceweb.urls.internal"
# Its pages need what this plane does not have, and say so at every check.
INSTALLED_APPS = [app for app in INSTALLED_APPS if not app.startswith("django.contrib.admin")]  # noqa: F405
MIDDLEWARE = [
    "traceweb.middleware.RequestContext",
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.common.CommonMiddleware",
]
# Workers reach this plane inside the private network, over plain HTTP behind no proxy.
SECURE_SSL_REDIRECT = False
# Nobody is anybody here by default, so a view that names no permission of its own answers nobody.
REST_FRAMEWORK = REST_FRAMEWORK | {"DEFAULT_AUTHENTICATION_CLASSES": [], "DEFAULT_THROTTLE_CLASSES": []}  # noqa: F405
