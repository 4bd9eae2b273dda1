"""``stance train``: its commands are beside this, by what they are about, and register themselves with the group."""

from train.cli import compare, fit, predict, report, search, serve
from train.cli.groups import group

__all__ = ["compare", "fit", "group", "predict", "report", "search", "serve"]
