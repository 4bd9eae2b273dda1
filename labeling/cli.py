"""``stance label``: the group; its commands are beside it, by whether they talk to a server."""

import click


@click.group("label")
def group() -> None:
    """Label Studio: serve, push, pull; agreement, gold and dataset versions from what came back."""


# The commands register themselves with the group.
from labeling import cli_assign, cli_exchange, cli_gold, cli_ledger, cli_quality, cli_server  # noqa: E402, F401
