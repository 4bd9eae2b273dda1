"""Where the answer keys of training rounds lie: in the server's data folder, which no page and no endpoint shows."""

from pathlib import Path
from typing import Any

from django.conf import settings


def key_file(project: Any) -> Path:
    """The answer key of a project; it exists where the project is a training round."""
    return Path(settings.BASE_DATA_DIR) / "training" / f"{project.pk}.json"
