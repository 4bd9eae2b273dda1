"""What the audits say about two published sets of which something is known: BABE and GWSD.

STANCE_BENCH_DATA=DIR python benchmarks/known.py [--keep FOLDER] [--model tfidf] [--experts]     some ten minutes

BABE: 3,700 news sentences, biased or not by five experts each, with outlet and topic; published is that F1 drops for
outlets that training has not seen. GWSD: 2,050 sentences about the climate; its eight columns of answers are slots and
no persons, so there are no annotators to tell apart, nor documents, outlets or dates. The commands are those of a
user: build, label import, aggregate, release, fit, evaluate, report. Prints each audit's verdict and what it says; and,
from the file of BABE as it was published, how far each expert agrees with each other one (`--experts`: only that).
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from typing import Any

import pandas as pd
from sklearn.metrics import cohen_kappa_score

STANCE = str(Path(sys.executable).with_name("stance"))
BIAS = {"questions": {"bias": {"labels": {"Biased": {}, "Non-biased": {}}}}}
CLIMATE = {"questions": {"climate": {"labels": {"agree": {}, "neutral": {}, "disagree": {}}, "sides": ["agree", "disagree"]}}}  # fmt: skip # noqa: E501


def babe(data: Path, folder: Path) -> tuple[list[str], list[str]]:
    """Write what is imported; how it is imported, and how it is split."""
    frame = pd.read_csv(data / "babe/sg2.csv").drop_duplicates("text")
    frame = frame.rename(columns={"topic": "event"})[["id", "text", "outlet", "event"]]
    frame.to_json(folder / "news.jsonl", orient="records", lines=True)
    votes = pd.read_csv(data / "babe/annotations_sg2.csv").merge(frame[["id", "text"]], on="text")
    votes = votes.rename(columns={"annotator_id": "annotator"})[["id", "annotator", "label"]].assign(question="bias")
    votes.assign(annotator="expert " + votes["annotator"].astype(str)).to_csv(folder / "votes.csv", index=False)
    (folder / "labels.yaml").write_text(json.dumps(BIAS), encoding="utf-8")
    return [], ["--split", "cluster"]


def gwsd(data: Path, folder: Path) -> tuple[list[str], list[str]]:
    """The same of GWSD, with its official split."""
    parts = {"train": "train", "test": "test"}
    frame = pd.concat([pd.read_csv(data / f"gwsd/{file}.csv").assign(split=part) for file, part in parts.items()])
    frame[["id", "text", "split"]].to_json(folder / "news.jsonl", orient="records", lines=True)
    workers = [name for name in frame if name.startswith("worker_")]
    same = {"agrees": "agree", "disagrees": "disagree"}
    frame[["id", *workers]].replace(same).to_csv(folder / "votes.csv", index=False)
    (folder / "labels.yaml").write_text(json.dumps(CLIMATE), encoding="utf-8")
    return ["--question", "climate", "--annotator-columns", "worker_*"], ["--split", "column:split"]


def audited(name: str, folder: Path, imported: list[str], split: list[str], model: str) -> list[dict[str, Any]]:
    """Verdicts of the audits of a run that is made from the files in ``folder``."""

    def stance(*words: str) -> dict[str, Any]:
        done = subprocess.run(
            [STANCE, *words, "--json"],
            env=os.environ | {"STANCE_WORKSPACE": str(folder / "workspace")},
            check=True,
            stdout=subprocess.PIPE,
            text=True,
        )
        last: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        return last

    labels = ["--labels", str(folder / "labels.yaml")]
    stance("corpus", "build", str(folder / "news.jsonl"), "--unit", "line")
    stance("label", "import", str(folder / "votes.csv"), *imported, *labels)
    stance("label", "aggregate", *labels)
    dataset = stance("label", "release", name, *split, *labels)["dataset"]
    run = stance("train", "fit", dataset, "--model", model)["run"]
    found: list[dict[str, Any]] = stance("train", "evaluate", run)["audits"]
    print(f"\n## {name}, {model}: {stance('train', 'report', run)['report']}\n", flush=True)
    return found


def experts(data: Path) -> Iterator[str]:
    """Cohen's kappa (biased or not) and the share of equal opinions of each two experts with 900 sentences in common.

    Nothing of ours is asked but the file: what an audit says of a person is either in it, or a mistake of the audit.
    """
    votes = pd.read_csv(data / "babe/annotations_sg2.csv").drop_duplicates(["text", "annotator_id"])
    votes = votes[votes["label"].isin(["Biased", "Non-biased"])]
    biased, opinion = (
        votes.pivot(index="text", columns="annotator_id", values=name) for name in ("label", "label_opinion")
    )
    yield "| expert | against | sentences | kappa, biased or not | same opinion |"
    yield "| --- | --- | --- | --- | --- |"
    for one, two in combinations(biased, 2):
        both = biased[[one, two]].dropna()
        if len(both) >= 900:
            alike = opinion.loc[both.index, one] == opinion.loc[both.index, two]
            kappa = cohen_kappa_score(both[one], both[two])
            yield f"| {one} | {two} | {len(both)} | {kappa:.2f} | {100 * alike.mean():.0f} % |"


def rows(found: list[dict[str, Any]]) -> Iterator[str]:
    yield "| audit | verdict | p | says |"
    yield "| --- | --- | --- | --- |"
    for row in found:
        p = "" if row["p"] is None else f"{row['p']:.2g}"
        yield f"| {row['name']} | {row['verdict']} | {p} | {row['says']} |"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--keep", type=Path, help="keep workspaces and reports here")
    parser.add_argument("--model", default="tfidf")
    parser.add_argument("--experts", action="store_true", help="only how far the experts of BABE agree")
    chosen = parser.parse_args()
    data = Path(os.environ["STANCE_BENCH_DATA"])
    print("\n".join(experts(data)), flush=True)
    if chosen.experts:
        return 0
    with tempfile.TemporaryDirectory() as temporary:
        for name, made in {"babe": babe, "gwsd": gwsd}.items():
            folder = (chosen.keep or Path(temporary)) / name
            folder.mkdir(parents=True, exist_ok=True)
            print("\n".join(rows(audited(name, folder, *made(data, folder), chosen.model))), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
