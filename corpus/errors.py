"""Every error that stancelab raises on purpose.

StanceError                      exit code 1: the work failed
├── InputError                   a source file, or a line of it, cannot be read
├── TableError                   a table breaks its schema: table, column, row
├── NotFound                     a batch, dataset, run ... that is not in the workspace
├── LedgerError                  the ledger's database cannot be read or written
├── InUse                        another stancelab process holds what this one needs
├── ClusterError                 the Dask cluster of a build is away, or its workers
├── ServerError                  Label Studio
│   ├── ServerUnreachable        nothing answers there
│   ├── TokenRefused             the token is wrong or has expired
│   ├── LabelsChanged            the label set differs from the one existing annotations were made with
│   └── LabelsLost               the ledger has labels that the server lost without deleting them
├── TooFewLabels                 not enough labelled data for what was asked
├── UsageError                   exit code 2: wrong usage or configuration
│   └── ConfigError              a setting: file, key, what was allowed, what was got
└── CheckFailed                  exit code 3: a check found something

A message names the thing, what was expected, what was got, and what to do.
"""

from collections.abc import Iterable
from pathlib import Path


def listed(names: Iterable[object], limit: int = 12) -> str:
    """Names in a row for a message, cut after ``limit``."""
    words = [str(name) for name in names]
    more = f", ... ({len(words) - limit} more)" if len(words) > limit else ""
    return ", ".join(words[:limit]) + more


class StanceError(Exception):
    """Base of all; its text is shown to the user as it stands."""

    exit_code = 1


class InputError(StanceError):
    """A source cannot be read: which file, which line, what was expected, what was got."""

    def __init__(self, path: Path | str, problem: str, *, line: int | None = None, todo: str = "") -> None:
        self.path, self.line, self.problem = str(path), line, problem
        where = f"{path}, line {line}" if line is not None else str(path)
        super().__init__(f"{where}: {problem}" + (f". {todo}" if todo else ""))


class TableError(StanceError):
    """A table does not have the columns, types or keys of its schema."""

    def __init__(
        self, table: str, problem: str, *, column: str | None = None, row: object = None, path: Path | None = None
    ) -> None:
        self.table, self.column, self.row = table, column, row
        where = [f"table {table}"]
        where += [f"column {column}"] if column is not None else []
        where += [f"row {row}"] if row is not None else []
        super().__init__((f"{path}: " if path else "") + f"{', '.join(where)}: {problem}")


class NotFound(StanceError):
    """Something asked for by name is not in the workspace."""

    def __init__(self, kind: str, name: object, known: Iterable[object], todo: str) -> None:
        known = list(known)
        there = f"there are: {listed(known)}" if known else "there is none yet"
        super().__init__(f"no {kind} {name!s}; {there}. {todo}")


class LedgerError(StanceError):
    """The ledger's database refuses: a full disk, a damaged file, a server that is away."""

    def __init__(self, where: str, reason: object) -> None:
        super().__init__(
            f"the ledger {where}: {reason}. Nothing was half-written. Check the disk's space and who may write there, "
            "then run the command again; if the file is damaged, restore it from a backup."
        )


class InUse(StanceError):
    """A lock, a port or a folder is held by somebody else."""


class ClusterError(StanceError):
    """The Dask cluster that should do the work does not."""

    def __init__(self, place: str, problem: str) -> None:
        super().__init__(
            f"the Dask cluster {place}: {problem}. What is done is kept: run the command again once the cluster is "
            "well, or on this machine alone, and it goes on where it was"
        )


class ServerError(StanceError):
    """Label Studio answered with something other than what was asked for."""


class ServerUnreachable(ServerError):
    """Nothing answers at the server's address."""

    def __init__(self, url: str, reason: str) -> None:
        super().__init__(
            f"no Label Studio answers at {url} ({reason}). Start one with `stance label serve`, "
            "or set LABEL_STUDIO_URL and LABEL_STUDIO_API_KEY to one that runs."
        )


class TokenRefused(ServerError):
    """The server knows no such token; the two kinds come from different pages."""

    def __init__(self, url: str, kind: str, source: str) -> None:
        super().__init__(
            f"{url} refuses the {kind} from {source}: it is wrong, revoked or expired. "
            f"Get a new one at {url}/user/account: 'Personal Access Token' for one that begins with ey, "
            "'Legacy Token' (where the organization allows them) for one of 40 hexadecimal digits; "
            "then set LABEL_STUDIO_API_KEY to it."
        )


class LabelsChanged(ServerError):
    """Questions or labels were changed under annotations that exist."""


class LabelsLost(ServerError):
    """The server forgot labels that the ledger has: a project or database that is gone, or an older copy of it."""


class TooFewLabels(StanceError):
    """The labelled data cannot carry what was asked of them."""


class UsageError(StanceError):
    """Wrong usage or configuration."""

    exit_code = 2


class ConfigError(UsageError):
    """A setting is unknown, missing or of the wrong kind."""

    def __init__(self, path: Path | str, key: str, problem: str) -> None:
        self.path, self.key = str(path), key
        super().__init__(f"{path}: {key}: {problem}" if key else f"{path}: {problem}")


class CheckFailed(StanceError):
    """A check that was asked for found something."""

    exit_code = 3
