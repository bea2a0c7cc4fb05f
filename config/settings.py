"""Django's settings: one file for every place Accord runs, steered by the environment.

Every default is safe to expose: DEBUG is off, the secret key is made on first use and kept in
ACCORD_HOME, and only the hosts named in ALLOWED_HOSTS are answered.
"""

from __future__ import annotations

import ipaddress
import os
import secrets
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from csp.constants import NONE, SELF
from django.utils.translation import gettext_lazy as _

from config import database, environment
from config.operations.logs import logging_settings

BASE_DIR = Path(__file__).resolve().parent.parent
ACCORD_HOME = Path(os.environ.get("ACCORD_HOME") or BASE_DIR / "var").resolve()

os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")


def _secret_key() -> str:
    """The key from the environment, or one made once and readable by its owner alone."""
    if key := environment.secret("ACCORD_SECRET_KEY"):
        return key
    path = ACCORD_HOME / "secret_key"
    path.parent.mkdir(parents=True, exist_ok=True)
    while not path.exists() or not path.read_text():
        fresh = path.with_name(f"secret_key.{os.getpid()}")
        fresh.touch(mode=0o600)
        fresh.write_text(secrets.token_urlsafe(50))
        # A link fails where a second process was first; then its key is the one.
        try:
            os.link(fresh, path)
        except FileExistsError:
            break
        finally:
            fresh.unlink()
    return path.read_text()


def _list(name: str, default: str) -> list[str]:
    return [item.strip() for item in os.environ.get(name, default).split(",") if item.strip()]


def _origin(url: str) -> list[str]:
    parts = urlsplit(url)
    return [f"{parts.scheme}://{parts.netloc}"] if parts.netloc else []


SECRET_KEY = _secret_key()
# Former keys: what they signed or hid still holds.
SECRET_KEY_FALLBACKS = _list("ACCORD_FORMER_SECRET_KEYS", "")
DEBUG = os.environ.get("ACCORD_DEBUG") == "1"
HOST = os.environ.get("HOST", "127.0.0.1")
_own_host = [] if HOST in {"0.0.0.0", "::"} else [HOST]  # noqa: S104 - compared, not bound
ALLOWED_HOSTS = [*_list("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]"), *_own_host]
CSRF_TRUSTED_ORIGINS = _list("CSRF_TRUSTED_ORIGINS", "")

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django_htmx",
    "csp",
    "rest_framework",
    "drf_spectacular",
    "procrastinate.contrib.django",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "labelers",
    "annotation",
    "exports",
    "training",
    "config.operations",
]

MIDDLEWARE = [
    "labelers.request_ids.RequestIds",
    "config.operations.middleware.Probes",
    "config.operations.middleware.Measured",
    "django.middleware.security.SecurityMiddleware",
    "config.headers.RestrictBrowsers",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "config.operations.outages.Breaker",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "config.operations.uploads.Bounded",
    "django.contrib.messages.middleware.MessageMiddleware",
    "labelers.archiving.ReadOnlyArchive",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "labelers.signing_in.middleware.WatchSessions",
    "labelers.trail.noting.NoteReadings",
    "labelers.api_calls.ApiCalls",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "config" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

DATABASES = {"default": database.database_settings()}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "labelers.Person"
# The second one is for sessions that began under it; nobody signs in by it.
AUTHENTICATION_BACKENDS = [
    "labelers.signing_in.backend.People",
    "django.contrib.auth.backends.ModelBackend",
]
LOGIN_URL = "sign-in"
LOGIN_REDIRECT_URL = "projects"
LOGOUT_REDIRECT_URL = "sign-in"
AUTH_PASSWORD_VALIDATORS: list[dict[str, Any]] = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
PASSWORD_RESET_TIMEOUT = 3600

# Signing in is allauth's; the pages are ours, and nobody comes in without an invitation.
ACCOUNT_ADAPTER = "labelers.signing_in.adapters.Accounts"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
# Another address, identity or factor opens the account for good: a stolen session must not get one.
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_FORMS = {"login": "labelers.signing_in.forms.SignInForm"}
# Tries with passwords are counted by labelers.signing_in.guarding, where admins see them; this is
# for what allauth asks itself: codes of a second factor (by person), and pages by address.
ACCOUNT_RATE_LIMITS = {"login": "60/m/ip", "login_failed": "5/5m/key"}
MFA_ADAPTER = "labelers.signing_in.adapters.SecondFactors"
MFA_TOTP_ISSUER = "Accord"
MFA_TOTP_TOLERANCE = 1
MFA_ALLOW_UNVERIFIED_EMAIL = True
MFA_RECOVERY_CODES_SHOW_ONCE = True
# Who must have a second factor: nobody, staff, admins (staff and admins of projects) or everyone.
SECOND_FACTOR_FOR = os.environ.get("ACCORD_SECOND_FACTOR_FOR", "nobody")
# How many proxies stand before Accord: the address of a visitor is that many from the right in
# X-Forwarded-For. Without one, that header is what anybody wrote into it.
ALLAUTH_TRUSTED_PROXY_COUNT = int(os.environ.get("ACCORD_PROXIES") or 0)

# One OpenID Connect provider, where an operator names one.
SOCIALACCOUNT_ADAPTER = "labelers.signing_in.adapters.OutsideIdentities"
SOCIALACCOUNT_EMAIL_VERIFICATION = "none"
OIDC_ISSUER = os.environ.get("ACCORD_OIDC_ISSUER", "").rstrip("/")
OIDC_NAME = os.environ.get("ACCORD_OIDC_NAME", "OpenID Connect")
# Domains whose addresses, checked by the provider, may come in without an invitation; * for all.
OIDC_DOMAINS = [domain.lower() for domain in _list("ACCORD_OIDC_DOMAINS", "")]
SOCIALACCOUNT_PROVIDERS: dict[str, Any] = {
    "openid_connect": {
        "OAUTH_PKCE_ENABLED": True,
        "APPS": [
            {
                "provider_id": "oidc",
                "name": OIDC_NAME,
                "client_id": os.environ.get("ACCORD_OIDC_CLIENT_ID", "accord"),
                "secret": environment.secret("ACCORD_OIDC_CLIENT_SECRET"),
                # The signed token says all that is asked; a second request would say the same.
                "settings": {"server_url": OIDC_ISSUER, "fetch_userinfo": False},
            }
        ]
        if OIDC_ISSUER
        else [],
    }
}

# Shared by all processes; for what is asked seldom (limits of signing in), never on the way of
# labeling.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "accord_cache",
        "OPTIONS": {"MAX_ENTRIES": 50_000},
    }
}

LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("ja", _("Japanese"))]
LOCALE_PATHS = [BASE_DIR / "config" / "locale"]
TIME_ZONE = os.environ.get("ACCORD_TIME_ZONE", "UTC")
USE_I18N = True
USE_TZ = True

STATIC_URL = "/static/"
STATIC_ROOT = ACCORD_HOME / "static"
STATICFILES_DIRS = [BASE_DIR / "config" / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "config.storage.HashedStaticFiles"},
}
MEDIA_ROOT = ACCORD_HOME / "uploads"
FILE_UPLOAD_TEMP_DIR = None
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
HUB_ENDPOINT = os.environ.get("ACCORD_HUB_ENDPOINT", "https://huggingface.co").rstrip("/")
HUB_TOKEN = environment.secret("ACCORD_HUB_TOKEN")
IMPORT_MAX_BYTES = int(os.environ.get("ACCORD_IMPORT_MAX_BYTES", 2 * 1024**3))

SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SESSION_ENGINE = "labelers.signing_in.stored_sessions"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
# A session ends after so long without a request, and so long after signing in whatever happens.
SESSION_COOKIE_AGE = int(float(os.environ.get("ACCORD_SESSION_IDLE_HOURS") or 168) * 3600)
SESSION_LIFETIME = int(float(os.environ.get("ACCORD_SESSION_HOURS") or 720) * 3600)
if os.environ.get("ACCORD_HTTPS") == "1":
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_SSL_REDIRECT = True
    SECURE_HSTS_SECONDS = 31_536_000
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = True
    SESSION_COOKIE_SECURE = True
    CSRF_COOKIE_SECURE = True
    # No other host of the domain can set a cookie of these names.
    SESSION_COOKIE_NAME = "__Host-sessionid"
    CSRF_COOKIE_NAME = "__Host-csrftoken"

# E-mail goes to a server where one is named, and nowhere else: letters hold links that open
# accounts, which have no place in a log.
EMAIL_HOST = os.environ.get("ACCORD_SMTP_HOST", "")
EMAIL_BACKEND = f"django.core.mail.backends.{'smtp' if EMAIL_HOST else 'dummy'}.EmailBackend"
EMAIL_PORT = int(os.environ.get("ACCORD_SMTP_PORT") or 587)
EMAIL_HOST_USER = os.environ.get("ACCORD_SMTP_USER", "")
EMAIL_HOST_PASSWORD = environment.secret("ACCORD_SMTP_PASSWORD")
# starttls (the default), implicit (TLS from the first byte, port 465) or off.
_mail_tls = os.environ.get("ACCORD_SMTP_TLS", "starttls")
EMAIL_USE_TLS = _mail_tls == "starttls"
EMAIL_USE_SSL = _mail_tls == "implicit"
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = SERVER_EMAIL = os.environ.get("ACCORD_MAIL_FROM", f"accord@{HOST}")
EMAIL_SUBJECT_PREFIX = ""
# What letters and codes call this site: never what a request calls it, for its header Host is
# whatever the sender wrote there.
PUBLIC_URL = (
    os.environ.get("ACCORD_PUBLIC_URL") or f"http://{HOST}:{os.environ.get('PORT') or 8000}"
).rstrip("/")

# Where a completion code may be taken back to; labelers are sent nowhere else.
CROWD_HOSTS = _list(
    "ACCORD_CROWD_HOSTS",
    "app.prolific.com,app.prolific.co,www.mturk.com,worker.mturk.com,workersandbox.mturk.com",
)

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "object-src": [NONE],
        "base-uri": [NONE],
        # Browsers hold redirects after a form against this list, too.
        "form-action": [SELF, *_origin(OIDC_ISSUER)],
        "frame-ancestors": [NONE],
        "img-src": [SELF, "data:"],
    }
}

# How many requests of the API a person, or an address that nobody signed in from, may send in a
# minute; 0: any number. A labeler who never pauses sends some hundred.
REQUESTS_OF_PERSON = int(os.environ.get("ACCORD_REQUESTS_OF_PERSON", 6000))
REQUESTS_OF_ADDRESS = int(os.environ.get("ACCORD_REQUESTS_OF_ADDRESS", 600))

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "labelers.tokens.TokenAuthentication",
        "labelers.tokens.PageSession",
    ],
    # In this order: nothing is done, read or repeated for somebody who may not ask.
    "DEFAULT_PERMISSION_CLASSES": [
        "rest_framework.permissions.IsAuthenticated",
        "labelers.limiting.WithinLimit",
        "labelers.tokens.HasScope",
        "config.asking.AsDescribed",
        "labelers.conditions.Unchanged",
        "labelers.idempotency.FirstTime",
    ],
    "DEFAULT_PARSER_CLASSES": ["labelers.parsing.JsonParser"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PAGINATION_CLASS": "labelers.paging.IdCursorPagination",
    "DEFAULT_SCHEMA_CLASS": "config.describing.OperationSchema",
    "EXCEPTION_HANDLER": "labelers.problems.problem_response",
    "PAGE_SIZE": 50,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Accord",
    "DESCRIPTION": "Everything that Accord's pages do, for programs.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "POSTPROCESSING_HOOKS": ["config.describing.enums_in_place"],
}

PROCRASTINATE_AUTODISCOVER_MODULE_NAME = "jobs"
PROCRASTINATE_WORKER_DEFAULTS = {"delete_jobs": "successful"}

# Lines for people, or one JSON object per line for collectors, who want every request as well.
_json_lines = os.environ.get("ACCORD_LOG_JSON") == "1"
_access_lines = os.environ.get("ACCORD_ACCESS_LOG", "1" if _json_lines else "0") == "1"
LOGGING = logging_settings(as_json=_json_lines, access=_access_lines)

# Who may read /metrics: whoever sends the token, or without one whoever asks from these networks.
METRICS_TOKEN = environment.secret("ACCORD_METRICS_TOKEN")
METRICS_ALLOW = [
    ipaddress.ip_network(network)
    for network in _list("ACCORD_METRICS_ALLOW", "127.0.0.0/8,::1/128")
]
# A server with less room than this on the disk of its home takes no uploads and is not ready.
DISK_RESERVE = int(os.environ.get("ACCORD_DISK_RESERVE_MB") or 200) * 1024**2
