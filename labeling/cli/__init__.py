"""``stance label``: its commands are beside this, by what they are about, and register themselves with the group."""

from labeling.cli import annotators, assign, exchange, gold, ledger, quality, server, status
from labeling.cli.groups import group

__all__ = ["annotators", "assign", "exchange", "gold", "group", "ledger", "quality", "server", "status"]
