"""``stance train log``: a run for MLflow."""

import click

from corpus.console import Console, command
from train.cli.groups import group
from train.languages import said


@command(group, "log", "stance train log news-v1-hybrid-0a1b2c3d --to http://127.0.0.1:5000")
@click.argument("run")
@click.option(
    "--to", "uri", envvar="MLFLOW_TRACKING_URI", show_envvar=True, help="MLflow.  [default: mlflow.db in the workspace]"
)
@click.option("--experiment", default="stancelab", show_default=True, help="Made if there is none of that name.")
def log_command(console: Console, run: str, uri: str | None, experiment: str) -> None:
    """Log RUN to MLflow: settings, scores with their intervals, verdicts of the audits, hashes, report.

    RUN is an ID or a path; it is evaluated first, unless that is done. Logged again with the same numbers it is left
    as it is. Needs MLflow: `uv pip install 'stancelab[mlflow]'`.
    """
    from train.run import load as load_run
    from train.tracking import log

    where = uri or f"sqlite:///{(console.workspace.root / 'mlflow.db').resolve()}"
    with said(console.note), console.progress("evaluating") as advance:
        found = log(load_run(console.workspace.run(run)), where, experiment, advance)
    told = "logged" if found.new else "there before, with the same numbers"
    lines = [f"{told}: run {found.id} of {where}"]
    console.result({"mlflow_run": found.id, "new": found.new, "tracking_uri": where, "experiment": experiment}, lines)
