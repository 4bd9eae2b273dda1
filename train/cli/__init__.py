"""``stance train``: its commands are beside this, by what they are about, and register themselves with the group."""

from train.cli import compare, export, fit, log, predict, report, search, serve
from train.cli.groups import group

__all__ = ["compare", "export", "fit", "group", "log", "predict", "report", "search", "serve"]
