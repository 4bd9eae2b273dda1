"""The ``stance`` command: sub-commands load when they are used; errors become messages and exit codes."""

import errno
import importlib
import os
import sys
import traceback

import click

from corpus.errors import StanceError, UsageError

# name -> where the command is, its line in the help (shown without importing it), the extra that it needs
_COMMANDS = {
    "demo": ("demo:demo", "The whole loop on the bundled sample, with the real Label Studio.", "server,train"),
    "doctor": ("labeling.doctor:doctor", "Check the install, the server, the database, the disk.", "labeling"),
    "corpus": ("corpus.cli:group", "Files in; documents, sentences, duplicates, batches out.", ""),
    "label": ("labeling.cli:group", "Label Studio: serve, push, pull, agreement, gold, release.", "labeling"),
    "train": ("train.cli:group", "Fit, evaluate, report.", "train"),
    "verify": ("train.cli.verify:verify", "Recompute every number of a report.", "train"),
}
# Commands of a group that wire other packages to it: their module registers them with the group.
_WIRED = {"label": "suggestions"}


class _LazyGroup(click.Group):
    """A group whose commands are imported when they are called: the help must not wait for pandas."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        where, _, extra = _COMMANDS[cmd_name]
        module, attribute = where.split(":")
        try:
            found: click.Command = getattr(importlib.import_module(module), attribute)
            if cmd_name in _WIRED:
                importlib.import_module(_WIRED[cmd_name])
        except ModuleNotFoundError as error:
            if not extra:
                raise
            raise UsageError(
                f"`stance {cmd_name}` needs the package {error.name}: install stancelab[{extra}], or run `make setup`"
            ) from None
        return found

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line, _) in _COMMANDS.items()])


@click.group(
    cls=_LazyGroup,
    epilog="Example:\n\n\b\n    stance corpus build news/*.txt && stance corpus sample 100 && stance label serve",
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(package_name="stancelab")
def cli() -> None:
    """Stance labels for news sentences: build a corpus, label it in Label Studio, train, report."""


def main() -> None:
    """Run the command line; the one place where an error becomes a message and an exit code."""
    try:
        code = cli.main(standalone_mode=False)
    except click.ClickException as error:
        error.show()
        code = error.exit_code
    except (click.Abort, KeyboardInterrupt):
        click.echo("stance: stopped", err=True)
        code = 130
    except StanceError as error:
        click.echo(f"stance: {error}", err=True)
        code = error.exit_code
    except BrokenPipeError:
        # The reader (`| head`) went away: nothing to say, and nothing may be flushed at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 1
    except OSError as error:
        code = 1
        hint = {
            errno.ENOSPC: ". The disk is full: free some space and run the command again; nothing was half-written",
            errno.ENOENT: ". Check that the folder can be made there, or name another with --workspace",
            errno.EACCES: ". Permission denied: check who owns the folder",
            errno.EROFS: ". The disk is read-only: name another folder with --workspace",
        }.get(error.errno or 0, "")
        click.echo(f"stance: {error}{hint}", err=True)
    except Exception as error:
        code = 1
        if os.environ.get("STANCE_DEBUG"):
            traceback.print_exc()
        click.echo(
            f"stance: a fault in stancelab itself: {type(error).__name__}: {error}. "
            "Run again with STANCE_DEBUG=1 to see where, and report it.",
            err=True,
        )
    sys.exit(code if isinstance(code, int) else 0)


if __name__ == "__main__":
    main()
