"""Settings, read from the environment once; a wrong value stops the start with a sentence that says which and why."""

import os
from pathlib import Path

from csp.constants import NONE, SELF
from django.utils.translation import gettext_lazy as _

from batchadmin.lib import env, logs, sentry
from batchadmin.lib.database_connection import database_settings
from batchadmin.lib.redis_connection import queue_settings

BASE_DIR = Path(__file__).resolve().parent.parent
DATA_DIR = env.folder("DATA_DIR", default=BASE_DIR / "var")

# --- Where it runs ---------------------------------------------------------------------------------------------------
DEBUG = env.flag("DEBUG", default=False)
SECRET_KEY = env.secret("SECRET_KEY", kept_in=DATA_DIR / "secret-key")
# Former keys: they still open what was encrypted or signed with them; see `manage.py rotate_secrets`.
SECRET_KEY_FALLBACKS = env.words("SECRET_KEY_FALLBACKS")
BASE_URL = env.url("BASE_URL", default="http://127.0.0.1:8000").rstrip("/")
BASE_URL_IS_SET = env.is_set("BASE_URL")  # else nobody has said where recipients would find us
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS", default=["127.0.0.1", "localhost", "[::1]"])
CSRF_TRUSTED_ORIGINS = [BASE_URL]
SECURE_COOKIES = BASE_URL.startswith("https://")

# --- Apps, from the bottom of the staircase upwards -------------------------------------------------------------------
INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "django_filters",
    "django_htmx",
    "django_rq",
    "django_tables2",
    "csp",
    "axes",
    "batchadmin.lib",
    "batchadmin.accounts",
    "batches",
    "campaigns",
    "messaging",
]

MIDDLEWARE = [
    "batchadmin.lib.health.Probes",
    "batchadmin.lib.logs.RequestIds",
    "django.middleware.security.SecurityMiddleware",
    "messaging.straight.hooks_straight",
    "batchadmin.lib.small.StaticFiles",
    "batchadmin.lib.small.Pages",
    "csp.middleware.CSPMiddleware",
    "batchadmin.lib.browser.permissions_policy",
    "batchadmin.lib.faults.refusals_shown",
    "batchadmin.lib.browser.bodies_limited",
    "batchadmin.lib.browser.private_kept_nowhere",
    "batchadmin.accounts.session_cookies.SessionCookies",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "batchadmin.accounts.watching.SessionsSeen",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "batchadmin.urls"
LINK_URLCONF = "batchadmin.link_urls"  # what workers know of it
WSGI_APPLICATION = "batchadmin.wsgi.application"

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
                "batchadmin.accounts.context.current_membership",
            ],
        },
    },
]

# --- PostgreSQL is the truth; Redis is only the wake-up call ----------------------------------------------------------
DATABASES = {
    "default": database_settings(
        env.required(
            "DATABASE_URL",
            why="manage.py sets it when it starts the embedded PostgreSQL",
            schemes=["postgresql", "postgres"],
        )
    )
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = env.required(
    "REDIS_URL",
    why="manage.py sets it when it starts the embedded Redis",
    schemes=["redis", "rediss", "unix"],
)
# With these, the host in REDIS_URL is the name by which they know the server that is the first one now.
REDIS_SENTINELS = env.words("REDIS_SENTINELS")
_QUEUE = queue_settings(REDIS_URL, REDIS_SENTINELS, env.text("REDIS_SENTINEL_PASSWORD"))
RQ_QUEUES = {"express": _QUEUE, "bulk": _QUEUE}
RQ_SHOW_ADMIN_LINK = True

# --- The engine ---------------------------------------------------------------------------------------------------------
# Each kind of batch is one class; to add one, see docs/adding-a-batch-kind.md.
BATCH_KINDS = [
    "campaigns.bulk.CampaignAdd",
    "campaigns.bulk.StageMove",
    "campaigns.bulk.InfluencerImport",
    "messaging.bulk.BroadcastSend",
    "messaging.triggers.bulk.TriggerSend",
    "messaging.automation.sending.AutomatedSend",
]
# What the scheduler calls regularly: (function, seconds).
BATCH_PERIODIC = [
    ("messaging.triggers.jobs.triggers_due", 2),
    ("messaging.jobs.simulated_receipts_due", 1),
    ("messaging.jobs.receipts_due", 1),
    ("messaging.jobs.files_due", 5),
    ("messaging.jobs.date_deliveries_due", 60),
    ("campaigns.jobs.imports_due", 2),
    ("campaigns.jobs.payloads_purge_due", 300),
    ("campaigns.jobs.erasures_due", 60),
    ("messaging.jobs.texts_due", 600),
    ("messaging.jobs.details_due", 600),
    ("messaging.jobs.audit_due", 600),
    ("batchadmin.accounts.services.requests_forget", 3600),
    ("batchadmin.accounts.services.sessions_forget", 3600),
]
# After a database was restored: functions that hold back what would go out by itself; each returns how much it holds.
AFTER_RESTORE = ["messaging.services.channels.channels_hold"]
# An action on more than this many influencers becomes a batch request.
BATCH_THRESHOLD = env.number("BATCH_THRESHOLD", default=10)
# Above this size the forms recommend splitting; they go ahead if the manager does.
BATCH_RECOMMENDED_SIZE = 10_000
# A scheduled batch later than this (an outage) asks a person instead of going out.
BATCH_OVERDUE_AFTER_SECONDS = env.number("BATCH_OVERDUE_AFTER_SECONDS", default=900)
# Each provider of messages is one class; to add one, see docs/adding-a-provider.md.
MESSAGE_PROVIDERS = [
    "messaging.providers.sandbox.SandboxProvider",
    "messaging.providers.smtp.SmtpProvider",
    "messaging.providers.whatsapp.WhatsAppProvider",
    "messaging.providers.twilio.TwilioProvider",
    "messaging.providers.anymail.AnymailProvider",
]
WORKERS = env.number("WORKERS", default=2, minimum=1)
# Webhooks and hooks never go into our own network, except to these hosts (or host:port).
OUTGOING_ALLOWED_HOSTS = env.words("OUTGOING_ALLOWED_HOSTS")
# Nor do channels' servers lie there: mail servers and providers' APIs, except these (host, or host:port).
CHANNEL_ALLOWED_HOSTS = env.words("CHANNEL_ALLOWED_HOSTS")
# Requests that one token may make in a minute.
API_REQUESTS_PER_MINUTE = env.number("API_REQUESTS_PER_MINUTE", default=600, minimum=1)

# --- Watching it ------------------------------------------------------------------------------------------------------------
# What /readyz looks at: name, and a function that says whether that is well.
READY_PARTS = {
    "database": "batchadmin.lib.health.database_is_well",
    "migrations": "batchadmin.lib.health.migrations_are_applied",
    "redis": "batchadmin.lib.health.redis_is_well",
    "workers": "batches.health.workers_are_alive",
}

# Each function gives metrics for /metrics; see docs/operations.md.
METRICS = ["batches.metrics.read", "messaging.metrics.read"]
METRICS_TOKEN = env.text("METRICS_TOKEN")

# --- People ---------------------------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "log-in"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "log-in"
AXES_FAILURE_LIMIT = 10
AXES_COOLOFF_TIME = 0.25  # hours
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_LOCKOUT_TEMPLATE = "accounts/locked_out.html"
# Behind our proxy every request comes from the proxy: the failures of one must not shut the account for all.
AXES_CLIENT_IP_CALLABLE = "batchadmin.accounts.throttling.throttled_address"
AXES_USERNAME_CALLABLE = "batchadmin.accounts.throttling.throttled_name"
AXES_VERBOSE = False
# Beside that: tries in a minute, of one IP address whoever is tried, and of one account wherever from.
LOG_IN_TRIES_PER_MINUTE = env.number("LOG_IN_TRIES_PER_MINUTE", default=30, minimum=1)

# --- E-mail of the program's own (notices, password resets); messages to influencers go by channels ---------------------
EMAIL = env.email("EMAIL_URL", kept_in=DATA_DIR / "mail")
EMAIL_BACKEND = EMAIL.backend
EMAIL_HOST = EMAIL.host
EMAIL_PORT = EMAIL.port
EMAIL_HOST_USER = EMAIL.user
EMAIL_HOST_PASSWORD = EMAIL.password
EMAIL_USE_TLS = EMAIL.starttls
EMAIL_USE_SSL = EMAIL.tls
EMAIL_TIMEOUT = 20
EMAIL_FILE_PATH = str(DATA_DIR / "mail")
DEFAULT_FROM_EMAIL = env.text("DEFAULT_FROM_EMAIL", default="batchadmin@localhost")

# --- Words and files --------------------------------------------------------------------------------------------------------
LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English"))]
TIME_ZONE = "UTC"
USE_I18N = True
USE_TZ = True
USE_THOUSAND_SEPARATOR = True
STATIC_URL = "/static/"
# Served from where they are, read into memory at the start: there is no step of collecting them.
WHITENOISE_USE_FINDERS = True
WHITENOISE_ALLOW_ALL_ORIGINS = False
# The folder's name holds the version, so what lies in it never changes. Our own files are asked about after a minute.
WHITENOISE_IMMUTABLE_FILE_TEST = r"/vendor/[a-z-]+-[0-9.]+/"
STATICFILES_DIRS = [BASE_DIR / "static"]
# What people upload or send. On several hosts: a folder that all of them see, for one takes a file and another one needs it.
MEDIA_ROOT = env.folder("FILES_DIR", default=DATA_DIR / "files")
# It is about people, so nobody else who has an account on the machine may read it.
FILE_UPLOAD_PERMISSIONS = 0o600
FILE_UPLOAD_DIRECTORY_PERMISSIONS = 0o700
# Of any request but the APIs': an import's file with its form. The same as in deploy/nginx.
LARGEST_BODY = env.number("LARGEST_UPLOAD_MB", default=60, minimum=11) * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 20_000
DJANGO_TABLES2_TEMPLATE = "components/table.html"
FORM_RENDERER = "batchadmin.lib.selects.QuickSelects"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}

# --- Browser ------------------------------------------------------------------------------------------------------------------
SESSION_COOKIE_SECURE = SECURE_COOKIES
CSRF_COOKIE_SECURE = SECURE_COOKIES
SECURE_SSL_REDIRECT = SECURE_COOKIES
SECURE_HSTS_SECONDS = 31_536_000 if SECURE_COOKIES else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_COOKIES
SECURE_HSTS_PRELOAD = SECURE_COOKIES
SECURE_PROXY_SSL_HEADER = (
    ("HTTP_X_FORWARDED_PROTO", "https") if env.flag("BEHIND_PROXY", default=False) else None
)
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}

LOGGING = logs.configuration(
    # Whoever names a database runs it for others; without, somebody sits in front of it.
    form=env.text("LOG_FORMAT", default="plain" if "BATCHADMIN_EMBEDDED" in os.environ else "json"),
    level=env.text("LOG_LEVEL", default="WARNING").upper(),
    loggers={
        "batches": {"level": "INFO"},
        "messaging": {"level": "INFO"},
        "axes": {"level": "ERROR"},
        "rq.worker": {"level": "WARNING"},
    },
)
sentry.begin(env.text("SENTRY_DSN"))
