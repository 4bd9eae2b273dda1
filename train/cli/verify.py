"""``stance verify``: the numbers of a run, recomputed."""

from pathlib import Path
from typing import Any

import click

from corpus.console import Console, command
from train.languages import said

_SHOWN = 40
# What differs and is no number.
_FILES = ("input:", "output:", "receipt:", "page:")


@command(click.Group(), "verify", "stance verify news-v1-tfidf-0a1b2c3d")
@click.argument("run")
@click.option(
    "--dataset",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Folder of its dataset version.  [default: where the run says]",
)
def verify(console: Console, run: str, dataset: Path | None) -> None:
    """Recompute every number of RUN's report from its dataset, predictions and settings; say what differs.

    RUN is an ID or a path. Exit code 3 when an input, a receipt or a file of the report changed, or a number is not
    what was reported (to six digits). Needs no server and writes nothing. A run folder and its dataset version may
    have been copied from elsewhere.
    """
    from corpus.errors import CheckFailed, listed
    from train.evaluation.verify import verify as recompute
    from train.run import load as load_run

    with said(console.note), console.progress("recomputing") as advance:
        found = recompute(load_run(console.workspace.run(run)), dataset.resolve() if dataset else None, advance)
    for note in found.notes:
        console.note(f"note: {note}")
    record = {"numbers": found.numbers, "equal": found.equal, "differing": list(found.differing)}
    lines = [f"{found.equal} of {found.numbers} numbers are equal", *_lines(found.differing)]
    console.result(record | {"notes": list(found.notes)}, lines)
    if found.differing:
        changed = [row["name"] for row in found.differing if row["name"].startswith(_FILES)]
        what = f"; changed: {listed(changed)}" if changed else ""
        raise CheckFailed(f"{found.numbers - found.equal} of {found.numbers} numbers differ{what}")


def _lines(differing: tuple[dict[str, Any], ...]) -> list[str]:
    shown = [f"  {row['name']}: {_short(row['reported'])} -> {_short(row['recomputed'])}" for row in differing[:_SHOWN]]
    more = len(differing) - _SHOWN
    return shown + ([f"  ... {more} more; --json has all of them"] if more > 0 else [])


def _short(value: Any) -> str:
    """A number as it is, a hash by its beginning."""
    if value is None:
        return "none"
    return f"{value[:12]}..." if isinstance(value, str) and len(value) == 64 else str(value)
