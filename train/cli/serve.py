"""``stance train serve``: a run over HTTP."""

import sys

import click

from corpus.console import Bounded, Console, command
from train.cli.groups import group

_LOOPBACK = ("127.0.0.1", "::1", "localhost")


@command(group, "serve", "stance train serve news-v1-hybrid-0a1b2c3d --port 8000")
@click.argument("run")
@click.option(
    "--host", default="127.0.0.1", show_default=True, help="Address to listen at; by default this machine only."
)
@click.option("--port", type=click.IntRange(0, 65535), default=8000, show_default=True, help="0 takes a free one.")
@click.option("--risk", type=Bounded(0, 1, True, True), help="Abstain where more than this share would err.")
@click.option("--coverage", type=Bounded(0, 1, True, True), help="Sets that hold the right label this often.")
def serve_command(console: Console, run: str, host: str, port: int, risk: float | None, coverage: float | None) -> None:
    """Answer requests with RUN over HTTP, until Ctrl-C or SIGTERM.

    POST /predict takes {"text": "..."} and perhaps target, target_start, outlet, byline, event; POST /predict/batch
    takes {"sentences": [...]} of these, at most 1,000 and 8 MB. GET /health, /version and /openapi.json. There is no
    password: whoever reaches the address may ask.
    """
    from train import predict, serve
    from train.run import load as load_run

    of = load_run(console.workspace.run(run))
    app = serve.service(of, predict.limits(of, risk=risk, coverage=coverage))
    if host not in _LOOPBACK:
        console.note(f"{host}: other machines reach this address, and there is no password")

    def ready(url: str) -> None:
        record = {"url": url, "run": of.id, "questions": list(of.manifest["fitted"])}
        console.result(record, [f"{of.id} answers at {url} (Ctrl-C stops it)"])
        sys.stdout.flush()  # whoever started it waits for this line

    serve.listen(app, host, port, ready)
