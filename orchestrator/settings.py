"""One settings file, read from the environment; safe by default."""

from __future__ import annotations

from pathlib import Path

from django.core.exceptions import ImproperlyConfigured
from django.urls import reverse_lazy

from orchestrator import env, logs, unfold

BASE_DIR = Path(__file__).resolve().parent.parent
EMBEDDED = env.flag("ORDERYARD_EMBEDDED")
LOCAL_DIR = Path(env.text("ORDERYARD_LOCAL", str(BASE_DIR / ".local")))

DEBUG = env.flag("DEBUG")
SECRET_KEY = env.text("SECRET_KEY")
if not SECRET_KEY:
    raise ImproperlyConfigured("Set SECRET_KEY (a long random text). `make demo` and `make test` make their own.")
# What encrypts the secrets of channels, partners and webhooks; the first encrypts, all read (docs/runbooks/secrets.md).
SECRETS_KEYS = env.fernet_keys("SECRETS_KEYS")
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS", "localhost 127.0.0.1 [::1]" if EMBEDDED else "")
CSRF_TRUSTED_ORIGINS = env.words("CSRF_TRUSTED_ORIGINS")
CSRF_FAILURE_VIEW = "apps.console.shell.refused_views.form_out_of_date"

INSTALLED_APPS = [
    "apps.console",
    "apps.ui",
    "unfold",
    "unfold.contrib.filters",
    "unfold.contrib.import_export",
    "unfold.contrib.simple_history",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "simple_history",
    "import_export",
    "django_celery_beat",
    "django_structlog",
    "django_prometheus",
    "axes",
    "django_otp",
    "django_otp.plugins.otp_totp",
    "apps.core",
    "apps.accounts",
    "apps.compensation",
    "apps.outbound",
    "apps.catalog",
    "apps.network",
    "apps.orders",
    "apps.inventory",
    "apps.routing",
    "apps.fulfillment",
    "apps.channels",
    "apps.contracts",
    "apps.listings",
    "apps.integrations",
    "apps.webhooks",
    "apps.casework",
    "apps.sla",
    "apps.notifications",
    "apps.orchestration",
    "apps.api",
    "apps.demo",
]

# Those of orchestrator.middleware are passed by where a machine calls.
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "apps.core.requestlog.RequestLog",
    "apps.core.compression.Compression",
    "apps.core.storable_text.StorableText",
    "orchestrator.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "orchestrator.middleware.AuthenticationMiddleware",
    "apps.console.shell.middleware.LanguageMiddleware",
    "apps.console.shell.middleware.OwnTimeInConfiguration",
    "django_otp.middleware.OTPMiddleware",
    "orchestrator.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "apps.console.shell.middleware.ContentSecurityPolicy",
    "apps.console.shell.middleware.LoginThrottle",
    "apps.console.shell.middleware.OwnPlacesOnly",
    "apps.core.history.HistoryUserMiddleware",
    "axes.middleware.AxesMiddleware",
]

METRICS = env.flag("METRICS")
if METRICS:
    MIDDLEWARE = [
        "django_prometheus.middleware.PrometheusBeforeMiddleware",
        *MIDDLEWARE,
        "django_prometheus.middleware.PrometheusAfterMiddleware",
    ]

ROOT_URLCONF = "orchestrator.urls"
WSGI_APPLICATION = "orchestrator.wsgi.application"
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "apps.accounts.sessions.StaffBackend"]
# Asked wherever a password is set: on every page, by every command (apps/accounts/models.py).
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = 0.25  # hours
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
# Behind a proxy everybody seems to call from its address, and one guesser would lock out all who share a name with him.
AXES_CLIENT_IP_CALLABLE = "apps.core.client_address.remote_of"
AXES_VERBOSE = False
LOGIN_URL = reverse_lazy("admin:login")
LOGIN_REDIRECT_URL = "/"
UNFOLD, AXES_LOCKOUT_TEMPLATE = unfold.UNFOLD, unfold.AXES_LOCKOUT_TEMPLATE

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.jinja2.Jinja2",
        "DIRS": [BASE_DIR / "templates" / "pages"],
        "APP_DIRS": False,
        "OPTIONS": {"environment": "apps.console.shell.rendering.environment"},
    },
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates" / "django"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    },
]

PROCESS = env.text("ORDERYARD_PROCESS", "orderyard")
# Callers learn within two seconds that the database is away: how long a statement is waited for before PostgreSQL is checked, and
# how long that check may take (core/postgresql/liveness.py). Workers have more time than callers.
DATABASE_CHECK_AFTER_S, DATABASE_CHECK_TIMEOUT_S = (0.5, 1.2) if PROCESS == "web" else (5.0, 5.0)
DATABASES = {
    "default": {
        "ENGINE": "apps.core.postgresql",
        **env.database(env.text("DATABASE_URL", "postgresql:///orderyard")),
        "CONN_HEALTH_CHECKS": False,
        "OPTIONS": {
            "pool": {
                "min_size": 1,
                "max_size": env.number("DATABASE_POOL", 12),
                "timeout": 1.2 if PROCESS == "web" else 10,
                # Tried again every second, not at ever longer intervals: who needs a connection then finds one soon.
                "reconnect_timeout": 1.0,
                "max_lifetime": 1800,
            },
            "server_side_binding": True,
            "prepare_threshold": 2,
            "connect_timeout": 3,
            "application_name": PROCESS,
            # A network that lost the connection says nothing by itself; a socket of this machine ignores these.
            "keepalives_idle": 10,
            "keepalives_interval": 3,
            "keepalives_count": 3,
            "tcp_user_timeout": 15_000,
        },
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = env.text("REDIS_URL", "redis://127.0.0.1:6379/0")
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}

# The broker only wakes workers: losing it, or all it holds, loses nothing (docs/architecture.md).
CELERY_BROKER_URL = REDIS_URL
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
# Nobody asks the workers anything, and the queue for it has killed them: a broker lost twice left its closing without a connection.
CELERY_WORKER_ENABLE_REMOTE_CONTROL = False
# Left to itself, Celery closes a forked worker's whole pool before and after every task, and the next one logs in, loads
# PostgreSQL's catalog and prepares all its statements again: that was a fifth of what an order cost. See celery.py.
CELERY_DB_REUSE_MAX = 100_000
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 60,
    "unacked_restore_interval": 5,
    "unacked_restore_throttle": 1,
    "socket_timeout": 5,
    "socket_connect_timeout": 1,
    "retry_on_timeout": False,
}
CELERY_TASK_DEFAULT_QUEUE = "steps"
# Stock is followed beside the steps: while a worker goes through what is due it would wait for its turn.
CELERY_TASK_ROUTES = {
    "orchestration.run_partner_steps": {"queue": "partners"},
    "listings.*": {"queue": "partners"},
    "contracts.*": {"queue": "partners"},
}
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULE = {
    "run_due_steps": {"task": "orchestration.run_all", "schedule": 2.0},
    "canary": {"task": "orchestration.send_canary", "schedule": 20.0},
    "reconcile": {"task": "channels.poll_all", "schedule": 300.0},
    "ask_partners": {"task": "integrations.request_updates", "schedule": 300.0},
    "check_webhooks": {"task": "channels.check_webhooks", "schedule": 3600.0},
    "expire": {"task": "orchestration.expire", "schedule": 30.0},
    "escalate": {"task": "orchestration.wake_and_escalate_cases", "schedule": 5.0},
    "clocks": {"task": "sla.fire_due", "schedule": 5.0},
    "watch": {"task": "sla.watch", "schedule": 60.0},
    "endings": {"task": "orchestration.announce_endings", "schedule": 3600.0},
    "purge": {"task": "orchestration.purge", "schedule": 3600.0},
    "follow_stock": {"task": "listings.follow_stock", "schedule": 1.0},
    "follow_late_stock": {"task": "listings.follow_late", "schedule": 60.0},
    "follow_settings": {"task": "listings.follow_settings", "schedule": 10.0},
    "read_stock": {"task": "listings.read_all", "schedule": 600.0},
    "recount_stock": {"task": "listings.sweep", "schedule": 3600.0},
    "write_feeds": {"task": "listings.write_feeds", "schedule": 300.0},
    "compare_messages": {"task": "contracts.compare_all", "schedule": 60.0},
    "take_dropped": {"task": "channels.take_dropped", "schedule": 15.0},
}
CELERY_BEAT_SCHEDULER = "django_celery_beat.schedulers:DatabaseScheduler"

# Shops and partners are called on the open internet, and in these networks (apps/outbound/guard.py).
OUTGOING_PRIVATE_NETWORKS = env.networks("OUTGOING_PRIVATE_NETWORKS")

# Mail goes to a server where one is named; else to files in the embedded run, and nowhere elsewhere.
EMAIL_HOST = env.text("EMAIL_HOST")
EMAIL_PORT = env.number("EMAIL_PORT", 587)
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = env.text("EMAIL_USER"), env.text("EMAIL_PASSWORD")
EMAIL_USE_TLS = env.flag("EMAIL_TLS", default=True)
EMAIL_TIMEOUT = 10
EMAIL_BACKEND = (
    f"django.core.mail.backends.{'smtp' if EMAIL_HOST else 'filebased' if EMBEDDED else 'dummy'}.EmailBackend"
)
EMAIL_FILE_PATH = LOCAL_DIR / "mail"
# By which server and in whose name mails go out, for the apps below the one that knows it.
MAIL_SERVER = "apps.notifications.mailing.shop_server"
DEFAULT_FROM_EMAIL = env.text("EMAIL_FROM", "Orderyard <orderyard@localhost>")

# What the console is written in, and what it is translated into (docs/how-to/translate.md). Machines are answered in English.
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("de", "Deutsch")]
LOCALE_PATHS = [BASE_DIR / "locale"]
FORMAT_MODULE_PATH = "orchestrator.formats"
USE_I18N = True
TIME_ZONE = "UTC"
STATIC_URL = "/static/"
# Embedded runs serve straight from the packages, so no collectstatic stands between a clone and a page.
STATIC_ROOT = None if EMBEDDED else BASE_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedStaticFilesStorage"},
}
WHITENOISE_USE_FINDERS = EMBEDDED
WHITENOISE_AUTOREFRESH = False
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
# A mapping edited as a table has some twenty fields a row.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 10_000
# Packages with channel adapters of your own, beside ours (docs/how-to/add-a-channel.md).
CHANNEL_ADAPTER_PACKAGES = env.words("CHANNEL_ADAPTER_PACKAGES")
# The same for partners (docs/how-to/add-a-partner.md).
PARTNER_ADAPTER_PACKAGES = env.words("PARTNER_ADAPTER_PACKAGES")
CSV_UPLOAD_MAX_BYTES = 64 * 1024 * 1024
# Folders that others write to and read from (docs/how-to/exchange-files.md); empty: none.
FILE_DROP_FOLDER = env.text("FILE_DROP_FOLDER")
STOCK_FEED_FOLDER = env.text("STOCK_FEED_FOLDER")
# See bodies.py.
BODY_SECONDS = env.number("BODY_SECONDS", 15)

HTTPS = env.flag("HTTPS", default=not EMBEDDED)
SECURE_SSL_REDIRECT = HTTPS
BEHIND_PROXY = env.flag("BEHIND_PROXY")
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_PROXY else None
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^health/"]
SESSION_ENGINE = "apps.accounts.sessions"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_AGE = 60 * 60 * 12

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "apps.accounts.api.authentication.ApiKeyAuthentication",
        "apps.accounts.api.authentication.StaffSession",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["apps.accounts.api.permissions.HasScope"],
    "DEFAULT_PARSER_CLASSES": ["apps.core.api.parsers.StrictJSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["apps.core.api.renderers.CompactJSONRenderer"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "apps.core.api.renderers.NothingButJSON",
    "DEFAULT_THROTTLE_CLASSES": ["apps.accounts.api.throttling.KeyQuota"],
    "DEFAULT_SCHEMA_CLASS": "apps.core.api.schema.Schema",
    "DEFAULT_METADATA_CLASS": None,
    "EXCEPTION_HANDLER": "apps.core.api.problems.handle",
    "URL_FORMAT_OVERRIDE": None,
    "UNAUTHENTICATED_USER": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Orderyard",
    "VERSION": "1.0.0",
    "DESCRIPTION": "Orders in, decisions explained, fulfillment driven, problems put before the right person.",
    "OAS_VERSION": "3.1.1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "POSTPROCESSING_HOOKS": ["apps.core.api.schema.add_problems"],
    "PATH_CONVERTER_OVERRIDES": {key: {"type": "string"} for key in ("ref", "node", "sku")},
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SWAGGER_UI_SETTINGS": {"deepLinking": True, "validatorUrl": None},
}

ORDERYARD = {
    "URL": env.text("ORDERYARD_URL", "http://127.0.0.1:8000"),
    "SANDBOX_URL": env.text("SANDBOX_URL", ""),
    "SANDBOX_SECRET": env.text("SANDBOX_SECRET", ""),
    "SHOP_NAME": env.text("ORDERYARD_SHOP", "Orderyard"),
}

DJANGO_STRUCTLOG_CELERY_ENABLED = DJANGO_STRUCTLOG_IP_LOGGING_ENABLED = False
# The id RequestLog has chosen or let pass, so that a line's is the answer's.
DJANGO_STRUCTLOG_TRUST_UPSTREAM_REQUEST_ID = True
LOGGING = logs.configure(env.text("LOG_LEVEL", "WARNING"))
