"""Settings of one installation, read from the environment; documented in docs/settings.md."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import environ
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()

# --- What kind of installation -----------------------------------------------------------------
DEMO = env.bool("DEMO", default=False)
TESTING = env.bool("TESTING", default=False)
DEBUG = env.bool("DEBUG", default=False)
VAR_DIR = Path(env.str("VAR_DIR", default=str(BASE_DIR / "var")))

if DEMO or TESTING:
    SECRET_KEY = env.str(
        "SECRET_KEY", default="demo-only-key-that-never-guards-real-data-0123456789"
    )
else:
    SECRET_KEY = env.str("SECRET_KEY")
    if not SECRET_KEY:
        raise ImproperlyConfigured("SECRET_KEY is empty; give it 50 or more random characters.")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["*"] if DEMO else ["localhost", "127.0.0.1"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
HTTPS = env.bool("HTTPS", default=not (DEMO or TESTING))

# --- How it is served (manage.py serve) --------------------------------------------------------
PROCESSES = env.int("PROCESSES", default=1)
#: Certificate and key with which the processes end TLS for sockets themselves; "": no TLS port.
TLS_CERTFILE = env.str("TLS_CERTFILE", default="")
TLS_KEYFILE = env.str("TLS_KEYFILE", default="")
if bool(TLS_CERTFILE) != bool(TLS_KEYFILE):
    raise ImproperlyConfigured("TLS_CERTFILE and TLS_KEYFILE belong together; set both or none.")
GRACE_S = env.int("GRACE_S", default=20)
#: Addresses at which pages open sockets, one per process; empty: where the page came from.
SOCKET_ORIGINS = [origin.rstrip("/").lower() for origin in env.list("SOCKET_ORIGINS", default=[])]
for origin in SOCKET_ORIGINS:
    if not re.fullmatch(r"wss?://([a-z0-9.-]+|\[[0-9a-f:]+\])(:[1-9]\d{0,4})?", origin):
        raise ImproperlyConfigured(f"SOCKET_ORIGINS: {origin} is not like wss://host:port.")
    if HTTPS and not origin.startswith("wss://"):
        raise ImproperlyConfigured(f"SOCKET_ORIGINS: {origin} needs wss:// on a site with HTTPS.")
#: Chat lines a second that everybody still gets; of a faster chat everybody gets a sample.
CHAT_LINES_PER_S = env.float("CHAT_LINES_PER_S", default=30.0)
#: What the line of this machine carries, in Mbit/s; rooms stay below it. 0: not limited.
UPLINK_MBIT = env.float("UPLINK_MBIT", default=0.0)
#: Where a CDN or proxy serves the rooms' feeds, like https://cdn.example.org; empty: we do.
FEED_ORIGIN = env.str("FEED_ORIGIN", default="").rstrip("/")
if CHAT_LINES_PER_S < 1 or UPLINK_MBIT < 0:
    raise ImproperlyConfigured("CHAT_LINES_PER_S must be 1 or more, UPLINK_MBIT 0 or more.")
#: The most a request may bring, in MB: everywhere, and at the desk, where a folder of licences is
#: uploaded; and how long it may take. nginx says the same (client_max_body_size).
BODY_MB = env.int("BODY_MB", default=25)
BODY_DESK_MB = env.int("BODY_DESK_MB", default=210)
BODY_SECONDS = env.int("BODY_SECONDS", default=300)
if BODY_MB < 1 or BODY_DESK_MB < BODY_MB or BODY_SECONDS < 1:
    raise ImproperlyConfigured("BODY_MB and BODY_SECONDS must be 1 or more, BODY_DESK_MB not less.")
METRICS_TOKEN = env.str("METRICS_TOKEN", default="")
METRICS_ALLOWED = env.list("METRICS_ALLOWED", default=["127.0.0.1", "::1"])

# --- Applications, in import order from the bottom up ------------------------------------------
INSTALLED_APPS = [
    # For `runserver`; it loads Twisted, which a production process can do without.
    *(["daphne"] if DEMO or DEBUG else []),
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "accounts.apps.AdminConfig",
    "django.contrib.humanize",
    "channels",
    "csp",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "django_tasks_db",
    "core",
    "jobs",
    "accounts",
    "employers",
    "seekers",
    "fairs",
    "livestream",
    "intents",
    "insights",
    "integrations",
    "jobfair",
]

MIDDLEWARE = [
    "jobfair.middleware.MeasureMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "core.serve.StaticFiles",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "accounts.middleware.ActorMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "jobfair.middleware.PersonalPagesMiddleware",
    "jobfair.middleware.DomainErrorMiddleware",
]

ROOT_URLCONF = "jobfair.urls"
ASGI_APPLICATION = "jobfair.asgi.application"
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
                "jobfair.context.site",
            ],
            "builtins": ["core.templatetags.fmt", "django.templatetags.i18n"],
        },
    }
]

# --- Data --------------------------------------------------------------------------------------
DATABASES = {"default": env.db("DATABASE_URL", default=f"sqlite:///{VAR_DIR / 'jobfair.sqlite3'}")}
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    DATABASES["default"].setdefault("OPTIONS", {}).update(
        {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA foreign_keys=ON;",
        }
    )
else:
    DATABASES["default"]["CONN_MAX_AGE"] = env.int("DATABASE_CONN_MAX_AGE", default=0)
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
    # Requests have threads of their own: without a pool each of them opens a connection.
    DATABASE_POOL = env.int("DATABASE_POOL", default=0 if TESTING else 8)
    if DATABASE_POOL:
        DATABASES["default"].setdefault("OPTIONS", {})["pool"] = {
            "min_size": 1,
            "max_size": DATABASE_POOL,
            "timeout": 5,
        }
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = env.str("REDIS_URL", default="")
if REDIS_URL:
    CACHES = {
        "default": {
            "BACKEND": "core.cache.FallbackRedisCache",
            "LOCATION": REDIS_URL,
            "OPTIONS": {"socket_timeout": 1, "socket_connect_timeout": 0.5},
        }
    }
    CHANNEL_LAYERS = {
        "default": {
            "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
            "CONFIG": {"hosts": [{"address": REDIS_URL, "socket_timeout": None}]},
        }
    }
else:
    # Limits, tries and revocations live here. Django's default of 300 entries would forget them
    # as soon as a few dozen people are about.
    CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
            "OPTIONS": {"MAX_ENTRIES": 100_000},
        }
    }
    CHANNEL_LAYERS = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}

STORAGES = {
    "default": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": VAR_DIR / "public", "base_url": "/files/"},
    },
    "private": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": VAR_DIR / "private", "base_url": None},
    },
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if TESTING or DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
#: Pictures on air and replays; a disk of its own keeps a full one from stopping the fair.
MEDIA_DIR = Path(env.str("MEDIA_DIR", default=str(VAR_DIR / "media")))
#: Browsers that may publish through one process at once.
INGEST_MAX = env.int("INGEST_MAX", default=20)
if INGEST_MAX < 0:
    raise ImproperlyConfigured("INGEST_MAX must be 0 or more.")
#: Which server takes encoders (OBS, switchers); browsers always publish to this site itself.
MEDIA_SERVER = env.str("MEDIA_SERVER", default="nginx-rtmp" if DEMO else "embedded")
if MEDIA_SERVER not in {"embedded", "nginx-rtmp", "tencent", "aliyun"}:
    raise ImproperlyConfigured(f"MEDIA_SERVER={MEDIA_SERVER} is unknown.")
#: Where encoders find this machine, and on which port (manage.py media).
RTMP_PORT = env.int("RTMP_PORT", default=1935)
RTMP_PUBLIC_HOST = env.str("RTMP_PUBLIC_HOST", default="")
if not 0 < RTMP_PORT < 65536 or not re.fullmatch(r"[A-Za-z0-9.:\[\]-]*", RTMP_PUBLIC_HOST):
    raise ImproperlyConfigured("RTMP_PORT must be 1 to 65535, RTMP_PUBLIC_HOST a host name.")
#: Cloud live: the domains and keys of its console.
CLOUD_PUSH_DOMAIN = env.str("CLOUD_PUSH_DOMAIN", default="")
CLOUD_PLAY_DOMAIN = env.str("CLOUD_PLAY_DOMAIN", default="")
CLOUD_APP = env.str("CLOUD_APP", default="live")
CLOUD_PUSH_KEY = env.str("CLOUD_PUSH_KEY", default="")
CLOUD_PLAY_KEY = env.str("CLOUD_PLAY_KEY", default="")
CLOUD_CALLBACK_KEY = env.str("CLOUD_CALLBACK_KEY", default="")
#: How long an address for an encoder holds from the moment it is shown.
CLOUD_PUSH_HOURS = env.int("CLOUD_PUSH_HOURS", default=24)
if MEDIA_SERVER in {"tencent", "aliyun"}:
    cloud = ("PUSH_DOMAIN", "PLAY_DOMAIN", "PUSH_KEY", "PLAY_KEY", "CALLBACK_KEY")
    if lacking := [f"CLOUD_{name}" for name in cloud if not globals()[f"CLOUD_{name}"]]:
        raise ImproperlyConfigured(f"MEDIA_SERVER={MEDIA_SERVER} needs {', '.join(lacking)}.")
for domain in (CLOUD_PUSH_DOMAIN, CLOUD_PLAY_DOMAIN):
    if not re.fullmatch(r"([a-z0-9-]+(\.[a-z0-9-]+)+)?", domain):
        raise ImproperlyConfigured(f"CLOUD_…_DOMAIN must be like play.example.org, not {domain}.")
#: Signs the addresses of pictures; nginx, which serves them, has the same one.
MEDIA_SIGNING_KEY = env.str("MEDIA_SIGNING_KEY", default="")
if not re.fullmatch(r"([A-Za-z0-9_-]{32,200})?", MEDIA_SIGNING_KEY):
    raise ImproperlyConfigured("MEDIA_SIGNING_KEY must be 32 or more letters, digits, - or _.")
MEDIA_SIGNING_KEY_IS_SET = bool(MEDIA_SIGNING_KEY)
if not MEDIA_SIGNING_KEY_IS_SET:
    MEDIA_SIGNING_KEY = hashlib.sha256(f"media {SECRET_KEY}".encode()).hexdigest()
#: Where a CDN or proxy serves /media/hls/, like https://cdn.example.org; empty: this site does.
MEDIA_ORIGIN = env.str("MEDIA_ORIGIN", default="").rstrip("/").lower()
if not re.fullmatch(r"(https?://[a-z0-9.-]+(:\d{1,5})?)?", MEDIA_ORIGIN):
    raise ImproperlyConfigured("MEDIA_ORIGIN must be like https://cdn.example.org.")
MEDIA_ORIGINS = [
    *([MEDIA_ORIGIN] if MEDIA_ORIGIN else []),
    *([f"https://{CLOUD_PLAY_DOMAIN}"] if CLOUD_PLAY_DOMAIN else []),
    *(origin.rstrip("/").lower() for origin in env.list("MEDIA_ORIGINS", default=[])),
]
#: Sites whose players may stand in a frame on our pages.
FRAME_ORIGINS = [origin.rstrip("/").lower() for origin in env.list("FRAME_ORIGINS", default=[])]
for origin in MEDIA_ORIGINS:
    if not re.fullmatch(r"https?://(\*\.)?[a-z0-9.-]+(:[1-9]\d{0,4})?", origin):
        raise ImproperlyConfigured(f"MEDIA_ORIGINS: {origin} is not like https://host:port.")
for origin in FRAME_ORIGINS:
    if not re.fullmatch(r"https://[a-z0-9.-]+(:[1-9]\d{0,4})?", origin):
        raise ImproperlyConfigured(f"FRAME_ORIGINS: {origin} is not like https://host:port.")
#: Replays are deleted so many days after they were made; 0: never. The takes that one was made of
#: are deleted so many days after it was made.
REPLAY_DAYS = env.int("REPLAY_DAYS", default=180)
TAKE_DAYS = env.int("TAKE_DAYS", default=3)
if REPLAY_DAYS < 0 or TAKE_DAYS < 0:
    raise ImproperlyConfigured("REPLAY_DAYS and TAKE_DAYS must be 0 or more.")
#: nginx location (``internal``) that serves MEDIA_DIR/downloads, with slashes; "": Django does.
DOWNLOADS_ACCEL = env.str("DOWNLOADS_ACCEL", default="")
#: nginx location (``internal``) that serves VAR_DIR/private, with both slashes; "": Django does.
PRIVATE_FILES_ACCEL = env.str("PRIVATE_FILES_ACCEL", default="")
STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024

# --- Whose site this is ------------------------------------------------------------------------
SITE_NAME = env.str("SITE_NAME", default="")
LICENCE_TEXT = env.str("LICENCE_TEXT", default="")
# The address in text messages and calendar files, where no request tells it.
SITE_URL = env.str("SITE_URL", default="http://localhost:8000").rstrip("/")

# --- Language and time -------------------------------------------------------------------------
LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", _("Chinese")), ("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_TZ = True
TIME_ZONE = "Asia/Shanghai"

# --- Sign-in -----------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
LOGIN_URL = "/sign-in/"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "accounts.adapter.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"phone"}
ACCOUNT_SIGNUP_FIELDS = ["phone*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_USER_MODEL_EMAIL_FIELD = "email"
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGIN_BY_CODE_ENABLED = True
ACCOUNT_LOGIN_BY_CODE_MAX_ATTEMPTS = 3
ACCOUNT_LOGIN_BY_CODE_TIMEOUT = 300
ACCOUNT_PHONE_VERIFICATION_CODE_FORMAT = {"numeric": True, "dashed": False, "length": 6}
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_PREVENT_ENUMERATION = False
# By account: an address alone never blocks, offices and carriers share one.
ACCOUNT_RATE_LIMITS = {"login_failed": "5/300s/key"}
MFA_ADAPTER = "accounts.adapter.MfaAdapter"
MFA_FORMS = {
    "authenticate": "accounts.forms.AuthenticateForm",
    "reauthenticate": "accounts.forms.ReauthenticateForm",
    "activate_totp": "accounts.forms.ActivateTOTPForm",
}
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = SITE_NAME or "Jobfair Live"
MFA_TOTP_TOLERANCE = 1  # a code typed as its half minute ends still counts
SECOND_FACTOR_HOURS = env.int("SECOND_FACTOR_HOURS", default=12)
#: Staff always show a second factor before a phone number; employers' members where this is set.
SECOND_FACTOR_FOR_EMPLOYERS = env.bool("SECOND_FACTOR_FOR_EMPLOYERS", default=not (DEMO or TESTING))
PHONE_REGIONS = env.list("PHONE_REGIONS", default=["CN"])
SESSION_COOKIE_AGE = 30 * 24 * 3600
PHONENUMBER_DEFAULT_REGION = "CN"

# --- Security ----------------------------------------------------------------------------------
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SECURE_SSL_REDIRECT = HTTPS and not DEMO
SECURE_HSTS_SECONDS = env.int("HSTS_SECONDS", default=31_536_000 if SECURE_SSL_REDIRECT else 0)
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = SECURE_HSTS_SECONDS > 0
SECURE_REFERRER_POLICY = "strict-origin-when-cross-origin"
if env.bool("BEHIND_PROXY", default=False):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:", *([MEDIA_ORIGIN] if MEDIA_ORIGIN else [])],
        "media-src": [SELF, "blob:", *MEDIA_ORIGINS],
        "connect-src": [
            SELF,
            *SOCKET_ORIGINS,
            *([FEED_ORIGIN] if FEED_ORIGIN else []),
            *MEDIA_ORIGINS,
        ],
        "worker-src": [SELF, "blob:"],
        "frame-src": [SELF, *FRAME_ORIGINS],
        "object-src": [NONE],
        "base-uri": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}

# --- REST API ----------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "integrations.authentication.TokenAuthentication",
        "core.api.BrowserAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_PARSER_CLASSES": ["core.api.BoundedJSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PAGINATION_CLASS": "core.api.Cursor",
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "core.problems.exception_handler",
    "PAGE_SIZE": 30,
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Jobfair Live API",
    "DESCRIPTION": "Online job fairs with livestreamed job sessions.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "COMPONENT_SPLIT_REQUEST": True,
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "jobfair.api.v1.schema.add_refusals",
    ],
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "ENUM_NAME_OVERRIDES": {
        "FairStatus": "fairs.enums.FairStatus",
        "SessionStatus": "livestream.enums.SessionStatus",
        "ItemStatus": "livestream.enums.ItemStatus",
        "QuestionStatus": "livestream.enums.QuestionStatus",
        "HonourLevel": "livestream.enums.HonourLevel",
        "VideoSource": "livestream.enums.VideoSource",
        "IntentLevel": "intents.enums.Level",
    },
}

# --- Jobs --------------------------------------------------------------------------------------
TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}
# The embedded default works its jobs inside the web process; elsewhere run `manage.py worker`.
JOBS_IN_WEB_PROCESS = env.bool("JOBS_IN_WEB_PROCESS", default=DEMO)

# --- SMS ---------------------------------------------------------------------------------------
SMS_BACKEND = env.str("SMS_BACKEND", default="console" if DEMO or TESTING else "")
SMS_LOG = VAR_DIR / "sms.jsonl"
SMS_PER_HOUR = env.int("SMS_PER_HOUR", default=2000)
if SMS_BACKEND == "console" and not (DEMO or TESTING):
    raise ImproperlyConfigured("SMS_BACKEND=console shows sign-in codes; it is for DEMO only.")
if SMS_BACKEND not in {"", "console", "aliyun", "tencent"}:
    raise ImproperlyConfigured(f"SMS_BACKEND={SMS_BACKEND} is unknown; use aliyun or tencent.")
SMS_KEY_ID = env.str("SMS_KEY_ID", default="")
SMS_KEY_SECRET = env.str("SMS_KEY_SECRET", default="")
SMS_SIGN_NAME = env.str("SMS_SIGN_NAME", default="")
#: Tencent's SdkAppId and region.
SMS_APP_ID = env.str("SMS_APP_ID", default="")
SMS_REGION = env.str("SMS_REGION", default="ap-guangzhou")
#: Another address of the provider, like https://host; plain http only to this machine.
SMS_ENDPOINT = env.str("SMS_ENDPOINT", default="").rstrip("/")
if not re.fullmatch(r"(https://[\w.-]+(:\d+)?|http://127\.0\.0\.1:\d+)?", SMS_ENDPOINT):
    raise ImproperlyConfigured("SMS_ENDPOINT must be like https://host.")
SMS_TIMEOUT_S = env.float("SMS_TIMEOUT_S", default=5.0)
#: Values of a template are cut to this; the reviewers of templates set such a limit.
SMS_VALUE_CHARS = env.int("SMS_VALUE_CHARS", default=20)
if SMS_VALUE_CHARS < 6 or SMS_TIMEOUT_S <= 0:
    raise ImproperlyConfigured("SMS_VALUE_CHARS must be 6 or more, SMS_TIMEOUT_S more than 0.")
#: Our message → the provider's template and the values it takes, in their order.
SMS_TEMPLATES: dict[str, tuple[str, tuple[str, ...]]] = {}
for entry in env.str("SMS_TEMPLATES", default="").split():
    if not (parts := re.fullmatch(r"(\w+)=(-|\w+)(?::(\w+(?:,\w+)*))?", entry)):
        raise ImproperlyConfigured(f"SMS_TEMPLATES: {entry} is not like code=SMS_123:code.")
    SMS_TEMPLATES[parts[1]] = (parts[2], tuple(parts[3].split(",") if parts[3] else ()))

# --- Logs --------------------------------------------------------------------------------------
LOG_FORMAT = env.str("LOG_FORMAT", default="line")
if LOG_FORMAT not in {"line", "json"}:
    raise ImproperlyConfigured(f"LOG_FORMAT={LOG_FORMAT} is unknown; use line or json.")
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {
            "()": "core.logs.LineFormatter",
            "format": "{asctime} {levelname} {name} {message}",
            "style": "{",
        },
        "json": {"()": "core.logs.JsonFormatter"},
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": LOG_FORMAT}},
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", default="INFO")},
    # Whoever scans the internet asks for names that are not ours; that is no error of this site.
    # uvicorn has two lines for every socket that opens.
    "loggers": {
        "django.security.DisallowedHost": {"level": "CRITICAL"},
        "uvicorn.error": {"level": "WARNING"},
    },
}
