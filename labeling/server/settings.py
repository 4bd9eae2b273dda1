"""Django settings of the embedded server: Label Studio's own, with SQLite made fit for several annotators at once.

Loaded by Django (``DJANGO_SETTINGS_MODULE=labeling.server.settings``) in the server's process only.
"""

from pathlib import Path

# Label Studio 1.23 reads Django's settings while it loads its own: the names that sentry.init_sentry asks for
# have to exist before core.settings.label_studio is imported.
from core.settings.base import *  # noqa: F403

SENTRY_DSN = None
SENTRY_RATE = 0.0
SENTRY_ENVIRONMENT = ""

from core.settings.label_studio import *  # noqa: E402, F403

SENTRY_DSN = None
FRONTEND_SENTRY_DSN = None

if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":  # noqa: F405
    # Write-ahead logging lets readers go on while one annotator saves; an immediate transaction waits for its turn
    # at the start, where SQLite can still wait, instead of failing half-way when it wants to write.
    DATABASES["default"]["OPTIONS"] = {  # noqa: F405
        "timeout": 30,
        "transaction_mode": "IMMEDIATE",
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
    }

# A model is served on this machine (`stance label backend`), where Label Studio 1.23 would refuse to look for one. Who
# connects one is an owner.
ML_BLOCK_LOCAL_IP = False

ROOT_URLCONF = "labeling.server.urls"

PROJECT_MIXIN = "labeling.server.membership.ProjectMixin"
TEMPLATES[0]["DIRS"] = [Path(__file__).parent / "templates", *TEMPLATES[0]["DIRS"]]  # noqa: F405

# The page goes back through one's earlier work by this list.
LABEL_STREAM_HISTORY_LIMIT = 10_000

# Page is inside compression, so that it sees pages as text. The guard comes last, when it is known who asks.
MIDDLEWARE = [*MIDDLEWARE, "labeling.server.page_files.Page", "labeling.server.guard.Guard"]  # noqa: F405
