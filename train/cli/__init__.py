"""``stance train``: its commands are beside this, by what they are about, and register themselves with the group."""

from train.cli import fit, predict, report, serve
from train.cli.groups import group

__all__ = ["fit", "group", "predict", "report", "serve"]
