"""Django settings, made from Config. Nothing here reads the environment."""

from __future__ import annotations

from pathlib import Path

from apps.dags.document.reading import LONGEST_BYTES
from apps.platform import telemetry
from apps.platform.config import Config, Profile
from apps.platform.oidc import providers
from traceweb import csp
from traceweb.databases import databases

CONFIG = Config.from_env()
CONFIG.require("django_secret_key")
SSO_PROVIDERS = providers.load(CONFIG.oidc_providers_file)
BASE_DIR = Path(__file__).resolve().parent.parent
SECURE = CONFIG.public_url.startswith("https://")

DEBUG = CONFIG.debug
SECRET_KEY = CONFIG.django_secret_key
ALLOWED_HOSTS = list(CONFIG.allowed_hosts)
ROOT_URLCONF = "traceweb.urls.public"
# JSON may write any byte of a text with six (`\u000a`), and a line end of two that counts as one with twelve; few do the latter throughout.
DATA_UPLOAD_MAX_MEMORY_SIZE = 6 * LONGEST_BYTES + 64 * 1024

INSTALLED_APPS = [
    "traceweb",
    "apps.audit",
    "apps.outbox",
    "apps.accounts",
    "apps.orgs",
    "apps.vault",
    "apps.datasets",
    "apps.tables",
    "apps.chains",
    "apps.pii",
    "apps.dags",
    "apps.dispatch",
    "apps.syncing",
    "apps.lineage",
    "apps.runs",
    "apps.console",
    # Without looking for `admin` modules: there is one site, and it names its tables (apps/console/tables).
    "django.contrib.admin.apps.SimpleAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    # Its operator classes of indexes.
    "django.contrib.postgres",
    "django_celery_beat",
    "django_cotton",
    "guardian",
    "django_htmx",
    "rest_framework",
    "drf_spectacular",
    "csp",
]

MIDDLEWARE = [
    "traceweb.middleware.RequestContext",
    "django.middleware.security.SecurityMiddleware",
    "traceweb.static.StaticFiles",
    csp.MIDDLEWARE,
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "apps.accounts.middleware.SessionsThatCount",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    # Every page is for people who are signed in; a view that is for everybody says so. The API has its own rule.
    "apps.accounts.middleware.SignInRequired",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "traceweb.middleware.RefusalsOfMethods",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "traceweb.csp.nonce",
                "apps.console.context.shell",
            ],
            "builtins": ["apps.console.templatetags.trace"],
        },
    }
]
COTTON_DIR = "components"

DATABASES = databases(CONFIG)
DATABASE_ROUTERS = ["traceweb.databases.StateDataRouter"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "accounts.Person"
AUTHENTICATION_BACKENDS = ["apps.accounts.backends.LocalPassword", "apps.accounts.sso.backend.SingleSignOn"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
# Of guardian only the shape of its tables is used (apps/orgs/sharing.py). Its backend stays out: it knows no expiry.
GUARDIAN_MONKEY_PATCH_USER = GUARDIAN_MONKEY_PATCH_GROUP = False
ANONYMOUS_USER_NAME = None
SILENCED_SYSTEM_CHECKS = ["guardian.W001"]
# The one setting of mozilla-django-oidc that is not a provider's: sign-ins that one session may have begun and not ended.
OIDC_MAX_STATES = 10
LOGIN_URL = "accounts:sign-in"
LOGIN_REDIRECT_URL = "console:start"

SESSION_COOKIE_NAME = "trace_session"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 12 * 3600
CSRF_COOKIE_NAME = "trace_csrf"
CSRF_FAILURE_VIEW = "traceweb.errors.csrf_failure"
CSRF_TRUSTED_ORIGINS = [CONFIG.public_url]

SECURE_SSL_REDIRECT = SECURE
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]  # load balancers ask over plain HTTP
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if CONFIG.profile is Profile.AWS else None
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if SECURE else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = SECURE
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = csp.POLICY

LANGUAGE_CODE = "en"
USE_I18N = False
USE_TZ = True
TIME_ZONE = "UTC"

STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "static" / "dist"
# esbuild names the files by their content, so they can be cached for ever; manifest.json maps the names.
WHITENOISE_IMMUTABLE_FILE_TEST = r"-[0-9A-Z]{8}\."
WHITENOISE_ROOT = None
# Not even in development: what is served is named in traceweb/static.py, and not whatever a package brings along.
WHITENOISE_USE_FINDERS = False

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        # First: it passes on whatever does not look like a token of a provider.
        "apps.accounts.sso.bearer.ProviderToken",
        "apps.orgs.authentication.BearerToken",
        "apps.accounts.authentication.Session",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_THROTTLE_CLASSES": ["apps.orgs.rates.PersonRate"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_SCHEMA_CLASS": "apps.orgs.schema.Schema",
    "EXCEPTION_HANDLER": "traceweb.errors.api_exception",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Trace",
    "DESCRIPTION": "ETL orchestration for blockchain research and operations.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.1",
    "SERVE_INCLUDE_SCHEMA": False,
    "COMPONENT_SPLIT_REQUEST": True,
    # Several things have a `state`; without a name theirs would be numbered.
    "ENUM_NAME_OVERRIDES": {
        "DagVersionStateEnum": ["deployed", "active"],
        "LevelEnum": ["view", "change"],
        "PersonalDataOutcomeEnum": ["clear", "masked", "refused"],
        "PoolKindEnum": ["evm", "beacon"],
        "KindEnum": ["email", "name", "address", "phone", "wallet_owner", "ip", "other"],
        "ScopeEnum": ["read", "write", "admin", "platform"],
        "InvalidScopeEnum": ["partition", "row_range"],
        "InvalidReasonEnum": ["reorg", "correction", "schema_change", "manual"],
        "EventKindEnum": ["cursor", "range", "partition", "signal"],
        "TaskStatusEnum": ["queued", "running", "completed", "failed", "canceled"],
    },
    "POSTPROCESSING_HOOKS": ["drf_spectacular.hooks.postprocess_schema_enums", "traceweb.api_errors.describe_errors"],
}

CELERY_BEAT_SCHEDULER = "django_celery_beat.schedulers:DatabaseScheduler"
LOGGING_CONFIG = None
telemetry.configure_logging(CONFIG)
telemetry.redactor.learn(provider.client_secret for provider in SSO_PROVIDERS)
