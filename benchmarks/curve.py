"""Do sampling strategies save labels, and does tuning pay? `stance train curve` and `tune` on public news sentences.

python benchmarks/curve.py [babe|gwsd] [seeds]     prints what the commands say

Needs the data for evaluation: STANCE_BENCH_DATA, by default ../shared/data.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pandas as pd

DATA = Path(os.environ.get("STANCE_BENCH_DATA", Path(__file__).resolve().parent.parent.parent / "shared" / "data"))
SETS = {
    "babe": ("babe/sg2.csv", ("Biased", "Non-biased")),
    "gwsd": ("gwsd/train.csv", ("agree", "neutral", "disagree")),
}


def main() -> int:
    """Make a workspace as a user would, then ask; 2 without data."""
    if not (DATA / "babe").is_dir():
        print(f"no benchmark data in {DATA}: set STANCE_BENCH_DATA", file=sys.stderr)
        return 2
    name, seeds = (sys.argv[1:] + ["babe", "10"][len(sys.argv) - 1 :])[:2]
    file, labels = SETS[name]
    rows = pd.read_csv(DATA / file)
    rows = rows[rows["label"].isin(labels)].drop_duplicates("text")
    with tempfile.TemporaryDirectory() as folder:
        here = Path(folder)
        (here / "labels.yaml").write_text(
            json.dumps({"questions": {"stance": {"labels": {one: {} for one in labels}}}})
        )
        texts = rows["text"].str.split().str.join(" ")
        pd.DataFrame({"text": texts, "id": [f"r{at}" for at in range(len(rows))]}).to_csv(
            here / "news.csv", index=False
        )
        given = {"id": [f"r{at}" for at in range(len(rows))], "annotator": "gold", "question": "stance"}
        pd.DataFrame(given | {"label": rows["label"].tolist()}).to_csv(here / "labels.csv", index=False)
        own = ["--labels", str(here / "labels.yaml")]
        for line in (
            ["corpus", "build", str(here / "news.csv"), "--unit", "line"],
            ["label", "import", str(here / "labels.csv"), *own],
            ["label", "aggregate", *own],
            ["label", "release", "news", *own],
        ):
            stance(here, line, quiet=True)
        strategies = "random,uncertain,typiclust,badge,diverse"
        curve = ["train", "curve", "news", "--models", "tfidf", "--strategies", strategies]
        stance(here, [*curve, "--seeds", seeds, "--sizes", "50,100,200,400,800"])
        stance(here, ["train", "tune", "news", "--model", "tfidf", "--trials", "8"])
    return 0


def stance(workspace: Path, line: list[str], *, quiet: bool = False) -> None:
    """One command; its output is printed unless ``quiet``."""
    environment = os.environ | {"STANCE_WORKSPACE": str(workspace / "workspace")}
    command = [str(Path(sys.executable).parent / "stance"), *line]
    subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL if quiet else None)


if __name__ == "__main__":
    sys.exit(main())
