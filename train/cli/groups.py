"""The group that the ``stance train`` commands register themselves with."""

import click


@click.group("train")
def group() -> None:
    """Fit classifiers on a dataset version, evaluate them, write the report."""


# As of :class:`train.settings.TrainSettings`.
SEED = click.IntRange(0, (1 << 32) - 1)
