"""What labeling costs beside the bare parts: push, pull, agreement and aggregation; ratios within one run.

python benchmarks/labeling.py                 100,000 tasks: an hour on two cores
python benchmarks/labeling.py --tasks 20000   smaller; the tasks are made up, the server is real and started for this
python benchmarks/labeling.py --tasks 0       agreement, aggregation and the page for the lead alone: no server
"""

import sys

# A script's folder comes first on its path, where this file hides the package of its name: from itself, and from the
# other benchmarks, which get the package when they import it.
sys.path.append(sys.path.pop(0))
if __name__ != "__main__":
    del sys.modules[__name__]
    sys.modules[__name__] = __import__(__name__)

import argparse
import json
import os
import shutil
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from corpus import tables
from corpus.labels import load_labels
from corpus.workspace import Workspace
from labeling.gold.crowd import posterior
from labeling.ledger.ledger import Answer, Ledger, Project
from labeling.quality.agreement import agreement
from labeling.quality.page import render
from labeling.quality.report import summarize
from labeling.questions import interface_xml, result
from labeling.server.launch import serve
from labeling.studio.client import Server, connect
from labeling.studio.pull import LOOK_BACK, pull
from labeling.studio.push import push
from labeling.studio.task_data import task_data

ROOT = Path(__file__).resolve().parent.parent
LABELS = load_labels(ROOT / "configs" / "labels.yaml")
CHANGES = 1000


@dataclass(frozen=True)
class Cost:
    """Seconds on the wall, which others on the machine make longer, and of processors, ours and the server's."""

    wall: float
    processor: float

    def mean(self, other: "Cost") -> "Cost":
        return Cost((self.wall + other.wall) / 2, (self.processor + other.processor) / 2)


def cost(work: Callable[[], object], server: int | None = None) -> Cost:
    """What some work costs, with what it makes the process ``server`` do."""

    def now() -> tuple[float, float]:
        return time.perf_counter(), time.process_time() + (processor_seconds(server) if server else 0)

    before = now()
    work()
    wall, processor = (b - a for a, b in zip(before, now(), strict=True))
    return Cost(wall, processor)


def processor_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def line(what: str, ours: Cost, beside: str, bare: Cost) -> dict[str, object]:
    ratio, processor_ratio = ours.wall / bare.wall, ours.processor / bare.processor
    print(
        f"{what:<46} {ours.wall:8.2f} s   {beside:<34} {bare.wall:8.2f} s   ratio {ratio:6.3f}   "
        f"of processor seconds ({ours.processor:.2f}, {bare.processor:.2f}) {processor_ratio:6.3f}",
        flush=True,
    )
    found = {"what": what, "beside": beside, "ratio": ratio, "processor_ratio": processor_ratio}
    return found | {"seconds": vars(ours), "beside_seconds": vars(bare)}


def batch(count: int) -> pd.DataFrame:
    """Sentences of a dozen words with context, as the ``batch`` table has them."""
    rng = np.random.default_rng(1)
    words = np.array(
        ["river", "port", "signal", "harvest", "minister", "convoy", "answer", "border", "winter", "engine"]
    )
    texts = [f"Line {n} says {' '.join(row)}." for n, row in enumerate(rng.choice(words, (count, 9)))]
    return pd.DataFrame(
        {
            "sentence_id": [f"s{n:023}" for n in range(count)],
            "text": texts,
            "before": " ".join(texts[:2]),
            "after": " ".join(texts[2:4]),
            "title": "A headline of some length",
            "published_at": pd.Timestamp("2026-03-01", tz="UTC"),
        }
    )


def pushing(server: Server, pid: int, workspace: Workspace, sentences: pd.DataFrame) -> list[dict[str, object]]:
    ledger = Ledger(workspace.ledger)
    data = [{"data": task_data(row)} for row in sentences.to_dict("records")]

    def bare() -> None:
        project = server.create_project(f"bare {time.time()}", interface_xml(LABELS), instruction="", overlap=1)
        server.api.projects.import_tasks(project, request=data)

    def ours() -> None:
        push(server, ledger, sentences, "bench", LABELS, overlap=1, state=workspace.root)

    # The server slows down as it fills: ours stands between two bare ones, and is held against their mean.
    before = cost(bare, pid)
    first, second = cost(ours, pid), cost(ours, pid)
    beside = before.mean(cost(bare, pid))
    return [
        line(f"push of {len(sentences)} sentences", first, "import_tasks of the bare client", beside),
        line("the same push again (adds nothing)", second, "the first push", first),
    ]


def annotated(server: Server, ledger: Ledger, sentences: pd.DataFrame) -> int:
    """A project of ours with one annotation on each task, imported with the tasks."""
    project = server.create_project("annotated", interface_xml(LABELS), instruction="", overlap=1)
    names = [(name, list(question.labels)) for name, question in LABELS.enabled.items()]
    rows = [
        {
            "data": task_data(row),
            "annotations": [{"result": result({q: of[n % len(of)] for q, of in names}), "lead_time": 4.5}],
        }
        for n, row in enumerate(sentences.to_dict("records"))
    ]
    for start in range(0, len(rows), 1000):
        server.request("POST", f"api/projects/{project}/import", rows[start : start + 1000])
    with ledger.writing() as connection:
        ledger.remember(connection, Project(server.name, str(project), "annotated", LABELS.version, None))
    return project


def pulling(server: Server, pid: int, workspace: Workspace, sentences: pd.DataFrame) -> list[dict[str, object]]:
    ledger = Ledger(workspace.root / "annotated.db")
    project = annotated(server, ledger, sentences)
    # What is younger than this is read again by design; in a project that people fill it is a few sentences.
    time.sleep(LOOK_BACK.total_seconds() + 5)
    address = f"{server.url}/api/projects/{project}/export"
    token = {"Authorization": f"Token {server.api._client_wrapper.get_headers()['Authorization'].split()[-1]}"}

    def export() -> None:
        query = {"exportType": "JSON", "download_all_tasks": "true"}
        assert len(server.http.get(address, params=query, headers=token, timeout=3600).json()) == len(sentences)

    def again() -> None:
        pull(server, ledger, state=workspace.root)

    exported = cost(export, pid)
    first = cost(again, pid)
    assert ledger.size() == len(sentences)
    change(server, project, CHANGES)
    changed = cost(again, pid)
    assert pull(server, ledger, state=workspace.root, full=True).changed == 0
    assert int((ledger.annotations()["revision"] == 2).sum()) == CHANGES * len(LABELS.enabled)
    return [
        line(f"first pull of {len(sentences)} annotated tasks", first, "Label Studio's full export", exported),
        line(f"pull after {CHANGES} changes", changed, "Label Studio's full export", exported),
    ]


def change(server: Server, project: int, count: int) -> None:
    """Give so many annotations other labels, as people do who correct themselves."""
    page = next(server.changed_tasks(project, None, page_size=count))
    other = {name: list(question.labels)[-1] for name, question in LABELS.enabled.items()}
    with ThreadPoolExecutor(4) as pool:
        numbers = [task.annotations[0]["id"] for task in page]
        body = {"result": result(other), "lead_time": 9.0}
        list(pool.map(lambda number: server.request("PATCH", f"api/annotations/{number}/", body), numbers))


def votes(items: int, people: int) -> pd.DataFrame:
    rng = np.random.default_rng(2)
    names = np.array(list(LABELS.questions["stance"].labels))
    truth = rng.integers(len(names), size=items)
    codes = np.where(rng.random((people, items)) < 0.7, truth, rng.integers(len(names), size=(people, items)))
    return pd.DataFrame(
        {
            "sentence_id": np.tile([f"s{n:07}" for n in range(items)], people),
            "annotator": np.repeat([f"a{n}" for n in range(people)], items),
            "label": names[codes.ravel()],
            "doc_id": np.tile([f"d{n // 10:06}" for n in range(items)], people),
        }
    )


def page_for_the_lead(some: pd.DataFrame, folder: Path) -> Callable[[], object]:
    """What makes the page of ``stance label quality --html`` from a ledger and a corpus with these answers."""
    workspace = Workspace(folder)
    sentences = some.drop_duplicates("sentence_id")[["sentence_id", "doc_id"]].assign(
        text="A line that says something of a dozen words, as lines of news do.",
        index=0,
        start=0,
        end=65,
        cluster_id="c",
        language="en",
        flags="",
    )
    workspace.corpus.mkdir(parents=True)
    tables.write(sentences, workspace.corpus / "sentences.parquet", tables.SENTENCES)
    moments = pd.date_range("2026-01-05", periods=len(some), freq="10s", tz="UTC").to_pydatetime()
    given = zip(some["sentence_id"], some["annotator"], some["label"], moments, strict=True)
    ledger = Ledger(workspace.ledger)
    with ledger.writing() as connection:
        ledger.record(
            connection,
            [
                Answer(
                    "s",
                    f"{n}",
                    "stance",
                    sentence,
                    who,
                    label,
                    "submitted",
                    created_at=at,
                    updated_at=at,
                    lead_time_s=5.0,
                )
                for n, (sentence, who, label, at) in enumerate(given)
            ],
        )
    return lambda: render(summarize(workspace, LABELS, draws=1000, seed=1), LABELS)


def measuring(folder: Path) -> list[dict[str, object]]:
    import krippendorff
    from crowdkit.aggregation import DawidSkene

    names = list(LABELS.questions["stance"].labels)
    some = votes(20_000, 5)
    codes = some["label"].map({name: code for code, name in enumerate(names)}).to_numpy(float).reshape(5, -1)
    many, few = votes(200_000, 5), votes(2_000, 5)
    bare = many.rename(columns={"sentence_id": "task", "annotator": "worker"})[["task", "worker", "label"]]
    figures = cost(lambda: agreement(some, names, "stance", draws=1000))
    return [
        line(
            "alpha, AC1, kappas: 100,000 answers, 1000 draws",
            figures,
            "krippendorff.alpha, once",
            cost(lambda: krippendorff.alpha(codes, level_of_measurement="nominal")),
        ),
        line(
            "Dawid-Skene, 1,000,000 answers",
            cost(lambda: posterior(many, names, "dawid-skene")),
            "crowd-kit's, ten iterations",
            cost(lambda: DawidSkene(n_iter=10).fit_predict_proba(bare)),
        ),
        line(
            "GLAD, 10,000 answers",
            cost(lambda: posterior(few, names, "glad")),
            "Dawid-Skene on the same",
            cost(lambda: posterior(few, names, "dawid-skene")),
        ),
        line(
            "the page for the lead, 100,000 answers",
            cost(page_for_the_lead(some, folder / "lead")),
            "their agreement alone",
            figures,
        ),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tasks", type=int, default=100_000)
    parser.add_argument("--prepared", type=Path, help="a server's data folder to start from, to save its first start")
    asked = parser.parse_args()
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        workspace = Workspace(Path(folder).resolve())
        if asked.tasks:
            if asked.prepared:
                shutil.copytree(asked.prepared, workspace.labelstudio)
            with serve(workspace.labelstudio, 0) as (_, process):
                server, sentences = connect(workspace), batch(asked.tasks)
                rows += pushing(server, process.pid, workspace, sentences)
                rows += pulling(server, process.pid, workspace, sentences)
        rows += measuring(workspace.root)
    print(json.dumps(rows))


if __name__ == "__main__":
    main()
