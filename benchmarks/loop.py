"""What the loop costs beside the bare parts it is made of; ratios between two things in one run.

python benchmarks/loop.py            the bundled sample and made-up lines; starts its own server; some two minutes
"""

import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from corpus import tables
from corpus.build import build
from corpus.labels import load_labels
from corpus.sampling.draw import sample
from corpus.workspace import Workspace
from labeling.ledger.ledger import Ledger
from labeling.quality.agreement import agreement
from labeling.questions import interface_xml
from labeling.server.launch import serve
from labeling.studio.client import connect
from labeling.studio.push import push

ROOT = Path(__file__).resolve().parent.parent
TASKS = 5000
REPEATS = 5


def seconds(work: Callable[[], object], repeats: int = REPEATS) -> float:
    """The median time of some runs."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def line(what: str, ours: float, bare: float, beside: str) -> dict[str, object]:
    print(f"{what:<44} {ours:8.3f} s   {beside:<38} {bare:8.3f} s   ratio {ours / bare:6.2f}", flush=True)
    return {"what": what, "seconds": ours, "beside": beside, "bare_seconds": bare, "ratio": ours / bare}


def start_up() -> dict[str, object]:
    stance = Path(sys.executable).with_name("stance")
    ours = seconds(lambda: subprocess.run([stance, "--help"], check=True, capture_output=True))
    bare = seconds(lambda: subprocess.run([sys.executable, "-c", "import click"], check=True, capture_output=True))
    return line("stance --help", ours, bare, "python -c 'import click'")


def building() -> dict[str, object]:
    from syntok import segmenter
    from syntok.tokenizer import Tokenizer

    news = ROOT / "corpus" / "sample" / "news.jsonl"
    texts = [json.loads(row)["text"] for row in news.read_text(encoding="utf-8").splitlines()]
    tokenizer = Tokenizer(replace_not_contraction=False)

    def bare() -> None:
        for text in texts:
            segmenter.split(tokenizer.tokenize(text))

    return line(
        "build the sample: read, segment, cluster", seconds(lambda: build([str(news)])), seconds(bare), "syntok alone"
    )


def pushing() -> list[dict[str, object]]:
    rng = np.random.default_rng(1)
    words = np.array(
        ["river", "port", "signal", "harvest", "minister", "convoy", "answer", "border", "winter", "engine"]
    )
    labels = load_labels(ROOT / "configs" / "labels.yaml")
    with tempfile.TemporaryDirectory() as folder:
        workspace = Workspace(Path(folder).resolve())
        lines = Path(folder) / "lines.txt"
        lines.write_text("\n".join(f"Line {n}: {' '.join(rng.choice(words, 12))}." for n in range(TASKS)))
        built = build([str(lines)], unit="line")
        for name, table in (
            ("documents", tables.DOCUMENTS),
            ("sentences", tables.SENTENCES),
            ("dropped", tables.DROPPED),
        ):
            tables.write(getattr(built, name), workspace.corpus / f"{name}.parquet", table)
        sample(workspace, None, strategy="random", by=(), name="bench", seed=1, test=False)
        batch = tables.read(workspace.batch("bench"), tables.BATCH)
        with serve(workspace.labelstudio, 0):
            server, ledger = connect(workspace), Ledger(workspace.ledger)
            bare_project = server.create_project("bare", interface_xml(labels), instruction="", overlap=1)
            data = [
                {"text": text, "title": "", "date": "", "before": "", "after": "", "sentence_id": str(n)}
                for n, text in enumerate(batch["text"])
            ]

            def again() -> None:
                push(server, ledger, batch, "bench", labels, overlap=1, state=workspace.root)

            first, second = seconds(again, 1), seconds(again)
            bare = seconds(lambda: server.import_tasks(bare_project, data), 1)
    return [
        line(f"push of {TASKS} sentences", first, bare, "one bare import_tasks"),
        line("the same push again (adds nothing)", second, first, "the first push"),
    ]


def agreeing() -> dict[str, object]:
    import krippendorff

    rng = np.random.default_rng(2)
    items, people = 2000, 5
    truth = rng.integers(3, size=items)
    codes = np.where(rng.random((people, items)) < 0.7, truth, rng.integers(3, size=(people, items)))
    names = ["pro-Russia", "pro-US", "neutral"]
    votes = pd.DataFrame(
        {
            "sentence_id": np.tile([f"s{n:05}" for n in range(items)], people),
            "annotator": np.repeat([f"a{n}" for n in range(people)], items),
            "label": np.array(names)[codes.ravel()],
            "doc_id": np.tile([f"d{n // 10:04}" for n in range(items)], people),
        }
    )
    ours = seconds(lambda: agreement(votes, names, "stance", draws=1000), 3)
    bare = seconds(lambda: krippendorff.alpha(codes.astype(float), level_of_measurement="nominal"), 3)
    return line("alpha, AC1, 10 kappas, 1000 draws each", ours, 1000 * bare, "krippendorff.alpha, 1000 times")


if __name__ == "__main__":
    rows = [start_up(), building(), *pushing(), agreeing()]
    print(json.dumps(rows))
