"""How commands talk: the options that all share, one JSON object for scripts, notes and progress on standard error."""

import json
import math
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import Any

import click

from corpus.workspace import Workspace

# The checkout: defaults are found from any working folder.
ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Console:
    """What a command was told about where to work and how to speak."""

    workspace: Workspace
    as_json: bool
    verbosity: int

    def result(self, record: Mapping[str, Any], lines: Iterable[str]) -> None:
        """End a command: ``record`` as the last line of standard output for scripts, or ``lines`` for people."""
        if self.as_json:
            click.echo(json.dumps(record, ensure_ascii=False, allow_nan=False))
        elif self.verbosity >= 0:
            for line in lines:
                click.echo(line)

    def note(self, message: str, level: int = 0) -> None:
        """Say something on standard error; ``level`` 1 only with ``-v``."""
        if self.verbosity >= level:
            click.echo(message, err=True)

    @contextmanager
    def progress(self, what: str, total: int | None = None) -> Iterator[Callable[[int], None]]:
        """A bar on standard error where that is a terminal; yields ``advance(n)``."""
        from rich.console import Console as RichConsole
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

        screen = RichConsole(stderr=True)
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        shown = screen.is_terminal and self.verbosity >= 0
        with Progress(*columns, console=screen, disable=not shown, transient=True) as bar:
            task = bar.add_task(what, total=total)

            def advance(n: int) -> None:
                bar.update(task, advance=n)

            yield advance


class Bounded(click.FloatRange):
    """A number within bounds; what is no number, as NaN, is refused too, which click lets through."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """The number."""
        found: float = super().convert(value, param, ctx)
        if math.isnan(found):
            self.fail(f"{value} is not in the range {self._describe_range()}.", param, ctx)
        return found


def counted(n: int, noun: str) -> str:
    """``1 document``, ``2 documents``."""
    return f"{n} {noun}" + ("" if n == 1 else "s")


def command(group: click.Group, name: str, example: str) -> Callable[[Callable[..., None]], click.Command]:
    """Register a sub-command with the shared options and a help text that ends with ``example``.

    The function gets a :class:`Console` first, then its own options.
    """

    def register(function: Callable[..., None]) -> click.Command:
        @wraps(function)
        def run(workspace: Path, as_json: bool, verbose: int, quiet: bool, **own: Any) -> None:
            function(Console(Workspace(workspace.resolve()), as_json, -1 if quiet else verbose), **own)

        decorated = run
        for option in reversed(_SHARED):
            decorated = option(decorated)
        return group.command(name, epilog=f"Example:\n\n\b\n    {example}")(decorated)

    return register


_SHARED = (
    click.option(
        "--workspace",
        type=click.Path(file_okay=False, path_type=Path),
        default=lambda: os.environ.get("STANCE_WORKSPACE", "workspace"),
        help="Folder for everything produced (or STANCE_WORKSPACE).  [default: workspace]",
    ),
    click.option("--json", "as_json", is_flag=True, help="Print one JSON object on the last line of standard output."),
    click.option("-v", "--verbose", count=True, help="Say more."),
    click.option("-q", "--quiet", is_flag=True, help="Say nothing but errors."),
)

labels_option = click.option(
    "--labels",
    "labels_file",
    type=click.Path(dir_okay=False, path_type=Path),
    default=ROOT / "configs" / "labels.yaml",
    show_default="configs/labels.yaml",
    help="Questions and labels.",
)


def config_option(default: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """The ``--config`` option of commands that have settings."""
    return click.option(
        "--config",
        "config_file",
        type=click.Path(dir_okay=False, path_type=Path),
        default=ROOT / default,
        show_default=default,
        help="Settings.",
    )
