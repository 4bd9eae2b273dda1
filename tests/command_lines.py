"""The commands of ``stance``, and command lines read as the command itself would, without running them."""

import shlex
from collections.abc import Iterator

import click

import stance


def leaves(
    group: click.Group = stance.cli, above: tuple[str, ...] = ("stance",)
) -> Iterator[tuple[str, click.Command]]:
    """``("stance corpus build", command)`` and so on, for every command that is no group."""
    context = click.Context(group)
    for name in group.list_commands(context):
        found = group.get_command(context, name)
        assert found is not None, name
        if isinstance(found, click.Group):
            yield from leaves(found, (*above, name))
        else:
            yield " ".join((*above, name)), found


def parsed(line: str) -> click.Context:
    """What ``line`` would be called with; raises UsageError for a command, option or argument that is not accepted."""
    program, *words = shlex.split(line)
    assert program == "stance", line
    command: click.Command = stance.cli
    while isinstance(command, click.Group):
        context = click.Context(command)
        found = command.get_command(context, words[0]) if words else None
        if found is None:
            raise click.UsageError(f"no command in {line!r}")
        command, words = found, words[1:]
    return command.make_context(program, words)
