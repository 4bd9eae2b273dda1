"""``stance label``: the group; its commands are beside it, by whether they talk to a server."""

import click


@click.group("label")
def group() -> None:
    """Label Studio: serve, push, pull; agreement, gold and dataset versions from what came back."""


# The commands register themselves with the group.
from labeling import (  # noqa: E402
    cli_annotators,  # noqa: F401
    cli_assign,  # noqa: F401
    cli_exchange,  # noqa: F401
    cli_gold,  # noqa: F401
    cli_ledger,  # noqa: F401
    cli_quality,  # noqa: F401
    cli_server,  # noqa: F401
)
