"""The site's settings: one file, read top to bottom, every value from the environment.

``chatproject.environment`` reads and checks the values; every variable stands in ``.env.example``.
"""

from __future__ import annotations

from pathlib import Path

from chatproject import environment
from chatproject.build import build_id

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = BASE_DIR / "var"
environment.read_files(BASE_DIR)

# The site
SECRET_KEY = environment.secret_key()
FIELD_ENCRYPTION_KEYS = environment.field_encryption_keys()
HOST = environment.text("HOST", "127.0.0.1")
PORT = environment.port("PORT", 8000)
PUBLIC_URL = environment.public_url()
DEBUG = environment.debug(PUBLIC_URL)
IS_HTTPS = PUBLIC_URL.startswith("https://")
ALLOWED_HOSTS = environment.site_hosts(PUBLIC_URL)
CSRF_TRUSTED_ORIGINS = environment.site_origins(PUBLIC_URL)
SIGNUP = environment.choice("SIGNUP", ("open", "invite", "closed"))
EMAIL_VERIFICATION = environment.choice("EMAIL_VERIFICATION", ("none", "mandatory"))
SHARING = environment.choice("SHARING", ("on", "off"))
SITE_NAME = "Chat"
VERSION = "0.1.0"
BUILD = build_id(VERSION, BASE_DIR / "static")

INSTALLED_APPS = [
    "daphne",  # first, so that runserver speaks ASGI
    "audit",  # before the stock apps, whose commands it lets leave entries
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.forms",
    "allauth",
    "allauth.account",
    "channels",
    "accounts",
    "providers",
    "moderation",
    "faq",
    "conversations",
    "files",
    "search",
    "sharing",
    "transfer",
    "api",
    "chatproject",
]

# Synchronous twins of the stock middleware: the whole chain costs one thread hop a request instead of seven.
MIDDLEWARE = [
    "chatproject.middleware.Security",
    "chatproject.middleware.Session",
    "chatproject.middleware.Common",
    "chatproject.middleware.CsrfView",
    "chatproject.middleware.Authentication",
    "chatproject.middleware.Language",
    "chatproject.middleware.Messages",
    "allauth.account.middleware.AccountMiddleware",  # runs synchronously, because the next one does
    "chatproject.middleware.DomainErrors",
    "chatproject.middleware.Uploads",
]
SILENCED_SYSTEM_CHECKS = [
    # These look for the stock middleware by name; ours and chatproject/headers.py do what they ask for.
    "security.W001",
    "security.W002",
    "security.W003",
]
ROOT_URLCONF = "chatproject.urls"
ASGI_APPLICATION = "chatproject.asgi.application"
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
                "chatproject.context.site",
            ],
        },
    },
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

# Data
DATABASES = {"default": environment.database(BASE_DIR)}
DATABASE_THREADS = 8
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
REDIS_URL = environment.redis_url()
CACHES = {
    name: {"BACKEND": "chatproject.cache.CircuitRedisCache", "LOCATION": REDIS_URL, "KEY_PREFIX": name}
    if REDIS_URL
    else {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "LOCATION": name,
        # What counts must not be thrown out by what does not; a kept answer is many times as large as a count.
        "OPTIONS": {"MAX_ENTRIES": 1_000 if name == "faq" else 100_000},
    }
    for name in ("default", "ratelimit", "faq")
}
CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        "CONFIG": {"hosts": [REDIS_URL], "prefix": "chat"},
    }
    if REDIS_URL
    else {"BACKEND": "channels.layers.InMemoryChannelLayer"},
}

# Who answers
PROVIDERS = environment.providers()
SHOW_COST = environment.flag("SHOW_COST", default=True)
TITLE_MODEL = environment.title_model()

# Who gives a second opinion about words; nobody without an address
MODERATION_URL = environment.http_url("MODERATION_URL")
MODERATION_KEY = environment.api_key("MODERATION_KEY")
MODERATION_MODEL = environment.text("MODERATION_MODEL", "omni-moderation-latest")
MODERATION_FAIL = environment.choice("MODERATION_FAIL", ("open", "closed"))

# People
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "accounts.passwords.MaximumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 8}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("email", "name")},
    },
    {"NAME": "accounts.passwords.OpenSocketsValidator"},
]
PASSWORD_RESET_TIMEOUT = 20 * 60
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "accounts.adapter.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = EMAIL_VERIFICATION
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_LOGIN_ON_EMAIL_CONFIRMATION = True
ACCOUNT_LOGIN_ON_PASSWORD_RESET = True
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_SESSION_REMEMBER = True

# What one person, socket or address may do, counted by accounts/limits.py
RATE_LIMIT_MESSAGES = environment.rate("RATE_LIMIT_MESSAGES", "20/m")
RATE_LIMIT_FRAMES = environment.rate("RATE_LIMIT_FRAMES", "30/10s")
RATE_LIMIT_LOGIN = environment.rate("RATE_LIMIT_LOGIN", "60/m")
RATE_LIMIT_SIGNUP = environment.rate("RATE_LIMIT_SIGNUP", "30/m")
RATE_LIMIT_PASSWORD_RESET = environment.rate("RATE_LIMIT_PASSWORD_RESET", "20/m")
RATE_LIMIT_UPLOADS = environment.rate("RATE_LIMIT_UPLOADS", "20/m")
RATE_LIMIT_SEARCHES = environment.rate("RATE_LIMIT_SEARCHES", "120/m")
RATE_LIMIT_IMPORTS = "20/d"  # of one person
RATE_LIMIT_TOKENS = "60/h"  # made by one person
MAX_SOCKETS = environment.count("MAX_SOCKETS", 10)
MAX_RUNNING_REPLIES = environment.count("MAX_RUNNING_REPLIES", 4)
RATELIMIT_USE_CACHE = "ratelimit"
RATE_LIMIT_FAILED_LOGINS_OF_ADDRESS = "50/15m"
RATE_LIMIT_FAILED_LOGINS_OF_ACCOUNT = "10/15m"  # from one address
ACCOUNT_RATE_LIMITS = dict.fromkeys(
    ("login", "login_failed", "signup", "reset_password", "reset_password_from_key")  # counted by ours
)

# Mail
EMAIL = environment.email()
EMAIL_BACKEND = EMAIL["EMAIL_BACKEND"]
EMAIL_HOST = EMAIL.get("EMAIL_HOST") or "localhost"
EMAIL_PORT = EMAIL.get("EMAIL_PORT") or 25
EMAIL_HOST_USER = EMAIL.get("EMAIL_HOST_USER") or ""
EMAIL_HOST_PASSWORD = EMAIL.get("EMAIL_HOST_PASSWORD") or ""
EMAIL_USE_TLS = bool(EMAIL.get("EMAIL_USE_TLS"))
EMAIL_USE_SSL = bool(EMAIL.get("EMAIL_USE_SSL"))
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = environment.text("DEFAULT_FROM_EMAIL", "Chat <chat@localhost>")

# The browser's side of security; the outer headers stand in chatproject/headers.py
SESSION_ENGINE = "accounts.session_store"
SESSION_COOKIE_NAME = "__Host-session" if IS_HTTPS else "session"
SESSION_COOKIE_SECURE = IS_HTTPS
SESSION_COOKIE_AGE = 14 * 24 * 3600
CSRF_COOKIE_NAME = "__Host-csrf" if IS_HTTPS else "csrf"
CSRF_COOKIE_SECURE = IS_HTTPS
CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "chatproject.views.csrf_failure"
SECURE_SSL_REDIRECT = IS_HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if IS_HTTPS else None
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024  # of a whole request: chatproject/limits.py refuses more
LARGEST_UPLOAD = 20 * 1024 * 1024 + 64 * 1024  # of a request that brings a file: the file, and what frames it

# Files people attach
MEDIA_ROOT = str(BASE_DIR / environment.text("MEDIA_ROOT", "var/media"))
FILES_PER_PERSON = environment.count("FILES_PER_PERSON", 1000)
FILES_MB_PER_PERSON = environment.count("FILES_MB_PER_PERSON", 500)
LARGEST_IMPORT = (200 + FILES_MB_PER_PERSON) * 1024 * 1024  # so that what somebody exports can come back, files and all
SCAN_COMMAND = environment.command("SCAN_COMMAND")
SCAN_FAIL = environment.choice("SCAN_FAIL", ("closed", "open"))

# Files the browser loads
STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = str(BASE_DIR / environment.text("STATIC_ROOT", "var/static"))
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "chatproject.staticfiles.HashedModules",
    },
}

# Words and time
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("de", "Deutsch"), ("es", "Español"), ("zh-hans", "简体中文")]
LANGUAGE_COOKIE_NAME = "__Host-language" if IS_HTTPS else "language"
LOCALE_PATHS = [BASE_DIR / "locale"]
FORMAT_MODULE_PATH = ["chatproject.formats"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
    "filters": {"refusals": {"()": "chatproject.security_log.Refusals"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["refusals"]}},
    "root": {"handlers": ["console"], "level": environment.choice("LOG_LEVEL", ("INFO", "DEBUG", "WARNING", "ERROR"))},
    "loggers": {
        # The SDKs' HTTP clients log every request's address at INFO.
        "httpx2": {"level": "WARNING"},
        "httpx": {"level": "WARNING"},
        "daphne": {"level": "WARNING"},
        # What strangers ask for in vain is nobody's trouble; errors of ours stay.
        "django.request": {"level": "ERROR"},
    },
}
