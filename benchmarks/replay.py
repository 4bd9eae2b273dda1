"""Real people's answers through the real server: what goes in as eight accounts must come out as the published alpha.

python benchmarks/replay.py                    all 2,050 sentences of gwsd, 16,400 answers; some ten minutes
python benchmarks/replay.py --sentences 60     a part; compared with the same answers through `stance label import`

Each of the eight accounts signs in, asks for its next task and saves, as the page does. Needs the data for evaluation
(STANCE_BENCH_DATA). Prints one JSON object.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from corpus import tables
from corpus.workspace import Workspace
from labeling.people.accounts import add, sign_in
from labeling.questions import result
from labeling.studio.client import Server, connect_embedded

ROOT = Path(__file__).resolve().parent.parent
DATA = Path(os.environ.get("STANCE_BENCH_DATA", ROOT.parent / "shared" / "data")) / "gwsd"
STANCE = Path(sys.executable).with_name("stance")
SLOTS = [f"worker_{n}" for n in range(8)]
LABELS = ("disagrees", "neutral", "agrees")
# Of all sentences, as their authors' data give them; and how far a figure may be from them.
PUBLISHED = {"nominal": 0.330, "ordinal": 0.428}
TOLERANCE = 0.0015
PASSWORD = "a password for this run only"  # noqa: S105


@dataclass(frozen=True)
class Place:
    """A workspace with a corpus of the sentences and a labels file."""

    folder: Path
    labels: Path

    def stance(self, *words: str) -> dict[str, object]:
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("LABEL_STUDIO_", "STANCE_"))}
        env = kept | {"STANCE_WORKSPACE": str(self.folder)}
        done = subprocess.run([STANCE, *words, "--json"], env=env, capture_output=True, text=True, check=False)
        if done.returncode:
            raise SystemExit(f"stance {' '.join(words)}: {done.stderr.strip()}")
        return dict(json.loads(done.stdout.splitlines()[-1]))

    def agreement(self) -> dict[str, float]:
        found = {}
        for level in PUBLISHED:
            words = ("--question", "stance", "--level", level, "--labels", str(self.labels))
            found[level] = self.stance("label", "agreement", *words)["alpha"]["value"]  # type: ignore[index]
        return found

    @contextmanager
    def serving(self) -> Iterator[Server]:
        env = dict(os.environ, STANCE_WORKSPACE=str(self.folder))
        words = [STANCE, "label", "serve", "--port", "0", "--json"]
        process = subprocess.Popen(words, env=env, stdout=subprocess.PIPE, text=True)
        try:
            assert process.stdout is not None
            assert process.stdout.readline(), "the server did not start"
            yield connect_embedded(Workspace(self.folder))
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(30)


def place(folder: Path, name: str, rows: pd.DataFrame) -> Place:
    labels, news = folder / "labels.yaml", folder / "news.jsonl"
    names = "".join(f"      {label}: {{}}\n" for label in LABELS)
    labels.write_text(f"questions:\n  stance:\n    labels:\n{names}")
    rows[["id", "text"]].to_json(news, orient="records", lines=True, force_ascii=False)
    made = Place(folder / name, labels)
    made.stance("corpus", "build", str(news), "--unit", "line")
    return made


def imported(folder: Path, rows: pd.DataFrame) -> dict[str, float]:
    """Agreement of the same answers, without a server."""
    here = place(folder, "imported", rows)
    rows.to_csv(folder / "wide.csv", index=False)
    words = ("--question", "stance", "--annotator-columns", "worker_*", "--labels", str(here.labels))
    here.stance("label", "import", str(folder / "wide.csv"), *words)
    return here.agreement()


def answer(server: Server, person: str, project: int, given: dict[str, str | None]) -> int:
    """Label a whole project as one person; how many answers the server acknowledged."""
    count = 0
    with closing(sign_in(server, person, PASSWORD)) as browser:
        while (asked := browser.post(f"/api/dm/actions/?id=next_task&project={project}", json={})).status_code == 200:
            task = asked.json()
            label = given[task["data"]["sentence_id"]]
            body = {"result": result({"stance": label}) if label else [], "was_cancelled": label is None}
            saved = browser.post(f"/api/tasks/{task['id']}/annotations/", json=body | {"lead_time": 4.0})
            assert saved.status_code == 201, f"{saved.status_code}: {saved.text[:300]}"
            count += 1
    return count


def replayed(folder: Path, rows: pd.DataFrame) -> tuple[dict[str, float], int, float]:
    """Agreement of what came back; answers saved, and how many of them a second."""
    here = place(folder, "replayed", rows)
    workspace = Workspace(here.folder)
    here.stance("corpus", "sample", "all", "--name", "gwsd")
    sentences = tables.read(workspace.corpus / "sentences.parquet", tables.SENTENCES)
    documents = tables.read(workspace.corpus / "documents.parquet", tables.DOCUMENTS)
    record = sentences.merge(documents[["doc_id", "record_id"]], on="doc_id").set_index("record_id")["sentence_id"]
    people = {f"{slot.replace('_', '-')}@example.com": slot for slot in SLOTS}
    with here.serving() as server:
        for person in people:
            add(server, person, password=PASSWORD)
        words = ("label", "annotators", "assign", "gwsd", *people, "--overlap", str(len(people)))
        done = here.stance(*words, "--labels", str(here.labels))
        projects = {row["annotator"]: row["project"] for row in done["annotators"]}  # type: ignore[attr-defined]
        by_sentence = rows.set_index(rows["id"].map(record))
        given = {
            person: by_sentence[slot].astype(object).where(by_sentence[slot].notna(), None).to_dict()
            for person, slot in people.items()
        }
        start = time.perf_counter()
        with ThreadPoolExecutor(len(people)) as pool:
            counts = pool.map(lambda person: answer(server, person, projects[person], given[person]), people)
            saved = sum(counts)
        rate = saved / (time.perf_counter() - start)
        here.stance("label", "pull")
    return here.agreement(), saved, rate


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sentences", type=int, help="only so many, drawn at random")
    wanted = parser.parse_args().sentences
    rows = pd.concat([pd.read_csv(DATA / f"{part}.csv", dtype=str) for part in ("train", "test")])[
        ["id", "text", *SLOTS]
    ]
    whole = wanted is None or wanted >= len(rows)
    if not whole:
        rows = rows.sample(wanted, random_state=1)
    with tempfile.TemporaryDirectory() as folder:
        expected = PUBLISHED if whole else imported(Path(folder), rows)
        found, saved, rate = replayed(Path(folder), rows)
    near = all(abs(found[level] - expected[level]) <= (TOLERANCE if whole else 1e-9) for level in expected)
    record = {"sentences": len(rows), "answers": saved, "answers_a_second": round(rate, 1), "alpha": found}
    print(json.dumps(record | {"expected": expected, "same": near}))
    raise SystemExit(0 if near else 1)


if __name__ == "__main__":
    main()
