"""Generated once per workspace, kept in one file that only its owner can read."""

import json
import secrets
from dataclasses import asdict, dataclass
from pathlib import Path

from corpus.errors import InputError
from corpus.files import write_json

OWNER = "owner@localhost"


@dataclass(frozen=True)
class Secrets:
    """What the embedded server and its owner account are made with."""

    owner: str
    password: str
    token: str
    django_key: str


def load_or_create(folder: Path) -> Secrets:
    """The secrets of the server whose data are in ``folder``; generated at the first call, file mode 0600."""
    path = folder / "secrets.json"
    if not path.exists():
        made = Secrets(OWNER, secrets.token_urlsafe(15), secrets.token_hex(20), secrets.token_urlsafe(50))
        write_json(path, asdict(made), mode=0o600)
    try:
        return Secrets(**json.loads(path.read_text(encoding="utf-8")))
    except (ValueError, TypeError):
        raise InputError(
            path,
            "is damaged: expected JSON with owner, password, token and django_key",
            todo="Restore it from a backup",
        ) from None
